#pragma once

// Stripe's JSON, read with suspicion.

#include <simdjson.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace florin::connectors::stripe {

using simdjson::dom::element;

// Ids, codes and addresses are short and plain. What is not is treated as if it were not there: it
// is foreign text on its way into our rows.
inline constexpr std::size_t kTextMax = 2048;

inline std::string text(const element& object, std::string_view name) {
    std::string_view value;
    if (object[name].get(value) != simdjson::SUCCESS) return {};
    const auto plain = [](char c) { return c > ' ' && c < '\x7f'; };
    if (value.size() > kTextMax || !std::ranges::all_of(value, plain)) return {};
    return std::string(value);
}

// -1: there is none.
inline std::int64_t whole(const element& object, std::string_view name) {
    std::int64_t value = -1;
    return object[name].get(value) == simdjson::SUCCESS ? value : -1;
}

inline bool is_true(const element& object, std::string_view name) {
    bool value = false;
    return object[name].get(value) == simdjson::SUCCESS && value;
}

inline element member(const element& object, std::string_view name, bool& there) {
    element value;
    there = object[name].get(value) == simdjson::SUCCESS && value.is_object();
    return value;
}

// Kept by the thread: parsing needs buffers, not state. What was read is valid until the next.
inline simdjson::dom::parser& parser() {
    thread_local simdjson::dom::parser kept;
    return kept;
}

inline bool parse_object(std::string_view body, element& out) {
    return parser().parse(body.data(), body.size()).get(out) == simdjson::SUCCESS &&
           out.is_object();
}

}  // namespace florin::connectors::stripe
