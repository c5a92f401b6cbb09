#include "base/json.h"

#include <fmt/format.h>

namespace florin::json {

namespace {

void append_escaped(std::string& out, char c) {
    constexpr std::string_view short_ones = "\"\"\\\\\nn\rr\tt";  // The character, then its letter.
    for (std::size_t i = 0; i < short_ones.size(); i += 2) {
        if (short_ones[i] != c) continue;
        out += '\\';
        out += short_ones[i + 1];
        return;
    }
    out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
}

}  // namespace

void append_string(std::string& out, std::string_view text) {
    out += '"';
    std::size_t plain = 0;  // Runs of plain characters go over at once.
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20) continue;
        out += text.substr(plain, i - plain);
        append_escaped(out, c);
        plain = i + 1;
    }
    out += text.substr(plain);
    out += '"';
}

void Writer::separate() {
    if (needs_comma_) out_ += ',';
    needs_comma_ = true;
}

Writer& Writer::open(char bracket) {
    separate();
    out_ += bracket;
    needs_comma_ = false;
    return *this;
}

Writer& Writer::close(char bracket) {
    out_ += bracket;
    needs_comma_ = true;
    return *this;
}

Writer& Writer::key(std::string_view name) {
    separate();
    append_string(out_, name);
    out_ += ':';
    needs_comma_ = false;
    return *this;
}

Writer& Writer::value(std::string_view text) {
    separate();
    append_string(out_, text);
    return *this;
}

Writer& Writer::raw(std::string_view json) {
    separate();
    out_ += json;
    return *this;
}

}  // namespace florin::json
