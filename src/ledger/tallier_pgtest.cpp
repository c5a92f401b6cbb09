// Goal: roll-up and tail are always the sum of all entries, whatever commits when. Method: the race
// of a late commit with the watermark that loses it, drawn sessions, and a balance that PostgreSQL
// adds up from all entries.

#include "ledger/tallier.h"

#include <random>

#include "ledger/store.h"
#include "tests/kit/ledger_session.h"

namespace florin::ledger {
namespace {

const Instant kNoon = test::kBookingNoon;

class TallierTest : public test::SealTest {
protected:
    std::int64_t tally() { return test::run(io, tallier.tally(Instant::max())); }

    // What the roll-ups say about debits.
    std::string rolled_up() {
        return ask("SELECT coalesce(sum(debits), 0) FROM florin.tally_balance");
    }
    // Roll-ups and tails, against all entries: accounts where they differ.
    std::string differences() {
        return ask(R"(
            SELECT count(*) FROM (
                SELECT slot, account_id, sum(debits) AS debits, sum(credits) AS credits, sum(n) AS n FROM (
                    SELECT slot, account_id, debits, credits, n FROM florin.tally_balance
                    UNION ALL
                    SELECT e.slot, e.account_id, greatest(e.amount, 0), greatest(-e.amount, 0), 1
                    FROM florin.ledger_entry e
                    JOIN florin.ledger_transaction t ON t.slot = e.slot AND t.id = e.transaction_id
                    JOIN florin.tally_mark m ON m.slot = t.slot AND t.xid >= m.hi_xid
                ) x GROUP BY slot, account_id) a
            FULL JOIN (
                SELECT slot, account_id, sum(greatest(amount, 0)) AS debits, sum(greatest(-amount, 0)) AS credits,
                       count(*) AS n
                FROM florin.ledger_entry GROUP BY slot, account_id) b USING (slot, account_id)
            WHERE (a.debits, a.credits, a.n) IS DISTINCT FROM (b.debits, b.credits, b.n))");
    }

    Tallier tallier{pool, {.enough = 3, .at_once = 4}};
};

TEST_F(TallierTest, RollsUpWhatIsOldOrEnough) {
    add(3, kNoon);
    add(3, kNoon);
    EXPECT_EQ(test::run(io, tallier.tally(kNoon)), 0);
    add(3, kNoon);
    EXPECT_EQ(test::run(io, tallier.tally(kNoon)), 1);
    EXPECT_EQ(rolled_up(), "300");
    EXPECT_EQ(ask("SELECT n FROM florin.tally_balance WHERE debits > 0"), "3");
    for (int n = 0; n < 10; ++n) add(3, kNoon);
    EXPECT_EQ(tally(), 3) << "four at a time";
    EXPECT_EQ(rolled_up(), "1300");
    EXPECT_EQ(differences(), "0");
    EXPECT_EQ(tally(), 0);
}

// Of one day rolled up, of one in part, of one not at all; against sums over all entries.
TEST_F(TallierTest, BalancesOfThePastAreThoseOfThen) {
    Store store(pool);
    const auto day = std::chrono::hours(24);
    const auto debits_until = [&](Instant until) {
        std::int64_t sum = 0;
        for (const auto& balance : test::run(io, store.balances_as_of(MerchantId(), until)))
            sum += balance.debits;
        return std::to_string(sum);
    };
    const auto check_all = [&] {
        database.execute(
            "INSERT INTO florin.ledger_account SELECT DISTINCT slot, account_id, account_id"
            ", 2100, '', 'EUR' FROM florin.ledger_entry"
            " ON CONFLICT DO NOTHING");
        for (const auto until : {kNoon - day, kNoon - std::chrono::seconds(1), kNoon, kNoon + day,
                                 kNoon + day + std::chrono::hours(3), kNoon + 3 * day})
            EXPECT_EQ(
                debits_until(until),
                ask("SELECT coalesce(sum(greatest(e.amount, 0)), 0) FROM florin.ledger_entry e"
                    " JOIN florin.ledger_transaction t ON t.slot = e.slot AND"
                    " t.id = e.transaction_id WHERE t.recorded_at <= '" +
                    to_text(until) + "'"))
                << to_text(until);
    };
    for (int n = 0; n < 3; ++n) add(3, kNoon);
    for (int n = 0; n < 5; ++n) add(3, kNoon + day + n * std::chrono::hours(1));
    EXPECT_GT(tally(), 0);
    check_all();
    // What comes after the mark with a time before it.
    for (Slot slot = 0; slot < 4; ++slot) add(slot, kNoon + slot * std::chrono::hours(12));
    check_all();
    EXPECT_EQ(debits_until(kNoon + 3 * day), "1200");
}

TEST_F(TallierTest, ALateCommitIsAddedAndNothingTwice) {
    add(3, kNoon);
    auto a = begin();
    a.add(3, kNoon);
    add(3, kNoon);
    EXPECT_EQ(tally(), 1);
    EXPECT_EQ(rolled_up(), "100") << "only what is below the open transaction";
    EXPECT_EQ(differences(), "0");
    a.commit();
    EXPECT_EQ(differences(), "0");
    EXPECT_EQ(tally(), 1);
    EXPECT_EQ(rolled_up(), "300");
    EXPECT_EQ(differences(), "0");
}

// Negative control: who rolls up by the last id that it saw loses the late one.
TEST_F(TallierTest, AnIdAsWatermarkLosesTheLateEntry) {
    database.execute("CREATE TABLE rolled (up bigint, last uuid)");
    database.execute("INSERT INTO rolled VALUES (0, '00000000-0000-0000-0000-000000000000')");
    const auto roll = [&] {
        database.execute(
            "UPDATE rolled SET up = up + x.debits, last = x.last FROM (SELECT sum(amount) AS "
            "debits,"
            " max(transaction_id::text)::uuid AS last FROM florin.ledger_entry, rolled"
            " WHERE amount > 0 AND transaction_id > rolled.last) x WHERE x.last IS NOT NULL");
    };
    auto a = begin();
    a.add(3, kNoon);
    add(3, kNoon + std::chrono::seconds(1));
    roll();
    a.commit();
    roll();
    EXPECT_EQ(ask("SELECT up FROM rolled"), "100") << "of 200: the race is one";
}

TEST_F(TallierTest, OfTwoOneMovesAMark) {
    for (int n = 0; n < 5; ++n) add(static_cast<Slot>(n), kNoon);
    Tallier other(pool, {});
    std::vector<Task<>> both;
    const auto once = [](Tallier& one) -> Task<> { co_await one.tally(Instant::max()); };
    both.push_back(once(tallier));
    both.push_back(once(other));
    test::run_all(io, std::move(both));
    EXPECT_EQ(rolled_up(), "500");
    EXPECT_EQ(differences(), "0");
}

TEST_F(TallierTest, DrawnSessionsAlwaysAddUp) {
    std::vector<test::Session> open;
    for (int step = 0; step < 300; ++step) {
        const auto what = random() % 10;
        if (what < 3 && open.size() < 8) {
            open.push_back(begin());
        } else if (what < 7 && !open.empty()) {
            open[random() % open.size()].add(static_cast<Slot>(random() % 3), kNoon);
        } else if (what < 9 && !open.empty()) {
            const auto who = random() % open.size();
            random() % 4 == 0 ? open[who].rollback() : open[who].commit();
            open.erase(open.begin() + static_cast<std::ptrdiff_t>(who));
        } else {
            tally();
            ASSERT_EQ(differences(), "0") << step;
        }
    }
    for (auto& session : open) session.commit();
    tally();
    EXPECT_EQ(differences(), "0");
    EXPECT_EQ(rolled_up(), ask("SELECT sum(amount) FROM florin.ledger_entry WHERE amount > 0"));
}

}  // namespace
}  // namespace florin::ledger
