#include "platform/crypto/ed25519.h"

#include <openssl/evp.h>

#include <memory>

#include "base/check.h"

namespace florin::crypto {
namespace {

struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Context = std::unique_ptr<EVP_MD_CTX, Free>;

const unsigned char* raw(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* raw(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
}

Key private_key(std::string_view seed) {
    check(seed.size() == kEd25519KeyBytes, "a private key has 32 bytes");
    Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, raw(seed), seed.size()));
    check(key != nullptr, "32 bytes are a private key");
    return key;
}

}  // namespace

std::string ed25519_public_key(std::string_view seed) {
    const auto key = private_key(seed);
    std::string out(kEd25519KeyBytes, '\0');
    auto size = out.size();
    check(EVP_PKEY_get_raw_public_key(key.get(), raw(out), &size) == 1, "it has a public key");
    return out;
}

std::string ed25519_sign(std::string_view seed, std::string_view message) {
    const auto key = private_key(seed);
    const Context context(EVP_MD_CTX_new());
    std::string out(kEd25519SignatureBytes, '\0');
    auto size = out.size();
    check(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
              EVP_DigestSign(context.get(), raw(out), &size, raw(message), message.size()) == 1,
          "OpenSSL signs with Ed25519");
    return out;
}

bool ed25519_verify(std::string_view public_key, std::string_view message,
                    std::string_view signature) {
    if (public_key.size() != kEd25519KeyBytes || signature.size() != kEd25519SignatureBytes)
        return false;
    const Key key(
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, raw(public_key), public_key.size()));
    if (!key) return false;
    const Context context(EVP_MD_CTX_new());
    return EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
           EVP_DigestVerify(context.get(), raw(signature), signature.size(), raw(message),
                            message.size()) == 1;
}

}  // namespace florin::crypto
