#pragma once

// Ed25519 signatures (RFC 8032), by OpenSSL.

#include <string>
#include <string_view>

namespace florin::crypto {

inline constexpr std::size_t kEd25519KeyBytes = 32, kEd25519SignatureBytes = 64;

// `seed`: the 32 bytes that are the private key.
std::string ed25519_public_key(std::string_view seed);
std::string ed25519_sign(std::string_view seed, std::string_view message);
// False for anything that is no signature of this message by this key.
bool ed25519_verify(std::string_view public_key, std::string_view message,
                    std::string_view signature);

}  // namespace florin::crypto
