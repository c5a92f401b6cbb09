#pragma once

// JSON out: a writer that appends to one string. JSON in is simdjson; what a request may contain
// is read by base/form.h.

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace florin::json {

// Adds `text` as a JSON string with its quotes. Input is UTF-8.
void append_string(std::string& out, std::string_view text);

// Puts the commas; the caller balances begin and end.
class Writer {
public:
    Writer& begin_object() { return open('{'); }
    Writer& end_object() { return close('}'); }
    Writer& begin_array() { return open('['); }
    Writer& end_array() { return close(']'); }
    Writer& key(std::string_view name);
    Writer& value(std::string_view text);
    Writer& value(const char* text) { return value(std::string_view(text)); }
    Writer& value(const std::string& text) { return value(std::string_view(text)); }
    Writer& value(bool yes) { return raw(yes ? "true" : "false"); }
    template <std::integral T>
        requires(!std::same_as<T, bool>)
    Writer& value(T number) {
        return raw(std::to_string(number));
    }
    Writer& null() { return raw("null"); }
    // Text that is JSON already.
    Writer& raw(std::string_view json);

    template <class T>
    Writer& field(std::string_view name, const T& content) {
        return key(name).value(content);
    }
    // Leaves the field out when there is nothing to say.
    Writer& field_if(std::string_view name, std::string_view text) {
        return text.empty() ? *this : field(name, text);
    }

    const std::string& text() const& { return out_; }
    std::string text() && { return std::move(out_); }

private:
    Writer& open(char bracket);
    Writer& close(char bracket);
    void separate();

    std::string out_;
    bool needs_comma_ = false;
};

}  // namespace florin::json
