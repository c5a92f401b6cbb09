#pragma once

// What is sealed, as bytes: a transaction with its legs, the head of a block, the heads of all
// slots. Pure. The layouts are in docs/sealing.md; a stored hash depends on each, so a layout never
// changes: a new one gets a new version.

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "domain/uuid.h"

namespace florin::ledger {

// A leg as it is stored.
struct StoredLeg {
    std::int16_t number = 0;
    Uuid account;
    std::int64_t amount = 0;  // Minor units, a debit above zero.
    Uuid reference;

    friend bool operator==(const StoredLeg&, const StoredLeg&) = default;
};

// A transaction as it is stored.
struct StoredTransaction {
    Slot slot = 0;
    Uuid id, merchant, source;
    std::string kind;
    Instant recorded_at;
    std::vector<StoredLeg> legs;  // By number.

    friend bool operator==(const StoredTransaction&, const StoredTransaction&) = default;
};

// Its one spelling in bytes: the version, then every column, big-endian, texts with their length.
std::string encode(const StoredTransaction& transaction);
// Nothing when they are not exactly the bytes that encode() makes.
std::optional<StoredTransaction> decode(std::string_view bytes);
// The hash of its leaf in a block, and the only one that is kept of it.
Hash body_hash(const StoredTransaction& transaction);

struct Leaf {
    Uuid id;
    Hash hash{};

    friend bool operator==(const Leaf&, const Leaf&) = default;
};
// 48 bytes each; nothing when the length is no multiple of that.
std::string pack(std::span<const Leaf> leaves);
std::optional<std::vector<Leaf>> unpack(std::string_view bytes);
Hash root_of(std::span<const Leaf> leaves);

// A run of transactions of a slot, all of those with lo_xid <= xid < hi_xid, by (xid, id).
struct Block {
    Slot slot = 0;
    std::int64_t number = 0;  // From 1.
    std::int16_t epoch = 0;   // Of the slot: xids of two epochs cannot be compared.
    std::int64_t lo_xid = 0, hi_xid = 0;
    std::int32_t n = 0;
    Hash root{};      // Of the leaves.
    Hash previous{};  // The hash of the block before; zeros before the first.
    Hash hash{};

    friend bool operator==(const Block&, const Block&) = default;
};
// Over all fields but `hash` itself.
Hash hash_of(const Block& block);

// The last block of a slot.
struct Head {
    Slot slot = 0;
    std::int64_t number = 0;
    Hash hash{};

    friend bool operator==(const Head&, const Head&) = default;
};
Hash leaf_of(const Head& head);

// What an anchor says: at this time the slots that have blocks had these heads.
struct Anchor {
    std::int64_t number = 0;  // From 1; the size of the tree of anchors that it is the last of.
    Instant at;
    std::int32_t slots = 0;  // That have blocks.
    Hash heads_root{};       // Of their heads, by slot.

    friend bool operator==(const Anchor&, const Anchor&) = default;
};
Hash leaf_of(const Anchor& anchor);

// (slot, number) of heads without their hashes, 10 bytes each; nothing when the length is no
// multiple of that.
std::string pack(std::span<const Head> heads);
std::optional<std::vector<Head>> unpack_heads(std::string_view bytes);

}  // namespace florin::ledger
