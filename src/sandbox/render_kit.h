#pragma once

// The few shapes that every Stripe object has.

#include <initializer_list>
#include <string_view>

#include "base/json.h"
#include "sandbox/render.h"

namespace florin::sandbox {

using json::Writer;

inline Writer& text_or_null(Writer& out, std::string_view name, std::string_view text) {
    out.key(name);
    return text.empty() ? out.null() : out.value(text);
}

inline Writer& nulls(Writer& out, std::initializer_list<std::string_view> names) {
    for (const auto name : names) out.key(name).null();
    return out;
}

inline void metadata(Writer& out, const Pairs& pairs) {
    out.key("metadata").begin_object();
    for (const auto& [key, value] : pairs) out.field(key, value);
    out.end_object();
}

}  // namespace florin::sandbox
