#include "api/query.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace florin::api {

std::string Query::text(std::string_view name) {
    asked_.emplace_back(name);
    for (const auto& [key, value] : target_.query) {
        if (key == name) return value;
    }
    return {};
}

std::int64_t Query::limit() {
    const auto value = whole("limit", 1, kLimitMax);
    return value == 0 ? kLimitDefault : value;
}

std::int64_t Query::whole(std::string_view name, std::int64_t least, std::int64_t most) {
    const auto text = this->text(name);
    if (text.empty()) return 0;
    std::int64_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec == std::errc() && read.ptr == text.data() + text.size() && value >= least &&
        value <= most)
        return value;
    add_error(name, name == "limit" ? "limit_out_of_range" : "number_out_of_range",
              "send a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return 0;
}

std::optional<Instant> Query::instant(std::string_view name) {
    const auto text = this->text(name);
    if (text.empty()) return std::nullopt;
    auto value = instant_from(text);
    if (!value)
        add_error(name, "time_malformed",
                  "send a time like 2026-11-20T23:34:38.120Z (RFC 3339, UTC)");
    return value;
}

void Query::add_error(std::string_view name, std::string_view code, std::string_view detail) {
    mistakes_.push_back({"?" + std::string(name), std::string(code), std::string(detail)});
}

Result<void> Query::finish() {
    for (std::size_t i = 0; i < target_.query.size(); ++i) {
        const auto& name = target_.query[i].first;
        if (std::ranges::find(asked_, name) == asked_.end())
            add_error(shorten(name, 64), "unknown_parameter", "this list does not know it");
        for (std::size_t j = 0; j < i; ++j) {
            if (target_.query[j].first == name)
                add_error(shorten(name, 64), "duplicate_parameter", "send it once");
        }
    }
    if (mistakes_.empty()) return {};
    Error error{Fault::invalid, mistakes_.front().code,
                "the query of this list has mistakes: see errors"};
    error.fields = std::move(mistakes_);
    return std::unexpected(std::move(error));
}

}  // namespace florin::api
