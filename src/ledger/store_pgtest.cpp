// Goal: books that always balance and are read whole. Method: drawn postings over many slots,
// compared with sums made here; postings that the database must refuse.

#include "ledger/store.h"

#include <algorithm>
#include <map>
#include <random>

#include "ledger/poster.h"
#include "ledger/sql.h"
#include "ledger/tallier.h"
#include "tests/kit/test_database.h"

namespace florin::ledger {
namespace {

const Instant kNoon = *instant_from("2026-11-20T12:00:00Z");

class LedgerTest : public test::DatabaseTest {
protected:
    // Dr receivable / Cr escrow in two legs.
    Posting posting(MerchantId whose, Slot slot, Currency currency, std::int64_t amount,
                    Instant at = kNoon) {
        const auto payment = PaymentId::make(at, slot, random());
        const auto order = PaymentOrderId::make(at, slot, random());
        const AccountName receivable{kPspReceivable, "stripe", currency};
        const AccountName held{kEscrow, "", currency};
        return {.id = OperationId::make(at, slot, random()),
                .merchant = whose,
                .source = payment.uuid(),
                .kind = "capture",
                .at = at,
                .legs = {{receivable, amount, payment.uuid()},
                         {held, -(amount - 1), order.uuid()},
                         {held, -1, order.uuid()}}};
    }

    std::vector<pg::Call> calls_for(const std::vector<Posting>& postings) {
        std::vector<const Posting*> pointers;
        for (const auto& one : postings) pointers.push_back(&one);
        std::vector<pg::Call> calls;
        poster.encode(pointers, calls);
        return calls;
    }

    void post(const std::vector<Posting>& postings) {
        const auto rows = test::run(io, pool.run(calls_for(postings)));
        std::vector<const Posting*> pointers;
        for (const auto& one : postings) pointers.push_back(&one);
        poster.decode(pointers, rows);
    }

    std::vector<Entry> entries(AccountName account, EntryCursor before, std::int64_t limit) {
        return test::run(io, store.entries(merchant, std::move(account), before, limit));
    }

    std::mt19937_64 random{test::seed()};
    MerchantId merchant = MerchantId::make(kNoon, 0, 7);
    MerchantId stranger = MerchantId::make(kNoon, 0, 8);
    Currency eur = "EUR"_currency, jpy = "JPY"_currency;
    AccountName escrow{kEscrow, "", eur};
    Poster poster;
    Store store{pool};
};

TEST_F(LedgerTest, BalancesAddTheSlotsUp) {
    std::vector<Posting> postings;
    std::map<std::string, std::int64_t> expected;
    for (int i = 0; i < 200; ++i) {
        const auto currency = i % 4 == 0 ? jpy : eur;
        const auto amount = static_cast<std::int64_t>(random() % 100'000) + 2;
        const auto slot = static_cast<Slot>(random() % kSlots);
        postings.push_back(posting(merchant, slot, currency, amount));
        for (const auto& leg : postings.back().legs)
            expected[leg.account.text()] += std::abs(leg.amount);
        postings.push_back(posting(stranger, slot, currency, 5));
    }
    post(postings);
    const auto balances = test::run(io, store.balances(merchant));
    ASSERT_EQ(balances.size(), expected.size());
    for (const auto& balance : balances) {
        const auto name = balance.account.text();
        EXPECT_EQ(balance.amount(), expected[name]) << name;
        EXPECT_EQ(test::run(io, store.balance(merchant, balance.account)).amount(), expected[name]);
        EXPECT_EQ(std::min(balance.debits, balance.credits), 0) << name;
    }
    // The same from roll-ups, and from roll-ups with a tail.
    Tallier tallier(pool, {});
    EXPECT_GT(test::run(io, tallier.tally(Instant::max())), 0);
    post({posting(merchant, 0, eur, 100)});
    expected["escrow:EUR"] += 100, expected["psp_receivable:stripe:EUR"] += 100;
    EXPECT_EQ(test::run(io, store.balances(merchant)).size(), expected.size());
    for (const auto& balance : test::run(io, store.balances(merchant))) {
        const auto name = balance.account.text();
        EXPECT_EQ(balance.amount(), expected[name]) << name;
        EXPECT_EQ(test::run(io, store.balance(merchant, balance.account)).amount(), expected[name]);
    }
    std::map<Currency, std::int64_t> trial;
    for (const auto& balance : test::run(io, store.balances(MerchantId())))
        trial[balance.account.currency] += balance.debits - balance.credits;
    EXPECT_EQ(trial.size(), 2U);
    for (const auto& [currency, difference] : trial) EXPECT_EQ(difference, 0) << currency.code();
}

TEST_F(LedgerTest, AnAccountWithoutEntriesIsZero) {
    const auto balance = test::run(io, store.balance(merchant, escrow));
    EXPECT_EQ(balance.account, escrow);
    EXPECT_EQ(balance.amount(), 0);
    EXPECT_TRUE(test::run(io, store.balances(MerchantId())).empty());
    EXPECT_TRUE(entries(escrow, EntryCursor::newest(), 10).empty());
}

TEST_F(LedgerTest, PagesOfEntriesAreCompleteAndNewestFirst) {
    std::vector<Posting> postings;
    for (int i = 0; i < 50; ++i) {
        const auto at = kNoon + std::chrono::milliseconds(i / 2);
        postings.push_back(posting(merchant, static_cast<Slot>(random() % kSlots), eur, 100, at));
    }
    post(postings);
    post({posting(merchant, 3, jpy, 100), posting(stranger, 3, eur, 100)});
    std::vector<std::pair<OperationId, std::int16_t>> expected;
    for (const auto& one : postings) {
        expected.emplace_back(one.id, 1);
        expected.emplace_back(one.id, 2);
    }
    std::ranges::sort(expected, std::greater());
    for (const std::int64_t limit : {1, 3, 100, 101}) {  // Pages end inside a transaction, too.
        std::vector<std::pair<OperationId, std::int16_t>> found;
        auto cursor = EntryCursor::newest();
        while (true) {
            const auto page = entries(escrow, cursor, limit);
            for (const auto& entry : page) found.emplace_back(entry.transaction, entry.leg);
            if (page.size() < static_cast<std::size_t>(limit)) break;
            cursor = {page.back().transaction.uuid(), page.back().leg};
        }
        EXPECT_EQ(found, expected) << limit;
    }
}

TEST_F(LedgerTest, AnEntryTellsWhatItIs) {
    const auto one = posting(merchant, 5, eur, 700, kNoon + std::chrono::microseconds(77));
    post({one});
    const auto found = entries(one.legs[0].account, EntryCursor::newest(), 10);
    ASSERT_EQ(found.size(), 1U);
    const auto& entry = found[0];
    EXPECT_EQ(entry.transaction, one.id);
    EXPECT_EQ(entry.leg, 0);
    EXPECT_EQ(entry.account, one.legs[0].account);
    EXPECT_EQ(entry.source, one.source);
    EXPECT_EQ(entry.reference, one.legs[0].reference);
    EXPECT_EQ(entry.kind, "capture");
    EXPECT_EQ(entry.amount, 700);
    EXPECT_EQ(entry.at, one.at);
}

TEST_F(LedgerTest, EntriesOfSomeTransactions) {
    std::vector<Posting> postings;
    for (int i = 0; i < 5; ++i) postings.push_back(posting(merchant, 9, eur, 10 + i));
    post(postings);
    const auto of = [&](MerchantId whose, Slot slot, std::vector<OperationId> ids) {
        return test::run(io, store.entries_of(whose, escrow, slot, std::move(ids)));
    };
    const auto found = of(merchant, 9, {postings[1].id, postings[3].id});
    ASSERT_EQ(found.size(), 4U);
    for (const auto& entry : found)
        EXPECT_TRUE(entry.transaction == postings[1].id || entry.transaction == postings[3].id);
    EXPECT_TRUE(of(merchant, 9, {}).empty());
    EXPECT_TRUE(of(merchant, 8, {postings[1].id}).empty());
    EXPECT_TRUE(of(stranger, 9, {postings[1].id}).empty());
}

TEST_F(LedgerTest, ATransactionIsBookedOnce) {
    const auto one = posting(merchant, 1, eur, 100);
    post({one});
    try {
        post({posting(merchant, 1, eur, 100), one});
        ADD_FAILURE() << "booked twice";
    } catch (const pg::SqlError& e) {
        EXPECT_EQ(e.state, "23505");
    }
    EXPECT_EQ(database.ask("SELECT count(*) FROM florin.ledger_transaction"), "1");
    EXPECT_EQ(test::run(io, store.balance(merchant, escrow)).amount(), 100);
}

TEST_F(LedgerTest, AccountsAreAskedForUntilTheyAreCommitted) {
    const auto one = posting(merchant, 1, eur, 100), two = posting(merchant, 1, eur, 100);
    EXPECT_EQ(calls_for({one}).size(), 2U);
    EXPECT_EQ(calls_for({one}).size(), 2U);  // Nothing was committed yet.
    post({one});
    EXPECT_EQ(calls_for({two}).size(), 1U);
    EXPECT_EQ(calls_for({posting(merchant, 2, eur, 100)}).size(), 2U);  // Another slot.
    post({two});
    Poster other;  // Another process does not know the accounts and adds them again.
    const auto three = posting(merchant, 1, eur, 100);
    const Posting* pointer = &three;
    std::vector<pg::Call> calls;
    other.encode(std::span(&pointer, 1), calls);
    EXPECT_EQ(calls.size(), 2U);
    test::run(io, pool.run(std::move(calls)));
    EXPECT_EQ(database.ask("SELECT count(*) FROM florin.ledger_account"), "2");
    EXPECT_EQ(test::run(io, store.balance(merchant, escrow)).amount(), 300);
}

// Legs as they would come from a caller that skips the poster's check.
struct RawLeg {
    int transaction;
    std::string currency;
    std::int64_t amount;
};

pg::Params raw(const std::vector<OperationId>& ids, MerchantId merchant,
               const std::vector<RawLeg>& legs) {
    pg::Records transactions("florin.new_transaction"), entries("florin.new_entry");
    for (const auto& id : ids) {
        const auto& bytes = id.uuid().bytes;
        transactions.add(static_cast<std::int16_t>(id.slot()), bytes, merchant.uuid().bytes, bytes,
                         "test", kNoon);
    }
    std::int16_t number = 0;
    for (const auto& leg : legs) {
        const auto& id = ids[static_cast<std::size_t>(leg.transaction)];
        const auto& bytes = id.uuid().bytes;
        entries.add(static_cast<std::int16_t>(id.slot()), bytes, bytes, number++, leg.currency,
                    leg.amount, bytes, std::int16_t{0});
    }
    pg::Params params;
    params.add(std::move(transactions)).add(std::move(entries));
    return params;
}

TEST_F(LedgerTest, TheDatabaseRefusesWhatDoesNotSumToZero) {
    const std::vector<OperationId> ids = {OperationId::make(kNoon, 1, random()),
                                          OperationId::make(kNoon, 1, random())};
    const auto state_of = [&](const std::vector<RawLeg>& legs) -> std::string {
        try {
            test::run(io, pool.query(sql::post, raw(ids, merchant, legs)));
        } catch (const pg::SqlError& e) {
            return e.state;
        }
        return "";
    };
    EXPECT_EQ(state_of({{0, "EUR", 100}, {0, "EUR", -99}}), "FL002");
    EXPECT_EQ(state_of({{0, "EUR", 100}}), "FL002");
    EXPECT_EQ(state_of({{0, "EUR", 100}, {0, "JPY", -100}}), "FL002");  // Per currency.
    EXPECT_EQ(state_of({{0, "EUR", 100}, {1, "EUR", -100}}), "FL002");  // Per transaction.
    EXPECT_EQ(state_of({{0, "EUR", 1}, {0, "EUR", -1}, {1, "EUR", 5}}), "FL002");
    EXPECT_EQ(state_of({{0, "EUR", 0}, {0, "EUR", 0}}), "23514");
    EXPECT_EQ(database.ask("SELECT count(*) FROM florin.ledger_transaction"), "0");
    EXPECT_EQ(database.ask("SELECT count(*) FROM florin.ledger_entry"), "0");
    EXPECT_EQ(state_of({{0, "EUR", 1}, {0, "EUR", -1}, {1, "JPY", 5}, {1, "JPY", -5}}), "");
    EXPECT_EQ(database.ask("SELECT count(*) FROM florin.ledger_entry"), "4");
}

}  // namespace
}  // namespace florin::ledger
