// Goal: a wallet keeps what every connector promises: one key is carried out once and always hears
// the same, silence is no answer, and nothing is spent that is not there. Method: orders one by one
// and at once, over two engines on one PostgreSQL, and with the database gone.

#include "wallets/connector.h"

#include <gtest/gtest.h>

#include "connectors/no_wire.h"
#include "tests/kit/test_database.h"
#include "wallets/expirer.h"

namespace florin::wallets {
namespace {

using connectors::Action;
using connectors::Declined;
using connectors::NotFound;
using connectors::Order;
using connectors::Outcome;
using connectors::Succeeded;
using connectors::Unknown;

constexpr Currency kEuro = "EUR"_currency;
constexpr Terms kTwoCents{kEuro, 2};

class ConnectorTest : public test::DatabaseTest {
protected:
    ConnectorTest() {
        engine.start(scope);
        second_engine.start(scope);
    }

    void give(std::int64_t cents) {
        const auto key = "credit " + std::to_string(++keys);
        auto step = credit({merchant, "ann"}, key, {cents, kEuro}, {}, now());
        const auto done = test::run(io, engine.carry_out(std::move(step), patience()));
        ASSERT_TRUE(done && done->refusal.empty());
    }
    void give_points(std::int64_t count, Instant until = Instant::max()) {
        const auto key = "points " + std::to_string(++keys);
        auto step = earn({merchant, "ann"}, key, {count, until}, kTwoCents, {}, now());
        const auto done = test::run(io, engine.carry_out(std::move(*step), patience()));
        ASSERT_TRUE(done && done->refusal.empty());
    }
    Order order(Action action, std::int64_t cents, std::string reference = {}) {
        return {.action = action,
                .key = "key " + std::to_string(++keys),
                .amount = {cents, kEuro},
                .token = "ann",
                .reference = std::move(reference),
                .payment = payment.text(),
                .merchant = merchant,
                .buyer = "ann"};
    }
    Outcome perform(const Connector& by, Order what) {
        return test::run(io, by.perform(wire, std::move(what), patience()));
    }
    Outcome find(const Connector& by, Order what) {
        return test::run(io, by.find(wire, std::move(what), patience()));
    }
    // The reference of a yes, or the code of a no.
    static std::string said(const Outcome& outcome) {
        if (const auto* yes = std::get_if<Succeeded>(&outcome)) return yes->reference;
        const auto* no = std::get_if<Declined>(&outcome);
        if (!no) return "index " + std::to_string(outcome.index());
        return no->detail_code.empty() ? no->code : no->detail_code;
    }
    std::string does(Order what) { return said(perform(wallet, std::move(what))); }
    std::string does_points(Order what) { return said(perform(points, std::move(what))); }
    std::string has(Currency asset = kEuro) {
        for (const auto& one : test::run(io, store.holdings({merchant, "ann"})))
            if (one.asset == asset)
                return std::to_string(one.available) + " " + std::to_string(one.held);
        return "";
    }
    std::string legs_of(const std::string& kind) {
        return database.ask(R"(
            SELECT string_agg(a.code || ' ' || a.owner || ' ' || a.currency || ' ' || e.amount, ', ' ORDER BY e.leg)
            FROM florin.ledger_transaction t
            JOIN florin.ledger_entry e ON e.slot = t.slot AND e.transaction_id = t.id
            JOIN florin.ledger_account a ON a.slot = e.slot AND a.id = e.account_id
            WHERE t.kind = ')" +
                            kind + "'");
    }
    static Deadline patience() { return deadline_in(std::chrono::seconds(20)); }

    int keys = 0;
    const MerchantId merchant = MerchantId::make(now(), 0, 7);
    const PaymentId payment = PaymentId::make(now(), 5, 8);
    connectors::NoWire wire;
    Store store{pool};
    Engine engine{io, store, {.conninfo = database.conninfo()}};
    Engine second_engine{io, store, {.conninfo = database.conninfo()}};
    Connector wallet{engine}, points{engine, kTwoCents};
    Connector second_wallet{second_engine};
};

TEST_F(ConnectorTest, ItsPromisesFitTogether) {
    for (const auto* connector : {&wallet, &points}) {
        const auto& can = connector->capabilities();
        EXPECT_TRUE(can.safe_replay && can.query_by_key);
        EXPECT_GT(can.key_window, 2 * can.answer_time);
        EXPECT_LT(can.visibility_delay, std::chrono::hours(24));
    }
}

TEST_F(ConnectorTest, EachOrderBooksExactlyThis) {
    give(100);
    const auto charge = does(order(Action::authorize, 70));
    ASSERT_TRUE(ChargeId::parse(charge)) << charge;
    auto part = order(Action::capture, 30, charge);
    part.is_final = false;
    EXPECT_EQ(does(part), charge);
    EXPECT_EQ(does(order(Action::capture, 15, charge)), charge);
    EXPECT_TRUE(MovementId::parse(does(order(Action::refund, 10, charge))));
    EXPECT_TRUE(ChargeId::parse(does(order(Action::sale, 5))));
    EXPECT_EQ(has(), "60 0");
    EXPECT_EQ(legs_of("wallet_credit"), "5060  EUR 100, 2010 ann EUR -100");
    EXPECT_EQ(legs_of("wallet_hold"), "2010 ann EUR 70, 2020 ann EUR -70");
    EXPECT_EQ(legs_of("wallet_refund"), "2010 ann EUR -10, 1100 wallet EUR 10");
    EXPECT_EQ(legs_of("wallet_sale"), "2010 ann EUR 5, 1100 wallet EUR -5");
    EXPECT_EQ(legs_of("wallet_capture"),
              "2020 ann EUR 30, 2020 ann EUR 40, 1100 wallet EUR -30, 2010 ann EUR -25, "
              "1100 wallet EUR -15");
}

TEST_F(ConnectorTest, PointsBookTheirWorthBesides) {
    give_points(50);
    const auto charge = does_points(order(Action::sale, 60));
    ASSERT_TRUE(ChargeId::parse(charge)) << charge;
    does_points(order(Action::refund, 20, charge));
    EXPECT_EQ(has(kPoints), "30 0");
    EXPECT_EQ(legs_of("points_earn"),
              "9100  PTS 50, 9200 ann PTS -50, 5050  EUR 100, 2500  EUR -100");
    EXPECT_EQ(legs_of("points_sale"),
              "9200 ann PTS 30, 9100  PTS -30, 2500  EUR 60, 1100 points EUR -60");
    EXPECT_EQ(legs_of("points_refund"),
              "9200 ann PTS -10, 9100  PTS 10, 2500  EUR -20, 1100 points EUR 20");
    EXPECT_EQ(does_points(order(Action::sale, 61)), "points_not_whole");
    auto dollars = order(Action::sale, 60);
    dollars.amount = {60, "USD"_currency};
    EXPECT_EQ(does_points(dollars), "points_currency");
}

TEST_F(ConnectorTest, OneKeyIsCarriedOutOnceAndAlwaysHearsTheSame) {
    give(100);
    const auto what = order(Action::sale, 60);
    EXPECT_TRUE(std::holds_alternative<NotFound>(find(wallet, what)));
    const auto first = does(what);
    EXPECT_EQ(does(what), first);
    EXPECT_EQ(said(perform(second_wallet, what)), first);
    EXPECT_EQ(said(find(second_wallet, what)), first);
    EXPECT_EQ(has(), "40 0");
    auto other = what;
    other.amount = {1, kEuro};
    const auto mixed = perform(wallet, other);
    ASSERT_TRUE(std::holds_alternative<Unknown>(mixed));
    EXPECT_TRUE(std::get<Unknown>(mixed).needs_review);
}

TEST_F(ConnectorTest, OneKeyAtOnceIsCarriedOutOnce) {
    give(1000);
    for (int round = 0; round < 20; ++round) {
        const auto what = order(Action::sale, 10);
        std::vector<std::optional<Outcome>> heard(6);
        std::vector<Task<>> tasks;
        for (std::size_t n = 0; n < heard.size(); ++n) {
            const auto& by = n % 2 == 0 ? wallet : second_wallet;
            tasks.push_back(test::keep_result(by.perform(wire, what, patience()), heard[n]));
        }
        test::run_all(io, std::move(tasks));
        for (const auto& one : heard) EXPECT_EQ(said(*one), said(*heard[0]));
        EXPECT_TRUE(ChargeId::parse(said(*heard[0])));
    }
    EXPECT_EQ(has(), "800 0");
}

TEST_F(ConnectorTest, ANoStaysANoForItsKeyWhateverComesIn) {
    give(10);
    const auto what = order(Action::authorize, 11);
    EXPECT_EQ(does(what), "insufficient_funds");
    give(100);
    EXPECT_EQ(does(what), "insufficient_funds");
    EXPECT_EQ(said(find(wallet, what)), "insufficient_funds");
    EXPECT_TRUE(ChargeId::parse(does(order(Action::authorize, 11))));
    EXPECT_EQ(has(), "99 11");
}

TEST_F(ConnectorTest, WhatIsFencedIsNeverDone) {
    give(10);
    const auto what = order(Action::sale, 10);
    EXPECT_EQ(said(test::run(io, wallet.fence(wire, what, patience()))), "canceled");
    EXPECT_EQ(does(what), "canceled");
    const auto done = order(Action::sale, 10);
    const auto charge = does(done);
    EXPECT_EQ(said(test::run(io, wallet.fence(wire, done, patience()))), charge);
    EXPECT_EQ(has(), "0 0");
}

TEST_F(ConnectorTest, OfManyAtOnceAsManyWinAsThereIsMoney) {
    give(300);
    std::vector<std::optional<Outcome>> heard(60);
    std::vector<Task<>> tasks;
    for (std::size_t n = 0; n < heard.size(); ++n) {
        const auto& by = n % 2 == 0 ? wallet : second_wallet;
        const auto action = n % 3 == 0 ? Action::sale : Action::authorize;
        tasks.push_back(
            test::keep_result(by.perform(wire, order(action, 10), patience()), heard[n]));
    }
    test::run_all(io, std::move(tasks));
    int won = 0;
    for (const auto& one : heard) {
        won += std::holds_alternative<Succeeded>(*one);
        if (!std::holds_alternative<Succeeded>(*one)) EXPECT_EQ(said(*one), "insufficient_funds");
    }
    EXPECT_EQ(won, 30);
    EXPECT_EQ(has().substr(0, 2), "0 ");
}

TEST_F(ConnectorTest, NoMoreLeavesAChargeThanItHas) {
    give(100);
    const auto charge = does(order(Action::authorize, 50));
    EXPECT_EQ(does(order(Action::capture, 51, charge)), "amount_exceeds_held");
    // Two at once, of which each alone would do.
    std::vector<std::optional<Outcome>> heard(2);
    std::vector<Task<>> tasks;
    for (auto& one : heard) {
        auto part = order(Action::capture, 30, charge);
        part.is_final = false;
        const auto& by = tasks.empty() ? wallet : second_wallet;
        tasks.push_back(test::keep_result(by.perform(wire, std::move(part), patience()), one));
    }
    test::run_all(io, std::move(tasks));
    EXPECT_EQ(
        std::holds_alternative<Succeeded>(*heard[0]) + std::holds_alternative<Succeeded>(*heard[1]),
        1);
    EXPECT_EQ(does(order(Action::refund, 31, charge)), "amount_exceeds_refundable");
    EXPECT_EQ(does(order(Action::cancel, 20, charge)), charge);
    EXPECT_EQ(does(order(Action::cancel, 20, charge)), "nothing_held");
    EXPECT_EQ(does(order(Action::capture, 1, charge)), "amount_exceeds_held");
    EXPECT_EQ(has(), "70 0");
}

TEST_F(ConnectorTest, NobodyChargesAnothersWallet) {
    give(100);
    auto foreign = order(Action::sale, 10);
    foreign.buyer = "bob";
    EXPECT_EQ(does(foreign), "wallet_not_of_buyer");
    const auto charge = does(order(Action::authorize, 10));
    for (const auto action : {Action::capture, Action::cancel, Action::refund, Action::adjust}) {
        auto of_bob = order(action, 10, charge);
        of_bob.buyer = of_bob.token = "bob";
        EXPECT_EQ(does(of_bob), "charge_not_found");
        auto of_nobody = order(action, 10, "wch_nobody");
        EXPECT_EQ(does(of_nobody), "charge_not_found");
    }
    EXPECT_EQ(has(), "90 10");
}

TEST_F(ConnectorTest, ARefundOfPointsGivesTimeToSpendThem) {
    const auto soon = now() + std::chrono::hours(1);
    give_points(10, soon);
    const auto charge = does_points(order(Action::sale, 20));
    const auto before = now();
    does_points(order(Action::refund, 20, charge));
    const auto lots = test::run(io, store.lots({merchant, "ann"}, 10));
    ASSERT_EQ(lots.size(), 1U);
    EXPECT_GE(lots[0].expires_at, before + std::chrono::days(30));
    EXPECT_LT(lots[0].expires_at, now() + std::chrono::days(31));
}

TEST_F(ConnectorTest, PointsExpireOnceAlthoughManyLook) {
    const auto soon = now() + std::chrono::hours(1);
    give_points(10, soon);
    give_points(20, soon + std::chrono::seconds(1));
    give_points(5);
    does_points(order(Action::authorize, 20));
    Expirer one(engine, {.terms = kTwoCents}), two(second_engine, {.terms = kTwoCents});
    const auto later = soon + std::chrono::minutes(1);
    std::vector<std::optional<std::int64_t>> looked(2);
    std::vector<Task<>> tasks;
    tasks.push_back(test::keep_result(one.expire(later), looked[0]));
    tasks.push_back(test::keep_result(two.expire(later), looked[1]));
    test::run_all(io, std::move(tasks));
    EXPECT_EQ(has(kPoints), "5 10");  // Of 30 that are over, 10 are held.
    EXPECT_EQ(legs_of("points_expire"),
              "9200 ann PTS 20, 9100  PTS -20, 2500  EUR 40, 4200  EUR -40");
    EXPECT_EQ(test::run(io, one.expire(later)), 0);
}

TEST_F(ConnectorTest, WithoutADatabaseNothingIsKnown) {
    pg::Pool gone(io, "host=/nowhere dbname=none", 1);
    Store lost_store(gone);
    Engine lost(io, lost_store, {.conninfo = "host=/nowhere dbname=none"});
    lost.start(scope);
    const Connector silent(lost);
    const auto soon = deadline_in(std::chrono::milliseconds(50));
    const auto what = order(Action::sale, 10);
    EXPECT_TRUE(std::holds_alternative<Unknown>(test::run(io, silent.perform(wire, what, soon))));
    EXPECT_TRUE(std::holds_alternative<Unknown>(test::run(io, silent.find(wire, what, soon))));
    EXPECT_TRUE(std::holds_alternative<Unknown>(test::run(io, silent.fence(wire, what, soon))));
    test::run(io, scope.close());
}

}  // namespace
}  // namespace florin::wallets
