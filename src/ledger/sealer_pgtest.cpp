// Goal: every transaction in exactly one block, whatever commits when. Method: the race of a late
// commit step by step on two connections, with the watermarks that lose it as negative controls;
// then many sessions that draw what they do.

#include "ledger/sealer.h"

#include <algorithm>
#include <random>

#include "ledger/merkle.h"
#include "tests/kit/ledger_session.h"

namespace florin::ledger {
namespace {

const Instant kNoon = test::kBookingNoon;

class SealerTest : public test::SealTest {
protected:
    std::size_t seal() { return test::run(io, sealer.seal(Instant::max())); }
    std::string blocks_of(const Uuid& id) {
        return ask(
            "SELECT coalesce(string_agg(number::text, ','), '-') FROM florin.ledger_block "
            "WHERE position(uuid_send('" +
            to_text(id) + "') IN leaves) % 48 = 1");
    }

    Sealer sealer{pool, {.n_max = 4}};
};

TEST_F(SealerTest, SealsWhatIsOldOrMany) {
    const auto now = kNoon;
    for (int n = 0; n < 3; ++n) add(3, now - std::chrono::seconds(n));
    add(5, now - std::chrono::seconds(20));
    EXPECT_EQ(test::run(io, sealer.seal(now - std::chrono::seconds(10))), 1U);
    EXPECT_EQ(ask("SELECT string_agg(slot || ':' || number || ':' || n, ' ') FROM "
                  "florin.ledger_block"),
              "5:1:1");
    add(3, now);  // The fourth.
    EXPECT_EQ(test::run(io, sealer.seal(now - std::chrono::seconds(10))), 1U);
    EXPECT_EQ(ask("SELECT n FROM florin.ledger_block WHERE slot = 3"), "4");
    EXPECT_EQ(seal(), 0U) << "nothing is left";
}

TEST_F(SealerTest, BlocksAreAChainOfAllThatIsStored) {
    for (int n = 0; n < 10; ++n) add(3, kNoon);
    EXPECT_EQ(seal(), 3U);  // Of 4, 4 and 2.
    add(3, kNoon);
    EXPECT_EQ(seal(), 1U);
    const auto rows = test::run(io, pool.run({blocks_call(3, 0)}));
    const auto blocks = read_blocks(rows[0], 3);
    ASSERT_EQ(blocks.size(), 4U);
    Block before;
    std::int32_t n = 0;
    for (const auto& [block, leaves] : blocks) {
        EXPECT_EQ(block.number, before.number + 1);
        EXPECT_EQ(block.lo_xid, before.hi_xid);
        EXPECT_EQ(block.previous, before.hash);
        EXPECT_EQ(block.hash, hash_of(block));
        EXPECT_EQ(block.root, root_of(*unpack(leaves)));
        before = block, n += block.n;
    }
    EXPECT_EQ(n, 11);
}

// The hash of a leaf written down a second time, by PostgreSQL itself.
TEST_F(SealerTest, PostgresqlComputesTheSameHashes) {
    for (int n = 0; n < 3; ++n) add(7, kNoon + std::chrono::microseconds(n));
    EXPECT_EQ(seal(), 1U);
    EXPECT_EQ(ask(R"(
        SELECT (SELECT leaves FROM florin.ledger_block WHERE slot = 7)
             = string_agg(uuid_send(t.id) || sha256('\x00'::bytea || '\x01'::bytea || int2send(t.slot)
                   || uuid_send(t.id) || uuid_send(t.merchant_id) || uuid_send(t.source_id)
                   || int4send(octet_length(t.kind)) || convert_to(t.kind, 'UTF8')
                   || int8send((extract(epoch FROM t.recorded_at) * 1000000)::bigint)
                   || int4send(l.n::integer) || l.bytes), ''::bytea ORDER BY t.xid, t.id)
        FROM florin.ledger_transaction t
        CROSS JOIN LATERAL (
            SELECT count(*) AS n, string_agg(int2send(e.leg) || uuid_send(e.account_id)
                       || int8send(e.amount) || uuid_send(e.reference_id), ''::bytea ORDER BY e.leg) AS bytes
            FROM florin.ledger_entry e WHERE e.slot = t.slot AND e.transaction_id = t.id) l)"),
              "t");
}

TEST_F(SealerTest, ATransactionOfOneXidIsNeverSplit) {
    // Seven rows of one xid, in blocks of four.
    auto session = begin();
    for (int n = 0; n < 7; ++n) session.add(2, kNoon);
    session.commit();
    add(2, kNoon);
    EXPECT_EQ(seal(), 2U);
    EXPECT_EQ(ask("SELECT string_agg(n::text, ' ' ORDER BY number) FROM florin.ledger_block"),
              "7 1");
}

TEST_F(SealerTest, OfTwoSealersOneWritesABlock) {
    for (int n = 0; n < 3; ++n) add(9, kNoon);
    SealStore store(pool);
    const auto due = test::run(io, store.due(Instant::max(), 4));
    ASSERT_EQ(due.size(), 1U);
    const auto rows = test::run(io, store.read({{9, 1, due[0].after.hi_xid, due[0].hi_xid}}));
    const auto blocks = make_blocks(due, rows);
    add(9, kNoon);  // The other one looks later and sees more.
    EXPECT_EQ(seal(), 1U);
    EXPECT_EQ(test::run(io, store.add(blocks, kNoon)), 0U);
    EXPECT_EQ(ask("SELECT n FROM florin.ledger_block"), "4");
    EXPECT_EQ(seal(), 0U);
}

// What must not be sealed yet, and is when its time has come (docs/sealing.md).
TEST_F(SealerTest, ALateCommitIsSealedAndNothingAboveItBefore) {
    auto a = begin();
    const auto late = a.add(3, kNoon);
    const auto early = add(3, kNoon);
    EXPECT_EQ(seal(), 0U) << "the horizon is below both";
    a.commit();
    EXPECT_EQ(seal(), 1U);
    EXPECT_EQ(blocks_of(late), "1");
    EXPECT_EQ(blocks_of(early), "1");
}

TEST_F(SealerTest, WhatIsBelowTheLateOneIsSealedAtOnce) {
    const auto first = add(3, kNoon);
    auto a = begin();
    const auto late = a.add(3, kNoon);
    EXPECT_EQ(seal(), 1U);
    EXPECT_EQ(blocks_of(first), "1");
    EXPECT_EQ(blocks_of(late), "-");
    a.commit();
    EXPECT_EQ(seal(), 1U);
    EXPECT_EQ(blocks_of(late), "2");
}

TEST_F(SealerTest, ARollbackLeavesNoGap) {
    auto a = begin();
    a.add(3, kNoon);
    const auto kept = add(3, kNoon);
    EXPECT_EQ(seal(), 0U);
    a.rollback();
    EXPECT_EQ(seal(), 1U);
    EXPECT_EQ(blocks_of(kept), "1");
}

// Negative controls: the same race loses a row for who remembers the last id, or the last time.
TEST_F(SealerTest, AnIdOrATimeAsWatermarkMissesTheLateRow) {
    const auto missed = [&](const std::string& column) {
        const auto slot = "3";
        database.execute("DROP TABLE IF EXISTS seen");
        database.execute(
            "CREATE TABLE seen AS SELECT id, " + column +
            " AS mark FROM florin.ledger_transaction WHERE slot = " + std::string(slot));
        const auto consume =
            "INSERT INTO seen SELECT id, " + column +
            " FROM florin.ledger_transaction WHERE slot = 3 AND " + column +
            " > coalesce((SELECT mark FROM seen ORDER BY mark DESC LIMIT 1), (SELECT min(" +
            column + "::text) FROM florin.ledger_transaction)::" +
            (column == "id" ? "uuid" : "timestamptz") + ")";
        auto a = begin();
        const auto late = a.add(3, kNoon + std::chrono::seconds(1));
        add(3, kNoon + std::chrono::seconds(2));
        database.execute(consume);
        a.commit();
        database.execute(consume);
        return ask("SELECT count(*) FROM seen WHERE id = '" + to_text(late) + "'") == "0";
    };
    add(3, kNoon);
    EXPECT_TRUE(missed("id"));
    EXPECT_TRUE(missed("recorded_at"));
    seal();
    EXPECT_EQ(ask("SELECT sum(n) FROM florin.ledger_block"),
              ask("SELECT count(*) FROM florin.ledger_transaction"));
}

TEST_F(SealerTest, ManySessionsAndTwoSealersLoseAndDoubleNothing) {
    Sealer other(pool, {.n_max = 3});
    std::vector<test::Session> open;
    std::vector<Uuid> committed;
    std::vector<std::vector<Uuid>> added;
    for (int step = 0; step < 600; ++step) {
        const auto what = random() % 10;
        if (what < 3 && open.size() < 12) {
            open.push_back(begin());
            added.emplace_back();
        } else if (what < 7 && !open.empty()) {
            const auto who = random() % open.size();
            added[who].push_back(open[who].add(static_cast<Slot>(random() % 4), kNoon));
        } else if (what < 9 && !open.empty()) {
            const auto who = random() % open.size();
            if (random() % 4 == 0) {
                open[who].rollback();
            } else {
                open[who].commit();
                committed.insert(committed.end(), added[who].begin(), added[who].end());
            }
            open.erase(open.begin() + static_cast<std::ptrdiff_t>(who));
            added.erase(added.begin() + static_cast<std::ptrdiff_t>(who));
        } else {
            std::vector<Task<>> both;
            both.push_back(test::seal_once(sealer));
            both.push_back(test::seal_once(other));
            test::run_all(io, std::move(both));
        }
    }
    for (auto& session : open) session.rollback();
    seal();
    std::vector<Uuid> sealed;
    for (Slot slot = 0; slot < 4; ++slot) {
        const auto rows = test::run(io, pool.run({blocks_call(slot, 0)}));
        for (const auto& stored : read_blocks(rows[0], slot)) {
            const auto leaves = unpack(stored.leaves);
            for (const auto& leaf : *leaves) sealed.push_back(leaf.id);
        }
    }
    std::ranges::sort(sealed);
    std::ranges::sort(committed);
    EXPECT_GT(committed.size(), 50U);
    EXPECT_EQ(sealed, committed);
}

TEST_F(SealerTest, TheDatabaseRefusesToChangeABlock) {
    add(3, kNoon);
    seal();
    // As an owner who is no superuser.
    database.execute("CREATE ROLE sealing_owner NOLOGIN");
    database.execute(
        "ALTER TABLE florin.ledger_block OWNER TO sealing_owner;"
        "GRANT USAGE ON SCHEMA florin TO sealing_owner");
    const auto state = [&](const std::string& statement) -> std::string {
        try {
            database.execute("SET LOCAL ROLE sealing_owner;" + statement);
        } catch (const pg::SqlError& e) {
            return e.state;
        }
        return "";
    };
    EXPECT_EQ(state("UPDATE florin.ledger_block SET n = n"), "42501");
    EXPECT_EQ(state("DELETE FROM florin.ledger_block"), "42501");
    EXPECT_EQ(state("TRUNCATE florin.ledger_block"), "42501");
    database.execute("DROP OWNED BY sealing_owner CASCADE; DROP ROLE sealing_owner");
}

}  // namespace
}  // namespace florin::ledger
