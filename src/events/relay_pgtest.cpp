// Goal: each event is in the feed exactly once, and the versions of a payment in their order,
// whatever commits when. Method: the race of a late commit with the watermarks that lose it, two
// relays at one time, and drawn sessions against the rows that are there.

#include "events/relay.h"

#include <algorithm>
#include <map>
#include <random>
#include <thread>

#include "events/store.h"
#include "tests/kit/ledger_session.h"

namespace florin::events {
namespace {

const Instant kNoon = test::kBookingNoon;
const MerchantId kShop = MerchantId::make(kNoon, 0, 0x1234), kOther = MerchantId::make(kNoon, 0, 9);

std::string quoted(const Uuid& id) {
    return '\'' + to_text(id) + '\'';
}

// What a relay has to know of a payment: whose it is.
std::string operation_of(const Uuid& payment, MerchantId merchant) {
    return fmt::format(
        "INSERT INTO florin.operation (slot, payment_id, id, merchant_id, kind, state, generation,"
        " provider, provider_key, amount, sent_at, due_at)"
        " VALUES ({0}, {1}, {1}, {2}, 2, 2, 0, 'stripe', '', 100, now(), 'infinity')",
        slot_of(payment), quoted(payment), quoted(merchant.uuid()));
}

std::string event_of(const Uuid& payment, int version) {
    return fmt::format(
        "INSERT INTO florin.event (slot, payment_id, version, id, operation_id, type, data, at)"
        " VALUES ({0}, {1}, {2}, {1}, {1}, 'payment.pending', '{{}}', clock_timestamp())",
        slot_of(payment), quoted(payment), version);
}

class RelayTest : public test::SealTest {
protected:
    Uuid id_in(Slot slot) { return make_uuid7(kNoon, slot, random()); }
    // A payment that begins, in a session or by itself.
    Uuid begins(test::Session& session, Slot slot, MerchantId merchant = kShop) {
        const auto id = id_in(slot);
        session.say(operation_of(id, merchant));
        session.say(event_of(id, 1));
        return id;
    }
    Uuid begins(Slot slot, MerchantId merchant = kShop) {
        auto session = begin();
        const auto id = begins(session, slot, merchant);
        session.commit();
        return id;
    }
    std::int64_t relay() { return test::run(io, worker.relay()); }

    // Positions and versions of one merchant, like "1:a1 2:b1": letters by `names`.
    std::string feed(const std::map<Uuid, char>& names, MerchantId merchant = kShop) {
        std::string sql =
            "SELECT coalesce(string_agg(position || ':' || CASE object_id::text WHEN '' THEN ''";
        for (const auto& [id, letter] : names)
            sql += " WHEN " + quoted(id) + " THEN '" + letter + "'";
        sql +=
            " ELSE '?' END || version, ' ' ORDER BY position), '') FROM florin.feed WHERE "
            "merchant_id = " +
            quoted(merchant.uuid());
        return ask(sql);
    }
    // Of all events below their slot's mark and all rows of feeds: those that are not the same.
    std::string differences() {
        return ask(R"(
            SELECT count(*) FROM (
                SELECT o.merchant_id, e.payment_id AS object_id, e.version
                FROM (SELECT *, max(xid) OVER (PARTITION BY payment_id ORDER BY version) AS young
                      FROM florin.event) e
                JOIN florin.event_mark m ON m.slot = e.slot AND e.young < m.hi_xid
                JOIN florin.operation o ON o.slot = e.slot AND o.payment_id = e.payment_id) a
            FULL JOIN florin.feed f USING (merchant_id, object_id, version)
            WHERE a.version IS NULL OR f.version IS NULL)");
    }
    // Positions that are missing or twice, versions that do not follow the one before, heads that
    // are not the last position.
    std::string disorder() {
        return ask(R"(
            SELECT (SELECT count(*) FROM (
                        SELECT position - row_number() OVER (PARTITION BY merchant_id ORDER BY position) AS gap,
                               version - row_number() OVER (PARTITION BY object_id ORDER BY position) AS skip
                        FROM florin.feed) x WHERE gap <> 0 OR skip <> 0)
                 + (SELECT count(*) FROM florin.feed_head h
                    FULL JOIN (SELECT slot, merchant_id, max(position) AS last FROM florin.feed
                               GROUP BY slot, merchant_id) f USING (slot, merchant_id)
                    WHERE h.position IS DISTINCT FROM f.last))");
    }
    std::string left() {
        return ask(
            "SELECT count(*) FROM florin.event e JOIN florin.event_mark m"
            " ON m.slot = e.slot AND e.xid >= m.hi_xid");
    }

    Relay worker{pool, {.at_once = 4}};
};

TEST_F(RelayTest, NumbersTheEventsOfEachMerchant) {
    EXPECT_EQ(relay(), 0);
    const auto a = begins(3), b = begins(900), c = begins(3, kOther);
    database.execute(event_of(a, 2));
    EXPECT_EQ(relay(), 4);
    EXPECT_EQ(feed({{a, 'a'}, {b, 'b'}}), "1:a1 2:b1 3:a2");
    EXPECT_EQ(feed({{c, 'c'}}, kOther), "1:c1");
    EXPECT_EQ(relay(), 0);
    database.execute(event_of(b, 2));
    EXPECT_EQ(relay(), 1);
    EXPECT_EQ(feed({{a, 'a'}, {b, 'b'}}), "1:a1 2:b1 3:a2 4:b2");
    EXPECT_EQ(
        ask("SELECT DISTINCT slot FROM florin.feed WHERE merchant_id = " + quoted(kShop.uuid())),
        std::to_string(home_of(kShop)));
    EXPECT_EQ(differences(), "0");
}

TEST_F(RelayTest, MoreThanAStepIsRelayedInSteps) {
    for (Slot slot = 0; slot < 20; ++slot) begins(slot);
    const auto many = begins(20);
    for (int version = 2; version < 20; ++version) database.execute(event_of(many, version));
    EXPECT_EQ(relay(), 39);
    EXPECT_EQ(differences() + disorder() + left(), "000");
}

TEST_F(RelayTest, ALateCommitIsNotLost) {
    auto a = begin();
    const auto late = begins(a, 3);
    const auto early = begins(3), elsewhere = begins(4);
    EXPECT_EQ(relay(), 0) << "nothing above an open transaction";
    EXPECT_EQ(feed({}), "");
    a.commit();
    EXPECT_EQ(relay(), 3);
    EXPECT_EQ(feed({{late, 'l'}, {early, 'e'}, {elsewhere, 'x'}}).substr(0, 9), "1:l1 2:e1");
    EXPECT_EQ(differences() + disorder() + left(), "000");
}

// B's xid is the lower one, and A commits first.
TEST_F(RelayTest, OnlyWhatIsBelowTheOpenTransactionIsRelayed) {
    const auto before = begins(3);
    auto b = begin();
    const auto lower = begins(b, 3);
    auto a = begin();
    const auto higher = begins(a, 3);
    a.commit();
    EXPECT_EQ(relay(), 1);
    EXPECT_EQ(feed({{before, 'p'}}), "1:p1");
    b.commit();
    EXPECT_EQ(relay(), 2);
    EXPECT_EQ(feed({{before, 'p'}, {lower, 'b'}, {higher, 'a'}}), "1:p1 2:b1 3:a1");
}

TEST_F(RelayTest, ARollbackLeavesNoGap) {
    auto a = begin();
    begins(a, 3);
    const auto kept = begins(3);
    a.rollback();
    const auto next = begins(3);
    EXPECT_EQ(relay(), 2);
    EXPECT_EQ(feed({{kept, 'k'}, {next, 'n'}}), "1:k1 2:n1");
}

// A begins before the payment does, and adds its second version: with a lower xid than the first.
// B's is between them, so there is a horizon above the second and below the first.
TEST_F(RelayTest, AVersionComesAfterTheOneBefore) {
    auto a = begin();
    const auto other = begins(a, 3);
    auto b = begin();
    const auto late = begins(b, 4);
    const auto payment = begins(3);
    a.say(event_of(payment, 2));
    a.commit();
    EXPECT_EQ(relay(), 1);
    EXPECT_EQ(feed({{other, 'o'}}), "1:o1");
    EXPECT_EQ(differences() + disorder(), "00");
    b.commit();
    EXPECT_EQ(relay(), 3);
    EXPECT_EQ(feed({{other, 'o'}, {late, 'l'}, {payment, 'p'}}), "1:o1 2:l1 3:p1 4:p2");
    EXPECT_EQ(differences() + disorder() + left(), "000");
}

// It dies in the middle, and another one does the same again.
TEST_F(RelayTest, WhatIsNotCommittedDidNotHappen) {
    const auto payment = begins(3);
    auto dies = begin();
    dies.say(
        "SELECT * FROM florin.relay_events(ARRAY[(3, 0, (pg_snapshot_xmin(pg_current_snapshot()))"
        "::text::bigint)::florin.event_range])");
    dies.rollback();
    EXPECT_EQ(feed({}), "");
    EXPECT_EQ(relay(), 1);
    EXPECT_EQ(feed({{payment, 'p'}}), "1:p1");
}

// The other one has looked at the same marks, and waits for the first one's end.
TEST_F(RelayTest, OfTwoAtOneTimeOneMovesAMark) {
    for (Slot slot = 0; slot < 3; ++slot) begins(slot);
    auto first = begin();
    first.say(
        "SELECT florin.relay_events(array_agg((s, 0, pg_snapshot_xmin(pg_current_snapshot())"
        "::text::bigint)::florin.event_range ORDER BY s)) FROM generate_series(0, 2) s");
    std::int64_t others = -1;
    std::thread other([&] {
        asio::io_context loop;
        pg::Pool own(loop, database.conninfo(), 1);
        Relay second(own, {});
        others = test::run(loop, second.relay());
    });
    while (ask("SELECT count(*) FROM pg_locks WHERE NOT granted") == "0");  // Until it waits.
    first.commit();
    other.join();
    EXPECT_EQ(others, 0);
    EXPECT_EQ(ask("SELECT count(*) FROM florin.feed"), "3");
    EXPECT_EQ(differences() + disorder() + left(), "000");
}

TEST_F(RelayTest, ManyAtOneTimePutEachEventOnce) {
    for (Slot slot = 0; slot < 60; ++slot) begins(slot % 20, slot % 3 == 0 ? kOther : kShop);
    Relay other(pool, {.at_once = 1}), third(pool, {});
    const auto once = [](Relay& one) -> Task<> { co_await one.relay(); };
    std::vector<Task<>> all;
    for (auto* one : {&worker, &other, &third}) all.push_back(once(*one));
    test::run_all(io, std::move(all));
    relay();  // Who was second may have left something.
    EXPECT_EQ(ask("SELECT count(*) FROM florin.feed"), "60");
    EXPECT_EQ(differences() + disorder() + left(), "000");
}

// Negative controls: who reads by the last id, or the last time, loses the late one.
TEST_F(RelayTest, AWatermarkLosesTheLateEvent) {
    for (const std::string by : {"id", "at"}) {
        database.execute("TRUNCATE florin.event");
        database.execute("DROP TABLE IF EXISTS seen");
        database.execute("CREATE TABLE seen AS SELECT payment_id, " + by +
                         " AS mark FROM florin.event");
        const auto read = [&] {
            database.execute("INSERT INTO seen SELECT payment_id, " + by +
                             " FROM florin.event e WHERE e." + by +
                             "::text > coalesce((SELECT max(mark::text) FROM seen), '')");
        };
        auto a = begin();
        const auto late = make_uuid7(kNoon, 3, 1);
        a.say(event_of(late, 1));
        database.execute(event_of(make_uuid7(kNoon + std::chrono::seconds(1), 3, 2), 1));
        read();
        a.commit();
        read();
        EXPECT_EQ(ask("SELECT count(*) FROM seen"), "1") << "of 2: the race is one, by " << by;
    }
}

// Payments go from version to version in sessions that stay open, so that a later version often
// has the lower xid.
TEST_F(RelayTest, DrawnSessionsAreToldInFullAndInOrder) {
    struct Open {
        test::Session session;
        std::map<Uuid, int> wrote;  // The last version of each.
    };
    std::vector<Open> open;
    std::map<Uuid, int> committed;
    const auto write = [&](Open& one) {
        const auto is_free = [&](const Uuid& id) {
            return std::ranges::none_of(
                open, [&](const Open& o) { return &o != &one && o.wrote.contains(id); });
        };
        auto known = committed.begin();
        if (!committed.empty() && random() % 3 != 0)
            std::advance(known, static_cast<std::ptrdiff_t>(random() % committed.size()));
        else
            known = committed.end();
        if (known == committed.end() || !is_free(known->first)) {
            const auto slot = static_cast<Slot>(random() % 3);
            one.wrote[begins(one.session, slot, random() % 4 == 0 ? kOther : kShop)] = 1;
            return;
        }
        const auto written = one.wrote.try_emplace(known->first, known->second).first;
        one.session.say(event_of(known->first, ++written->second));
    };
    for (int step = 0; step < 600; ++step) {
        const auto what = random() % 10;
        if (what < 2 && open.size() < 8) {
            open.push_back({begin(), {}});
        } else if (what < 7 && !open.empty()) {
            write(open[random() % open.size()]);
        } else if (what < 9 && !open.empty()) {
            const auto who = random() % open.size();
            const bool fails = random() % 4 == 0;
            fails ? open[who].session.rollback() : open[who].session.commit();
            if (!fails)
                for (const auto& [id, version] : open[who].wrote) committed[id] = version;
            open.erase(open.begin() + static_cast<std::ptrdiff_t>(who));
        } else {
            relay();
            ASSERT_EQ(differences() + disorder(), "00") << step;
        }
    }
    for (auto& one : open) one.session.commit();
    relay();
    EXPECT_EQ(differences() + disorder() + left(), "000");
    EXPECT_EQ(ask("SELECT count(*) FROM florin.feed"), ask("SELECT count(*) FROM florin.event"));
}

}  // namespace
}  // namespace florin::events
