#pragma once

// Reads multipart/form-data (RFC 7578): a few parts with short headers. It is strict: what no
// client sends, such as text before the first part or a transfer encoding, is refused.

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace florin::sandbox {

inline constexpr std::size_t kPartsMax = 4;
inline constexpr std::size_t kPartHeaderBytesMax = 8 * 1024;  // Of each part.

struct Part {
    std::string name;
    std::optional<std::string> filename;  // Only a file has one. As sent: nothing is decoded.
    std::string_view content;             // Lies in the body.
};

// The parts in their order, at least one. `content_type` is the request's header and names the
// boundary. The error is a sentence for the caller.
std::expected<std::vector<Part>, std::string_view> parse_multipart(std::string_view content_type,
                                                                   std::string_view body);

}  // namespace florin::sandbox
