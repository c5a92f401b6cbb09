#pragma once

// Small questions about text from outside.

#include <cstddef>
#include <string_view>

namespace florin {

// The first characters of UTF-8 text, at most so many bytes, none cut in half.
constexpr std::string_view shorten(std::string_view text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return text;
    std::size_t end = bytes_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    return text.substr(0, end);
}

constexpr bool has_control_characters(std::string_view text) {
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == '\x7f') return true;
    }
    return false;
}

static_assert(shorten("abc", 2) == "ab" && shorten("ab", 5) == "ab");
static_assert(shorten("a\xc3\xa4", 2) == "a");
static_assert(has_control_characters("a\n") && !has_control_characters("\xc3\xa4"));

}  // namespace florin
