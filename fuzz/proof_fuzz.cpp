// Any bytes as a proof, as a note and as a sealed transaction: no crash, nothing is proved without
// a signature, and what can be read is written back as it was.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "ledger/proof.h"

using namespace florin::ledger;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    static const std::vector<PublicKey> keys = {{"fuzz", std::string(32, 'f')}};
    if (const auto proof = read_proof(text)) {
        const auto again = read_proof(show(*proof));
        florin::check(again && *again == *proof, "a proof is read as it was written");
        florin::check(!check_proof(*proof, keys), "nobody has signed it");
    }
    if (const auto transaction = decode(text))
        florin::check(encode(*transaction) == text, "a transaction has one spelling");
    florin::check(!open_note(text, keys), "nobody has signed it");
    if (const auto key = PublicKey::parse(text))
        florin::check(PublicKey::parse(key->text()).has_value(), "a key is read as it was written");
    return 0;
}
