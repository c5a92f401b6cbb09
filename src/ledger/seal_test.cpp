// Goal: bytes that never change and leave nothing out. Method: one transaction byte by byte, drawn
// ones there and back, and every single bit turned over.

#include "ledger/seal.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "ledger/merkle.h"
#include "platform/crypto/hash.h"

namespace florin::ledger {
namespace {

Uuid uuid_of(std::uint8_t byte) {
    Uuid out;
    out.bytes.fill(byte);
    return out;
}

StoredTransaction example() {
    return {.slot = 0x0102,
            .id = uuid_of(0xa1),
            .merchant = uuid_of(0xa2),
            .source = uuid_of(0xa3),
            .kind = "capture",
            .recorded_at = Instant(std::chrono::microseconds(0x0006440a1b2c3d4e)),
            .legs = {{0, uuid_of(0xb1), 10000, uuid_of(0xc1)},
                     {1, uuid_of(0xb2), -10000, uuid_of(0xc2)}}};
}

std::string repeated(const char* pair, int count) {
    std::string out;
    for (int n = 0; n < count; ++n) out += pair;
    return out;
}

TEST(Seal, ATransactionHasTheseBytes) {
    const auto bytes = encode(example());
    EXPECT_EQ(to_hex(bytes),
              "01"      // version
              "0102" +  // slot
                  repeated("a1", 16) +
                  repeated("a2", 16) +                                // id, merchant
                  repeated("a3", 16) +                                // source
                  "00000007" + "63617074757265" +                     // kind
                  "0006440a1b2c3d4e" +                                // recorded_at
                  "00000002" +                                        // legs
                  "0000" + repeated("b1", 16) + "0000000000002710" +  //
                  repeated("c1", 16) +                                //
                  "0001" + repeated("b2", 16) + "ffffffffffffd8f0" +  //
                  repeated("c2", 16));
    EXPECT_EQ(body_hash(example()), crypto::sha256(std::string(1, '\0') + bytes));
}

TEST(Seal, BytesAreReadBackAndOnlyWhole) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random{seed};
    const auto drawn = [&] {
        Uuid out;
        for (auto& byte : out.bytes) byte = static_cast<std::uint8_t>(random());
        return out;
    };
    for (int round = 0; round < 200; ++round) {
        StoredTransaction one{.slot = static_cast<Slot>(random() % kSlots),
                              .id = drawn(),
                              .merchant = drawn(),
                              .source = drawn(),
                              .kind = std::string(random() % 40, static_cast<char>(random()))};
        one.recorded_at = Instant(std::chrono::microseconds(static_cast<std::int64_t>(random())));
        for (auto legs = random() % 6; legs > 0; --legs)
            one.legs.push_back({static_cast<std::int16_t>(random()), drawn(),
                                static_cast<std::int64_t>(random()), drawn()});
        const auto bytes = encode(one);
        EXPECT_EQ(decode(bytes), one);
        EXPECT_FALSE(decode(bytes + '\0'));
        EXPECT_FALSE(decode(std::string_view(bytes).substr(0, random() % bytes.size())));
    }
}

TEST(Seal, EveryBitCounts) {
    const auto bytes = encode(example());
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        auto other = bytes;
        other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << bit % 8));
        const auto read = decode(other);
        if (read) EXPECT_NE(body_hash(*read), body_hash(example())) << bit;
    }
}

TEST(Seal, ABlocksHashHoldsAllOfIt) {
    const Block block{.slot = 7, .number = 3, .epoch = 1, .lo_xid = 100, .hi_xid = 200, .n = 5};
    std::vector<std::function<void(Block&)>> changes = {
        [](Block& b) { ++b.slot; },        [](Block& b) { ++b.number; },
        [](Block& b) { ++b.epoch; },       [](Block& b) { ++b.lo_xid; },
        [](Block& b) { ++b.hi_xid; },      [](Block& b) { ++b.n; },
        [](Block& b) { b.root[31] ^= 1; }, [](Block& b) { b.previous[0] ^= 1; },
    };
    for (const auto& change : changes) {
        auto other = block;
        change(other);
        EXPECT_NE(hash_of(other), hash_of(block));
    }
    auto same = block;
    same.hash.fill(9);
    EXPECT_EQ(hash_of(same), hash_of(block));
}

TEST(Seal, HeadsAndAnchorsAreTheirFields) {
    const Head head{.slot = 7, .number = 3};
    EXPECT_NE(leaf_of(head), leaf_of(Head{.slot = 8, .number = 3}));
    EXPECT_NE(leaf_of(head), leaf_of(Head{.slot = 7, .number = 4}));
    const Anchor anchor{.number = 3, .at = Instant(std::chrono::seconds(5)), .slots = 2};
    auto other = anchor;
    other.at += std::chrono::microseconds(1);
    EXPECT_NE(leaf_of(anchor), leaf_of(other));
}

TEST(Seal, ListsArePackedAndRead) {
    const std::vector<Leaf> leaves = {{uuid_of(1), leaf_hash("a")}, {uuid_of(2), leaf_hash("b")}};
    const auto bytes = pack(leaves);
    EXPECT_EQ(bytes.size(), 96U);
    EXPECT_EQ(unpack(bytes), leaves);
    EXPECT_FALSE(unpack(bytes.substr(1)));
    EXPECT_EQ(root_of(leaves), node_hash(leaves[0].hash, leaves[1].hash));
    const std::vector<Head> heads = {{.slot = 1, .number = 9}, {.slot = 1023, .number = 1LL << 40}};
    EXPECT_EQ(unpack_heads(pack(heads)), heads);
    EXPECT_FALSE(unpack_heads(pack(heads).substr(1)));
}

}  // namespace
}  // namespace florin::ledger
