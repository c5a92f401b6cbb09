#pragma once

// Hashes and what is built on them (OpenSSL).

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace florin::crypto {

Hash sha256(std::string_view data);
// 32 raw bytes (RFC 2104).
std::string hmac_sha256(std::string_view key, std::string_view data);
// Takes the same time whatever the first difference is. Lengths are not secret.
bool equal_in_constant_time(std::string_view a, std::string_view b);
// Crockford base32, lower case, of the first bytes that fill `characters` letters of 5 bits.
std::string base32(std::string_view bytes, std::size_t characters);
std::string base64url(std::string_view bytes);
std::string base64(std::string_view bytes);
// Nothing when the text is not base64 with its padding.
bool base64_decode(std::string_view text, std::string& out);

}  // namespace florin::crypto
