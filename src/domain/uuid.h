#pragma once

// UUIDs of version 7 (RFC 9562): a time, a slot, and random bits. The slot (which shard everything
// about a payment lives in) stands in the 12 bits that the RFC calls rand_a.

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace florin {

using Slot = std::uint16_t;
inline constexpr Slot kSlots = 1024;

struct Uuid {
    std::array<std::uint8_t, 16> bytes{};

    friend constexpr auto operator<=>(const Uuid&, const Uuid&) = default;
};

// 62 bits of `random` are used. The instant is cut to milliseconds.
Uuid make_uuid7(Instant instant, Slot slot, std::uint64_t random);

// The id of what is known by its content: a hash of at least 16 bytes, with slot and version where
// make_uuid7 puts them. It holds no time.
Uuid uuid_from_hash(std::string_view hash, Slot slot);

// True when it is a UUID that make_uuid7 can have made: version 7, and a slot that exists.
bool is_slotted_uuid7(const Uuid& uuid);
Slot slot_of(const Uuid& uuid);
Instant instant_of(const Uuid& uuid);

inline std::string_view view(const Uuid& uuid) {
    return {reinterpret_cast<const char*>(uuid.bytes.data()), uuid.bytes.size()};
}
// Exactly 16 bytes.
std::optional<Uuid> uuid_from_bytes(std::string_view bytes);

// "0192f0c1-2345-7001-8abc-0123456789ab", as PostgreSQL writes it.
std::string to_text(const Uuid& uuid);
std::optional<Uuid> uuid_from(std::string_view text);

// 26 digits of Crockford's base 32 in lower case. One value has one spelling: upper case and the
// look-alikes (i, l, o, u) are refused.
std::string to_base32(const Uuid& uuid);
std::optional<Uuid> uuid_from_base32(std::string_view text);

}  // namespace florin
