#include "platform/crypto/hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "base/check.h"

namespace florin::crypto {
namespace {

const unsigned char* raw(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

constexpr std::string_view kCrockford = "0123456789abcdefghjkmnpqrstvwxyz";

}  // namespace

Hash sha256(std::string_view data) {
    Hash out;
    SHA256(raw(data), data.size(), out.data());
    return out;
}

std::string hmac_sha256(std::string_view key, std::string_view data) {
    std::string out(32, '\0');
    unsigned length = 32;
    const auto* done = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), raw(data),
                            data.size(), reinterpret_cast<unsigned char*>(out.data()), &length);
    check(done != nullptr && length == 32, "HMAC-SHA256 gives 32 bytes");
    return out;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string base32(std::string_view bytes, std::size_t characters) {
    check(bytes.size() * 8 >= characters * 5, "enough bytes for the text");
    std::string out;
    unsigned held = 0, bits = 0;
    for (std::size_t at = 0; out.size() < characters;) {
        if (bits < 5) {
            held = (held << 8) | static_cast<unsigned char>(bytes[at++]);
            bits += 8;
        }
        out += kCrockford[(held >> (bits - 5)) & 31];
        bits -= 5;
        held &= (1U << bits) - 1;
    }
    return out;
}

std::string base64(std::string_view bytes) {
    std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
    const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), raw(bytes),
                                       static_cast<int>(bytes.size()));
    out.resize(static_cast<std::size_t>(length));
    return out;
}

bool base64_decode(std::string_view text, std::string& out) {
    if (text.size() % 4 != 0) return false;
    out.assign(text.size() / 4 * 3 + 1, '\0');
    const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), raw(text),
                                       static_cast<int>(text.size()));
    if (length < 0) return false;
    std::size_t padding = 0;
    while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=')
        ++padding;
    out.resize(static_cast<std::size_t>(length) - padding);
    return true;
}

std::string base64url(std::string_view bytes) {
    auto out = base64(bytes);
    while (!out.empty() && out.back() == '=') out.pop_back();
    for (auto& c : out) {
        if (c == '+') c = '-';
        if (c == '/') c = '_';
    }
    return out;
}

}  // namespace florin::crypto
