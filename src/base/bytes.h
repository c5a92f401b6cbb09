#pragma once

// Bytes as text and back.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace florin {

using Hash = std::array<std::uint8_t, 32>;

std::string to_hex(std::string_view bytes);
std::optional<std::string> from_hex(std::string_view text);
inline std::string_view view(const Hash& hash) {
    return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

}  // namespace florin
