// Goal: each way to spoil what was sealed has its own name. Method: a chain of two blocks made by
// the sealer's own function, spoiled in each of these ways.

#include "ledger/inspect.h"

#include <gtest/gtest.h>

#include <functional>

#include "ledger/sealer.h"

namespace florin::ledger {
namespace {

const Instant kNoon = *instant_from("2026-11-20T12:00:00Z");

Uuid id_of(std::uint64_t n) {
    return make_uuid7(kNoon, 3, n << 2);
}

// Transaction n has xid 100 + n.
Sealable booked(std::uint64_t n) {
    return {.number = 1,
            .xid = static_cast<std::int64_t>(100 + n),
            .transaction = {.slot = 3,
                            .id = id_of(n),
                            .merchant = id_of(90),
                            .source = id_of(91),
                            .kind = "capture",
                            .recorded_at = kNoon,
                            .legs = {{0, id_of(92), 5, id_of(91)}, {1, id_of(93), -5, id_of(91)}}}};
}

struct Sealed {
    StoredBlock block;
    std::vector<Sealable> stored;
};

Sealed sealed(const Block& before, std::uint64_t first, std::uint64_t count) {
    Sealed out;
    Due due{.after = before, .hi_xid = static_cast<std::int64_t>(100 + first + count)};
    due.after.slot = 3;
    for (auto n = first; n < first + count; ++n) out.stored.push_back(booked(n));
    out.block = make_blocks({due}, out.stored).at(0);
    return out;
}

std::vector<std::string> flaws(const std::vector<Finding>& findings) {
    std::vector<std::string> out;
    for (const auto& finding : findings) out.emplace_back(name(finding.flaw));
    return out;
}

using Names = std::vector<std::string>;

TEST(Inspect, WhatIsAsItWasHasNoFindings) {
    const auto one = sealed({}, 0, 5), two = sealed(one.block.block, 5, 2);
    EXPECT_EQ(inspect_chain({}, one.block.block), std::vector<Finding>());
    EXPECT_EQ(inspect_chain(one.block.block, two.block.block), std::vector<Finding>());
    EXPECT_EQ(inspect_block(one.block, one.stored), std::vector<Finding>());
    EXPECT_EQ(two.block.block.number, 2);
}

TEST(Inspect, NamesTheTransaction) {
    const auto good = sealed({}, 0, 5);
    struct Case {
        std::string flaw;
        Uuid transaction;
        std::function<void(std::vector<Sealable>&)> spoil;
    };
    const std::vector<Case> cases = {
        {"transaction_changed", id_of(2),
         [](auto& all) { all[2].transaction.legs[1].amount = -6; }},
        {"transaction_changed", id_of(0), [](auto& all) { all[0].transaction.kind = "refund"; }},
        {"transaction_changed", id_of(4),
         [](auto& all) { all[4].transaction.recorded_at += std::chrono::microseconds(1); }},
        {"transaction_changed", id_of(1), [](auto& all) { all[1].transaction.legs.pop_back(); }},
        {"transaction_changed", id_of(1),
         [](auto& all) { all[1].transaction.source.bytes[3] ^= 1; }},
        {"transaction_removed", id_of(3), [](auto& all) { all.erase(all.begin() + 3); }},
        {"transaction_added", id_of(9), [](auto& all) { all.insert(all.begin() + 3, booked(9)); }},
        {"transaction_moved", id_of(1), [](auto& all) { std::swap(all[1], all[2]); }},
    };
    for (const auto& [flaw, transaction, spoil] : cases) {
        auto stored = good.stored;
        spoil(stored);
        const auto found = inspect_block(good.block, stored);
        ASSERT_EQ(flaws(found), Names{flaw});
        EXPECT_EQ(found[0].transaction, transaction) << flaw;
        EXPECT_EQ(found[0].slot, 3);
        EXPECT_EQ(found[0].block, 1);
    }
}

TEST(Inspect, AListThatWasChangedNamesTheBlock) {
    auto good = sealed({}, 0, 5);
    auto spoiled = good.block;
    spoiled.leaves[20] ^= 1;
    EXPECT_EQ(flaws(inspect_block(spoiled, good.stored)), Names{"block_changed"});
    spoiled.leaves.clear();
    EXPECT_EQ(flaws(inspect_block(spoiled, good.stored)), Names{"block_changed"});
    // With its list made to fit, the block's root does not.
    good.stored[2].transaction.kind = "other";
    auto forged = good.block;
    std::vector<Leaf> leaves;
    for (const auto& one : good.stored)
        leaves.push_back({one.transaction.id, body_hash(one.transaction)});
    forged.leaves = pack(leaves);
    EXPECT_EQ(flaws(inspect_block(forged, good.stored)), Names{"block_changed"});
}

TEST(Inspect, AChainHoldsTogether) {
    const auto one = sealed({}, 0, 5), two = sealed(one.block.block, 5, 2),
               three = sealed(two.block.block, 7, 1);
    const auto removed = inspect_chain(one.block.block, three.block.block);
    ASSERT_EQ(flaws(removed), Names{"block_removed"});
    EXPECT_EQ(removed[0].block, 2);
    const auto spoiled = [&](const std::function<void(Block&)>& spoil, bool rehash) {
        auto block = two.block.block;
        spoil(block);
        if (rehash) block.hash = hash_of(block);
        return flaws(inspect_chain(one.block.block, block));
    };
    for (const bool rehash : {false, true}) {
        const auto also = [&](Names names) {
            if (!rehash) names.insert(names.begin(), "block_changed");
            return names;
        };
        EXPECT_EQ(spoiled([](Block& b) { ++b.n; }, rehash), also({}));
        EXPECT_EQ(spoiled([](Block& b) { b.root[0] ^= 1; }, rehash), also({}));
        EXPECT_EQ(spoiled([](Block& b) { b.previous[0] ^= 1; }, rehash), also({"chain_broken"}));
        EXPECT_EQ(spoiled([](Block& b) { ++b.lo_xid; }, rehash), also({"chain_broken"}));
        EXPECT_EQ(spoiled([](Block& b) { b.hi_xid = 0; }, rehash), also({"chain_broken"}));
    }
}

}  // namespace
}  // namespace florin::ledger
