// Goal: a seller is one row, whoever registers it how often; two rules never take the same orders
// at the same time; what was valid stays. Method: a real database, drawn rules compared with a
// model (the seed is printed), and connections that meet.

#include "sellers/store.h"

#include <algorithm>
#include <random>

#include "sellers/sql.h"
#include "tests/kit/test_database.h"

namespace florin::sellers {
namespace {

using std::chrono::hours;

constexpr auto kEur = "EUR"_currency, kUsd = "USD"_currency;
const Instant kNoon = *instant_from("2026-11-20T12:00:00Z");

class SellersTest : public test::DatabaseTest {
protected:
    Seller seller(std::string reference, std::string name = "Ann's shop") {
        return {.merchant = shop,
                .reference = std::move(reference),
                .name = std::move(name),
                .country = "DE",
                .created_at = kNoon};
    }
    Result<Added<Seller>> add(Seller wanted) { return test::run(io, store.add(std::move(wanted))); }
    FeeRule rule(std::int64_t rate, Instant from = kNoon, Instant until = Instant::max()) {
        return {.merchant = shop,
                .currency = kEur,
                .tiers = {{0, rate}},
                .valid_from = from,
                .valid_until = until,
                .created_at = kNoon};
    }
    Result<Added<FeeRule>> add(FeeRule wanted, bool names_valid_from = true) {
        return test::run(io, store.add(std::move(wanted), names_valid_from));
    }
    Result<FeeRule> end(FeeRuleId id, std::optional<Instant> until, Instant at = kNoon) {
        return test::run(io, store.end_rule(shop, id, until, at));
    }
    std::string count(const std::string& table) {
        return database.ask("SELECT count(*) FROM florin." + table);
    }

    MerchantId shop = MerchantId::make(kNoon, 0, 7), other = MerchantId::make(kNoon, 0, 8);
    Store store{pool};
};

std::string text(const FeeRule& rule) {
    std::string out = rule.id.text() + ' ' + rule.merchant.text() + ' ';
    out += std::string(name(rule.kind)) + ' ' + (rule.seller ? rule.seller->text() : "-") + ' ' +
           rule.category + ' ' + std::string(rule.currency.code());
    for (const auto& tier : rule.tiers)
        out += ' ' + std::to_string(tier.from) + ':' + std::to_string(tier.rate);
    out += ' ' + std::to_string(rule.fixed) + ' ' + std::to_string(rule.minimum) + ' ' +
           std::to_string(rule.maximum.value_or(-1)) + ' ' + to_text(rule.valid_from) + ' ';
    out += rule.valid_until == Instant::max() ? "-" : to_text(rule.valid_until);
    return out + ' ' + to_text(rule.created_at);
}

TEST_F(SellersTest, ASellerIsRegisteredOnce) {
    const auto first = add(seller("ann"));
    ASSERT_TRUE(first);
    EXPECT_TRUE(first->is_new);
    EXPECT_EQ(first->row.id, seller_id(shop, "ann"));
    EXPECT_EQ(first->row.reference, "ann");
    EXPECT_EQ(first->row.name, "Ann's shop");
    EXPECT_EQ(first->row.country, "DE");
    EXPECT_EQ(first->row.state, SellerState::active);
    EXPECT_EQ(first->row.created_at, kNoon);
    auto later = seller("ann");
    later.created_at += hours(1);
    const auto again = add(later);
    ASSERT_TRUE(again);
    EXPECT_FALSE(again->is_new);
    EXPECT_EQ(again->row.created_at, kNoon);
    const auto renamed = add(seller("ann", "Another"));
    ASSERT_FALSE(renamed);
    EXPECT_EQ(renamed.error().code, "seller_exists");
    EXPECT_EQ(renamed.error().fault, Fault::conflict);
    EXPECT_EQ(renamed.error().object, first->row.id.text());
    auto elsewhere = seller("ann");
    elsewhere.merchant = other;
    EXPECT_NE(add(elsewhere)->row.id, first->row.id);
    EXPECT_EQ(count("seller"), "2");
}

TEST_F(SellersTest, IsOnlySeenByItsMerchant) {
    const auto id = add(seller("ann"))->row.id;
    EXPECT_EQ(test::run(io, store.seller(shop, id))->id, id);
    EXPECT_EQ(test::run(io, store.seller(MerchantId(), id))->id, id);
    const auto strange = test::run(io, store.seller(other, id));
    ASSERT_FALSE(strange);
    EXPECT_EQ(strange.error().code, "seller_not_found");
    const auto refused = test::run(io, store.set_state(other, id, SellerState::suspended, kNoon));
    EXPECT_EQ(refused.error().code, "seller_not_found");
    EXPECT_EQ(test::run(io, store.seller(shop, id))->state, SellerState::active);
}

TEST_F(SellersTest, SuspendedTwiceIsSuspendedOnce) {
    const auto id = add(seller("ann"))->row.id;
    const auto set = [&](SellerState state, Instant at) {
        return *test::run(io, store.set_state(shop, id, state, at));
    };
    EXPECT_EQ(set(SellerState::suspended, kNoon + hours(1)).updated_at, kNoon + hours(1));
    const auto again = set(SellerState::suspended, kNoon + hours(2));
    EXPECT_EQ(again.state, SellerState::suspended);
    EXPECT_EQ(again.updated_at, kNoon + hours(1));
    EXPECT_EQ(add(seller("ann"))->row.state, SellerState::suspended);  // As it is now.
    EXPECT_EQ(set(SellerState::active, kNoon + hours(3)).state, SellerState::active);
}

TEST_F(SellersTest, PagesOfSellersAreCompleteAndNewestFirst) {
    std::vector<SellerId> expected;
    for (int i = 0; i < 30; ++i) {
        auto one = seller("s" + std::to_string(i));
        one.created_at += hours(i / 3);  // Some are as old as others.
        expected.push_back(add(one)->row.id);
    }
    auto strange = seller("s0");
    strange.merchant = other;
    ASSERT_TRUE(add(strange));
    std::ranges::sort(expected);
    for (const std::int64_t limit : {1, 4, 30, 31}) {
        std::vector<SellerId> found;
        SellerCursor cursor;
        Instant last = Instant::max();
        while (true) {
            const auto page = test::run(io, store.sellers(shop, {}, cursor, limit));
            for (const auto& one : page) {
                found.push_back(one.id);
                EXPECT_LE(one.created_at, last);
                last = one.created_at;
            }
            if (page.size() < static_cast<std::size_t>(limit)) break;
            cursor = SellerCursor::after(page.back());
        }
        std::ranges::sort(found);
        EXPECT_EQ(found, expected) << limit;
    }
    ASSERT_TRUE(test::run(io, store.set_state(shop, expected[3], SellerState::suspended, kNoon)));
    const auto suspended = test::run(io, store.sellers(shop, SellerState::suspended, {}, 10));
    ASSERT_EQ(suspended.size(), 1U);
    EXPECT_EQ(suspended[0].id, expected[3]);
    EXPECT_EQ(test::run(io, store.sellers(MerchantId(), {}, {}, 100)).size(), 31U);
}

TEST_F(SellersTest, ARuleIsReadAsItWasWritten) {
    FeeRule wanted{.merchant = shop,
                   .kind = FeeKind::logistics,
                   .seller = seller_id(shop, "ann"),
                   .category = "books",
                   .currency = kUsd,
                   .tiers = {{0, 150'000}, {10'000, 100'000}, {20'000, 0}},
                   .fixed = 30,
                   .minimum = 50,
                   .maximum = 5000,
                   .valid_from = kNoon,
                   .valid_until = kNoon + hours(1),
                   .created_at = kNoon - hours(1)};
    const auto made = add(wanted);
    ASSERT_TRUE(made && made->is_new);
    wanted.id = made->row.id;
    EXPECT_EQ(text(made->row), text(wanted));
    EXPECT_EQ(wanted.id.slot(), rules_slot(shop, FeeKind::logistics, kUsd));
    EXPECT_EQ(text(*test::run(io, store.rule(shop, wanted.id))), text(wanted));
    EXPECT_EQ(test::run(io, store.rule(other, wanted.id)).error().code, "fee_rule_not_found");
    const auto plain = add(rule(0));
    EXPECT_EQ(text(*test::run(io, store.rule(shop, plain->row.id))), text(plain->row));
}

TEST_F(SellersTest, ARepeatedRuleIsTheSameRule) {
    const auto first = add(rule(100'000));
    const auto again = add(rule(100'000));
    ASSERT_TRUE(again);
    EXPECT_FALSE(again->is_new);
    EXPECT_EQ(again->row.id, first->row.id);
    auto later = rule(100'000, kNoon + hours(1));
    EXPECT_EQ(add(later, true).error().code, "fee_rule_overlaps");
    EXPECT_EQ(add(later, false)->row.id, first->row.id);
    const auto dearer = add(rule(110'000));
    ASSERT_FALSE(dearer);
    EXPECT_EQ(dearer.error().code, "fee_rule_overlaps");
    EXPECT_EQ(dearer.error().object, first->row.id.text());
    EXPECT_NE(dearer.error().detail.find(first->row.id.text()), std::string::npos);
    EXPECT_EQ(count("fee_rule"), "1");
}

TEST_F(SellersTest, WhatWasValidDoesNotChange) {
    auto wanted = rule(100'000, kNoon + hours(1));
    const auto first = add(wanted);
    wanted.created_at = kNoon + hours(2);  // The same request comes again, late.
    EXPECT_EQ(add(wanted)->row.id, first->row.id);
    wanted.tiers[0].rate += 1;
    const auto late = add(wanted);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, "valid_from_in_past");
    EXPECT_EQ(late.error().fault, Fault::invalid);
    EXPECT_EQ(count("fee_rule"), "1");
}

TEST_F(SellersTest, WhatTakesOtherOrdersDoesNotOverlap) {
    const auto differ = [&](auto change) {
        auto one = rule(100'000);
        change(one);
        return add(one)->is_new;
    };
    EXPECT_TRUE(differ([](FeeRule&) {}));
    EXPECT_TRUE(differ([](FeeRule& r) { r.kind = FeeKind::logistics; }));
    EXPECT_TRUE(differ([](FeeRule& r) { r.currency = kUsd; }));
    EXPECT_TRUE(differ([](FeeRule& r) { r.category = "books"; }));
    EXPECT_TRUE(differ([&](FeeRule& r) { r.seller = seller_id(shop, "ann"); }));
    EXPECT_TRUE(differ([&](FeeRule& r) { r.seller = seller_id(shop, "bob"); }));
    EXPECT_TRUE(differ([&](FeeRule& r) {
        r.seller = seller_id(shop, "ann");
        r.category = "books";
    }));
    EXPECT_TRUE(differ([&](FeeRule& r) { r.merchant = other; }));
}

TEST_F(SellersTest, NoTwoRulesAreEverValidTogether) {
    std::mt19937_64 random{test::seed()};
    std::vector<FeeRule> kept;
    int refused = 0;
    for (int i = 0; i < 400; ++i) {
        const auto hour = [&] { return kNoon + hours(random() % 60); };
        auto wanted = rule(i, hour());  // No two say the same.
        // Those without an end begin late, or one of them would be in the way of all others.
        if (random() % 8)
            wanted.valid_until = wanted.valid_from + hours(1 + random() % 9);
        else
            wanted.valid_from = kNoon + hours(48 + random() % 12);
        if (random() % 4 == 0) wanted.category = "books";
        const auto in_the_way = [&](const FeeRule& one) {
            return one.category == wanted.category && one.valid_from < one.valid_until &&
                   one.valid_from < wanted.valid_until && wanted.valid_from < one.valid_until;
        };
        const auto made = add(wanted);
        ASSERT_EQ(made.has_value(), std::ranges::none_of(kept, in_the_way)) << text(wanted);
        if (made) kept.push_back(made->row);
        refused += !made;
        if (kept.empty() || random() % 4) continue;
        auto& ended = kept[random() % kept.size()];
        const auto until = std::min(hour(), ended.valid_until);
        const auto left = end(ended.id, until);
        ASSERT_TRUE(left);
        ended.valid_until = std::max(until, ended.valid_from);
        ASSERT_EQ(left->valid_until, ended.valid_until);
    }
    EXPECT_GT(refused, 50);
    EXPECT_GT(kept.size(), 20U);
    EXPECT_EQ(database.ask("SELECT count(*) FROM florin.fee_rule a JOIN florin.fee_rule b "
                           "ON a.category = b.category AND a.id < b.id "
                           "AND a.valid_from < b.valid_until AND b.valid_from < a.valid_until "
                           "WHERE a.valid_from < a.valid_until AND b.valid_from < b.valid_until"),
              "0");
}

TEST_F(SellersTest, AnEndOnlyMovesForward) {
    const auto id = add(rule(100'000))->row.id;
    EXPECT_EQ(end(id, kNoon + hours(5))->valid_until, kNoon + hours(5));
    EXPECT_EQ(end(id, kNoon + hours(5))->valid_until, kNoon + hours(5));
    const auto later = end(id, kNoon + hours(6));
    ASSERT_FALSE(later);
    EXPECT_EQ(later.error().code, "fee_rule_ends_sooner");
    EXPECT_EQ(end(id, {}, kNoon + hours(2))->valid_until, kNoon + hours(2));
    EXPECT_EQ(end(id, {}, kNoon + hours(9))->valid_until, kNoon + hours(2));  // It has ended.
    EXPECT_EQ(test::run(io, store.end_rule(other, id, {}, kNoon)).error().code,
              "fee_rule_not_found");
    EXPECT_EQ(test::run(io, store.rule(shop, id))->valid_until, kNoon + hours(2));
    // The next one begins where it ends, not sooner.
    EXPECT_FALSE(add(rule(120'000, kNoon + hours(1))));
    EXPECT_TRUE(add(rule(120'000, kNoon + hours(2))));
}

TEST_F(SellersTest, ARuleThatHasNotBegunNeverDoes) {
    const auto id = add(rule(100'000, kNoon + hours(5)))->row.id;
    const auto ended = end(id, {});
    EXPECT_EQ(ended->valid_until, ended->valid_from);
    EXPECT_EQ(end(id, {})->valid_until, ended->valid_from);
    EXPECT_TRUE(add(rule(120'000, kNoon + hours(5))));  // It is in nobody's way.
}

TEST_F(SellersTest, TheRulesOfASaleAreThoseThatTakeIt) {
    const auto ann = seller_id(shop, "ann"), bob = seller_id(shop, "bob");
    std::vector<FeeRule> all;
    for (const auto kind : {FeeKind::commission, FeeKind::logistics})
        for (const auto currency : {kEur, kUsd})
            for (const auto seller :
                 {std::optional<SellerId>(), std::optional(ann), std::optional(bob)})
                for (const auto* category : {"", "books", "shoes"})
                    for (const int day : {0, 1}) {
                        auto one =
                            rule(10'000, kNoon + hours(24 * day), kNoon + hours(24 * day + 24));
                        one.kind = kind;
                        one.currency = currency;
                        one.seller = seller;
                        one.category = category;
                        all.push_back(add(one)->row);
                    }
    for (const auto& sale :
         {Sale{ann, "books", kEur, kNoon}, Sale{bob, "", kUsd, kNoon + hours(24)},
          Sale{ann, "toys", kEur, kNoon + hours(23)},
          Sale{ann, "books", kEur, kNoon + hours(48)}}) {
        const auto found = test::run(io, store.rules_of(shop, sale));
        const bool is_over = sale.at == kNoon + hours(48);
        EXPECT_EQ(found.size(), is_over ? 0U : sale.category == "books" ? 8U : 4U);
        for (const auto kind : {FeeKind::commission, FeeKind::logistics}) {
            const auto* here = rule_for(found, kind, sale);
            const auto* there = rule_for(all, kind, sale);
            ASSERT_EQ(here == nullptr, there == nullptr);
            if (here) EXPECT_EQ(here->id, there->id);
        }
        EXPECT_TRUE(test::run(io, store.rules_of(other, sale)).empty());
    }
}

TEST_F(SellersTest, PagesOfRules) {
    std::vector<FeeRuleId> expected;
    const auto ann = seller_id(shop, "ann");
    for (int i = 0; i < 12; ++i) {
        auto one = rule(10'000, kNoon + hours(i), kNoon + hours(i + 1));
        if (i % 2) one.kind = FeeKind::logistics;
        if (i % 3) one.currency = kUsd;
        if (i % 4 == 0) one.seller = ann;
        one.created_at += std::chrono::milliseconds(i);
        expected.insert(expected.begin(), add(one)->row.id);
    }
    std::vector<FeeRuleId> found;
    RuleFilter filter{.merchant = shop, .limit = 5};
    while (true) {
        const auto page = test::run(io, store.rules(filter));
        for (const auto& one : page) found.push_back(one.id);
        if (page.size() < 5) break;
        filter.after = page.back().id;
    }
    EXPECT_EQ(found, expected);
    const auto size_of = [&](RuleFilter wanted) {
        wanted.limit = 100;
        return test::run(io, store.rules(wanted)).size();
    };
    EXPECT_EQ(size_of({.merchant = shop, .kind = FeeKind::logistics}), 6U);
    EXPECT_EQ(size_of({.merchant = shop, .seller = ann}), 3U);
    EXPECT_EQ(size_of({.merchant = shop, .currency = kEur}), 4U);
    EXPECT_EQ(size_of({.merchant = other}), 0U);
}

constexpr std::string_view kHold = "SELECT pg_advisory_lock(1)";
constexpr std::string_view kLetGo = "SELECT pg_advisory_unlock(1)";
constexpr std::string_view kWaiters =
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND wait_event_type = 'Lock' AND query LIKE $1::text";

Task<> wait_for_waiter(pg::Pool& pool, std::string statement) {
    std::int64_t waiters = 0;
    while (waiters == 0) {
        pg::Params params;
        params.add('%' + statement + '%');
        const auto rows = co_await pool.query(kWaiters, std::move(params));
        waiters = rows.int64(0, 0);
    }
}

// Writes a rule and keeps its transaction open for as long as the judge holds the lock.
Task<> write_slowly(pg::Pool& pool, FeeRule rule) {
    const auto slot = static_cast<std::int16_t>(rule.id.slot());
    const std::vector<std::int64_t> from = {0}, rates = {rule.tiers[0].rate};
    pg::Records record("florin.fee_rule");
    record.add(slot, rule.id.uuid().bytes, rule.merchant.uuid().bytes, std::int16_t{1},
               Uuid().bytes, "", rule.currency.code(), from, rates, std::int64_t{0},
               std::int64_t{0}, std::int64_t{0}, rule.valid_from, rule.valid_until,
               rule.created_at);
    pg::Params params;
    params.add(slot).add(std::move(record));
    std::vector<pg::Call> calls;
    calls.push_back({sql::create_rule, std::move(params)});
    calls.push_back({kHold, {}});
    calls.push_back({kLetGo, {}});
    co_await pool.run(std::move(calls));
}

using Outcomes = std::vector<Result<Added<FeeRule>>>;

Task<> write(Store& store, FeeRule rule, Outcomes& outcomes) {
    auto made = co_await store.add(std::move(rule), true);
    outcomes.push_back(std::move(made));
}

Task<> write_second(Store& store, pg::Pool& pool, FeeRule rule, Outcomes& outcomes) {
    co_await wait_for_waiter(pool, "pg_advisory_lock(1)");
    co_await write(store, std::move(rule), outcomes);
}

Task<> hold(pg::Connection& judge) {
    std::vector<pg::Call> calls;
    calls.push_back({kHold, {}});
    co_await judge.run(std::move(calls));
}

Task<> let_go(pg::Connection& judge, pg::Pool& pool) {
    co_await wait_for_waiter(pool, "create_fee_rule");
    std::vector<pg::Call> calls;
    calls.push_back({kLetGo, {}});
    co_await judge.run(std::move(calls));
}

// The second comes while the first has written and not committed: it has to wait for it.
TEST_F(SellersTest, ASecondWriterWaitsAndSeesTheFirst) {
    const auto judge = test::run(
        io, pg::Connection::open(io, database.conninfo(), deadline_in(std::chrono::seconds(10))));
    test::run(io, hold(*judge));
    auto first = rule(100'000);
    first.id = FeeRuleId::make(kNoon, rules_slot(shop, first.kind, first.currency), 1);
    Outcomes outcomes;
    std::vector<Task<>> tasks;
    tasks.push_back(write_slowly(pool, first));
    tasks.push_back(write_second(store, pool, rule(120'000), outcomes));
    tasks.push_back(let_go(*judge, pool));
    test::run_all(io, std::move(tasks));
    ASSERT_EQ(outcomes.size(), 1U);
    ASSERT_FALSE(outcomes[0]);
    EXPECT_EQ(outcomes[0].error().object, first.id.text());
    EXPECT_EQ(count("fee_rule"), "1");
}

TEST_F(SellersTest, OfManyAtOnceOneIsWritten) {
    for (int round = 0; round < 20; ++round) {
        Outcomes outcomes;
        std::vector<Task<>> tasks;
        for (int i = 0; i < 8; ++i) {
            auto wanted = rule(1000 * i);
            wanted.category = std::to_string(round);
            tasks.push_back(write(store, std::move(wanted), outcomes));
        }
        test::run_all(io, std::move(tasks));
        const auto written = [](const auto& outcome) { return outcome.has_value(); };
        EXPECT_EQ(outcomes.size(), 8U);
        EXPECT_EQ(std::ranges::count_if(outcomes, written), 1);
    }
    EXPECT_EQ(count("fee_rule"), "20");
}

Task<> enrol(Store& store, Seller seller, std::vector<bool>& are_new) {
    const auto added = co_await store.add(std::move(seller));
    if (added) are_new.push_back(added->is_new);
}

TEST_F(SellersTest, OfManyWhoRegisterASellerAtOnceOneDoes) {
    for (int round = 0; round < 20; ++round) {
        std::vector<bool> are_new;
        std::vector<Task<>> tasks;
        for (int i = 0; i < 8; ++i)
            tasks.push_back(enrol(store, seller(std::to_string(round)), are_new));
        test::run_all(io, std::move(tasks));
        EXPECT_EQ(are_new.size(), 8U);
        EXPECT_EQ(std::ranges::count(are_new, true), 1);
    }
    EXPECT_EQ(count("seller"), "20");
}

TEST_F(SellersTest, TheDatabaseRefusesWhatIsNoRule) {
    const auto state_of = [&](FeeRule wanted) -> std::string {
        try {
            std::ignore = add(std::move(wanted));
        } catch (const pg::SqlError& e) {
            return e.state;
        }
        return "";
    };
    const auto with = [&](auto change) {
        auto one = rule(100'000);
        change(one);
        return state_of(one);
    };
    EXPECT_EQ(with([](FeeRule& r) { r.tiers.clear(); }), "23514");
    EXPECT_EQ(with([](FeeRule& r) { r.tiers[0].from = 1; }), "23514");
    EXPECT_EQ(with([](FeeRule& r) { r.tiers[0].rate = kRateWhole + 1; }), "23514");
    EXPECT_EQ(with([](FeeRule& r) { r.tiers[0].rate = -1; }), "23514");
    EXPECT_EQ(with([](FeeRule& r) { r.fixed = -1; }), "23514");
    EXPECT_EQ(with([](FeeRule& r) { r.minimum = -1; }), "23514");
    EXPECT_EQ(with([](FeeRule& r) { r.minimum = 9, r.maximum = 8; }), "23514");
    EXPECT_EQ(with([](FeeRule& r) { r.valid_until = r.valid_from - hours(1); }), "23514");
    EXPECT_EQ(count("fee_rule"), "0");
}

}  // namespace
}  // namespace florin::sellers
