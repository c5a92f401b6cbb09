#include "platform/http/message.h"

namespace florin::http {
namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char l = lower(c);
    if (l >= 'a' && l <= 'f') return l - 'a' + 10;
    return -1;
}

bool unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

}  // namespace

bool same_name(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (lower(a[i]) != lower(b[i])) return false;
    }
    return true;
}

std::string_view Headers::get(std::string_view name) const {
    for (const auto& [key, value] : all_) {
        if (same_name(key, name)) return value;
    }
    return {};
}

std::size_t Headers::count(std::string_view name) const {
    std::size_t found = 0;
    for (const auto& [key, value] : all_) found += same_name(key, name) ? 1 : 0;
    return found;
}

std::string Headers::list(std::string_view name) const {
    std::string out;
    for (const auto& [key, value] : all_) {
        if (!same_name(key, name)) continue;
        if (!out.empty()) out += ", ";
        out += value;
    }
    return out;
}

void Headers::add(std::string name, std::string value) {
    all_.emplace_back(std::move(name), std::move(value));
}

void Headers::set(std::string_view name, std::string value) {
    for (auto& [key, old] : all_) {
        if (same_name(key, name)) {
            old = std::move(value);
            return;
        }
    }
    all_.emplace_back(std::string(name), std::move(value));
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (unreserved(c)) {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += '%';
            out += digits[byte >> 4];
            out += digits[byte & 15];
        }
    }
    return out;
}

bool percent_decode(std::string_view text, std::string& out, bool plus_is_space) {
    out.clear();
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            if (i + 2 >= text.size()) return false;
            const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
            if (high < 0 || low < 0) return false;
            out += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            out += plus_is_space && text[i] == '+' ? ' ' : text[i];
        }
    }
    return true;
}

bool parse_form(std::string_view text, std::vector<std::pair<std::string, std::string>>& out) {
    out.clear();
    while (!text.empty()) {
        const auto pair = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(text.size(), pair.size() + 1));
        if (pair.empty()) continue;
        const auto equals = pair.find('=');
        std::string key, value;
        if (!percent_decode(pair.substr(0, equals), key, true)) return false;
        if (equals != std::string_view::npos &&
            !percent_decode(pair.substr(equals + 1), value, true))
            return false;
        out.emplace_back(std::move(key), std::move(value));
    }
    return true;
}

Target split_target(std::string_view target) {
    Target out;
    const auto mark = target.find('?');
    out.readable = percent_decode(target.substr(0, mark), out.path, false);
    if (mark != std::string_view::npos)
        out.readable = parse_form(target.substr(mark + 1), out.query) && out.readable;
    return out;
}

}  // namespace florin::http
