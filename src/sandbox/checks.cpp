#include "sandbox/checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace florin::sandbox {

Checked<void> check_known(const Params& params, std::span<const std::string_view> known) {
    if (const auto name = params.first_unknown(known))
        return refuse(*name, "parameter_unknown", "Received unknown parameter: " + *name);
    return {};
}

Checked<std::string> check_required(const Params& params, std::string_view name) {
    const auto* text = params.get(name);
    if (text == nullptr || text->empty())
        return refuse(name, "parameter_missing", fmt::format("Missing required param: {}.", name));
    return *text;
}

std::optional<std::int64_t> whole_number(std::string_view text) {
    std::int64_t number = 0;
    const auto end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stopped != end) return {};
    return number;
}

Checked<std::int64_t> check_integer(const Params& params, std::string_view name, std::int64_t from,
                                    std::int64_t to, std::int64_t when_absent) {
    const auto* text = params.get(name);
    if (text == nullptr) return when_absent;
    const auto number = whole_number(*text);
    if (!number)
        return refuse(name, "parameter_invalid_integer",
                      fmt::format("Invalid integer: {}", text->substr(0, 100)));
    if (*number < from)
        return refuse(name, "parameter_invalid_integer",
                      fmt::format("This value must be greater than or equal to {}.", from));
    if (*number > to)
        return refuse(name, "parameter_invalid_integer",
                      fmt::format("This value must be less than or equal to {}.", to));
    return *number;
}

Checked<std::optional<std::int64_t>> check_amount(const Params& params, std::string_view name,
                                                  std::int64_t least) {
    if (params.get(name) == nullptr) return std::nullopt;
    auto number = check_integer(params, name, least, INT64_MAX, 0);
    if (!number) return std::unexpected(std::move(number).error());
    if (*number > kAmountMax)
        return refuse(name, "amount_too_large",
                      fmt::format("Amount must be no more than {}.", kAmountMax));
    return *number;
}

Checked<std::string> check_currency(const Params& params) {
    auto currency = check_required(params, "currency");
    if (!currency) return currency;
    const bool letters =
        std::ranges::all_of(*currency, [](char c) { return c >= 'a' && c <= 'z'; });
    if (currency->size() != 3 || !letters)
        return refuse(
            "currency", "",
            fmt::format("Invalid currency: {}. Send a three-letter ISO code in lower case.",
                        currency->substr(0, 100)));
    return currency;
}

Checked<bool> check_bool(const Params& params, std::string_view name, bool when_absent) {
    const auto* text = params.get(name);
    if (text == nullptr) return when_absent;
    if (*text == "true") return true;
    if (*text == "false") return false;
    return refuse(name, "parameter_invalid_boolean",
                  fmt::format("Invalid boolean: {}", text->substr(0, 100)));
}

Checked<std::string> check_choice(const Params& params, std::string_view name,
                                  std::span<const std::string_view> choices) {
    const auto* text = params.get(name);
    if (text == nullptr) return "";
    if (std::ranges::find(choices, *text) == choices.end())
        return refuse(name, "",
                      fmt::format("Invalid {}: must be one of {}", name, fmt::join(choices, ", ")));
    return *text;
}

Checked<std::string> check_text(const Params& params, std::string_view name,
                                std::size_t characters_max) {
    const auto* text = params.get(name);
    if (text == nullptr) return "";
    if (text->size() > characters_max)
        return refuse(name, "parameter_invalid_string_too_long",
                      fmt::format("Invalid string: must be at most {} characters", characters_max));
    return *text;
}

Checked<std::string> check_url(const Params& params, std::string_view name) {
    auto url = check_text(params, name, 2048);
    if (!url || url->empty()) return url;
    const bool plain = std::ranges::all_of(*url, [](char c) { return c > ' ' && c < 127; });
    if (!plain || !(url->starts_with("http://") || url->starts_with("https://")))
        return refuse(name, "url_invalid", "Not a valid URL");
    return url;
}

Checked<Pairs> check_metadata(const Params& params) {
    auto pairs = params.map("metadata");
    if (pairs.size() > 50)
        return refuse("metadata", "parameter_invalid_empty",
                      "Metadata can have at most 50 keys. Send fewer.");
    for (const auto& [key, value] : pairs) {
        const auto name = fmt::format("metadata[{}]", key.substr(0, 40));
        if (key.empty() || key.size() > 40 || key.find_first_of("[]") != std::string::npos)
            return refuse(name, "",
                          "Metadata keys have 1 to 40 characters and no square brackets.");
        if (value.size() > 500)
            return refuse(name, "", "Metadata values can have up to 500 characters.");
    }
    return pairs;
}

Checked<Expand> check_expand(const Params& params, std::span<const std::string_view> known,
                             std::string_view below) {
    Expand expand;
    for (const auto& path : params.list("expand")) {
        const std::string_view name =
            path.starts_with(below) ? std::string_view(path).substr(below.size()) : "";
        if (std::ranges::find(known, name) == known.end())
            return refuse(
                "expand", "",
                fmt::format("This property cannot be expanded ({}).", path.substr(0, 100)));
        if (name == "latest_charge") expand.latest_charge = true;
        if (name == "payment_method") expand.payment_method = true;
        if (name == "charge") expand.charge = true;
        if (name == "payment_intent") expand.payment_intent = true;
    }
    return expand;
}

void Range::narrow(std::string_view relation, std::int64_t bound) {
    if (relation == ">" && bound < INT64_MAX) from = std::max(from, bound + 1);
    if (relation == "<" && bound > INT64_MIN) to = std::min(to, bound - 1);
    if (relation == ">=" || relation == "=") from = std::max(from, bound);
    if (relation == "<=" || relation == "=") to = std::min(to, bound);
}

Checked<Range> check_created(const Params& params) {
    static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
        {"created", "="},     {"created[gt]", ">"},   {"created[gte]", ">="},
        {"created[lt]", "<"}, {"created[lte]", "<="},
    };
    Range range;
    for (const auto& [name, relation] : kNames) {
        if (params.get(name) == nullptr) continue;
        auto bound = check_integer(params, name, 0, INT64_MAX, 0);
        if (!bound) return std::unexpected(std::move(bound).error());
        range.narrow(relation, *bound);
    }
    return range;
}

}  // namespace florin::sandbox
