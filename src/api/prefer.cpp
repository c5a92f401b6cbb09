#include "api/prefer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace florin::api {
namespace {

std::string_view trim(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// Cuts `text` at the first `mark` that stands outside of quotes; the rest stays in `text`.
std::string_view cut(std::string_view& text, char mark) {
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (quoted && text[i] == '\\') {
            ++i;
        } else if (text[i] == '"') {
            quoted = !quoted;
        } else if (!quoted && text[i] == mark) {
            const auto part = text.substr(0, i);
            text.remove_prefix(i + 1);
            return trim(part);
        }
    }
    return trim(std::exchange(text, {}));
}

std::optional<std::chrono::seconds> whole_seconds(std::string_view text) {
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
        text = text.substr(1, text.size() - 2);
    if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return {};
    std::int64_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc()) return kWaitMax;  // More digits than a number has.
    return std::min(std::chrono::seconds(value), kWaitMax);
}

}  // namespace

std::optional<Wait> read_wait(const http::Headers& headers) {
    const auto all = headers.list("Prefer");
    bool async = false, seen = false;
    std::optional<std::chrono::seconds> wait;
    for (std::string_view rest = all; !rest.empty();) {
        auto preference = cut(rest, ',');
        auto value = cut(preference, ';');  // What follows are parameters; we know none.
        const auto name = cut(value, '=');
        if (http::same_name(name, "respond-async")) async = true;
        if (!http::same_name(name, "wait") || std::exchange(seen, true)) continue;
        wait = whole_seconds(trim(value));
    }
    if (wait) return Wait{*wait, fmt::format("wait={}", wait->count())};
    if (async) return Wait{std::chrono::seconds(0), "respond-async"};
    return std::nullopt;
}

}  // namespace florin::api
