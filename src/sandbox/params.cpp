#include "sandbox/params.h"

#include <simdjson.h>

#include <algorithm>
#include <functional>

#include "platform/http/message.h"

namespace florin::sandbox {
namespace {

// "metadata[order]" below "metadata" -> "order"; nothing when it does not stand there.
std::optional<std::string_view> below(std::string_view full, std::string_view name) {
    if (full.size() < name.size() + 2 || !full.starts_with(name)) return {};
    full.remove_prefix(name.size());
    if (full.front() != '[' || full.back() != ']') return {};
    return full.substr(1, full.size() - 2);
}

bool is_index(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool fits(std::string_view name, std::string_view pattern) {
    if (pattern.ends_with("[*]")) {
        pattern.remove_suffix(3);
        return name == pattern || name.substr(0, name.find('[')) == pattern;
    }
    if (pattern.ends_with("[]")) {
        const auto index = below(name, pattern.substr(0, pattern.size() - 2));
        return index && is_index(*index);
    }
    return name == pattern;
}

}  // namespace

std::optional<Params> Params::parse(std::string_view form) {
    Pairs pairs;
    if (!http::parse_form(form, pairs)) return {};
    for (const auto& [key, value] : pairs) {
        if (!simdjson::validate_utf8(key) || !simdjson::validate_utf8(value)) return {};
    }
    return Params(std::move(pairs));
}

const std::string* Params::get(std::string_view name) const {
    const std::string* found = nullptr;
    for (const auto& [key, value] : pairs_) {
        if (key == name) found = &value;
    }
    return found;
}

Pairs Params::map(std::string_view name) const {
    Pairs found;
    for (const auto& [key, value] : pairs_) {
        if (const auto inner = below(key, name)) found.emplace_back(*inner, value);
    }
    return found;
}

std::vector<std::string> Params::list(std::string_view name) const {
    std::vector<std::string> found;
    for (const auto& [key, value] : pairs_) {
        if (const auto index = below(key, name); index && is_index(*index)) found.push_back(value);
    }
    return found;
}

std::optional<std::string> Params::first_unknown(std::span<const std::string_view> known) const {
    for (const auto& [key, value] : pairs_) {
        const bool expected = std::ranges::any_of(
            known, [&name = key](std::string_view pattern) { return fits(name, pattern); });
        if (!expected) return key;
    }
    return {};
}

std::uint64_t Params::fingerprint() const {
    std::vector<std::pair<std::string_view, std::size_t>> order;  // Of equal names the first first.
    for (const auto& [key, value] : pairs_) order.emplace_back(key, order.size());
    std::ranges::sort(order);
    std::string text;
    for (const auto& [key, place] : order) {
        const auto& value = pairs_[place].second;
        text += std::to_string(key.size()) + ':';
        text += key;
        text += std::to_string(value.size()) + ':' + value;
    }
    return std::hash<std::string>{}(text);
}

}  // namespace florin::sandbox
