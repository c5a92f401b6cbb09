#include "domain/ids.h"

namespace florin {
namespace {

// FNV-1a, 64 bits.
constexpr std::uint64_t kFnvStart = 0xcbf29ce484222325;
constexpr std::uint64_t kFnvPrime = 0x100000001b3;

std::uint64_t fnv1a(std::uint64_t hash, std::string_view bytes) {
    for (const char byte : bytes) {
        hash ^= static_cast<unsigned char>(byte);
        hash *= kFnvPrime;
    }
    return hash;
}

// The finish of MurmurHash3. FNV alone mixes the last bytes badly, and keys often differ only
// there.
std::uint64_t avalanche(std::uint64_t hash) {
    hash ^= hash >> 33;
    hash *= 0xff51afd7ed558ccd;
    hash ^= hash >> 33;
    hash *= 0xc4ceb9fe1a85ec53;
    hash ^= hash >> 33;
    return hash;
}

}  // namespace

Slot slot_of(std::string_view merchant_bytes, std::string_view key) {
    // Merchants have 16 bytes each, so no two pairs run together into the same text.
    const auto hash = avalanche(fnv1a(fnv1a(kFnvStart, merchant_bytes), key));
    return static_cast<Slot>(hash % kSlots);
}

}  // namespace florin
