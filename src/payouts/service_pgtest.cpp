// Goal: a payout is made once and paid once, whoever runs at the same time and whatever a rail says
// or does not say. Method: a real database, services that meet, and a rail that plays a script.

#include "payouts/service.h"

#include <algorithm>
#include <deque>

#include "payouts/payer.h"
#include "payouts/postings.h"
#include "tests/kit/test_database.h"

namespace florin::payouts {
namespace {

using connectors::Outcome;
using payout::Status;

constexpr auto kEur = "EUR"_currency;
constexpr int kRounds = 8;

// Says what it was told to say, and remembers what it was asked.
class ScriptedRail : public Rail {
public:
    std::string source() const override { return account; }
    std::chrono::seconds key_window() const override { return window; }
    std::chrono::seconds return_window() const override { return std::chrono::days(10); }
    Task<Outcome> pay(Order order, Deadline) override {
        keys.push_back(order.key);
        replays.push_back(order.is_replay);
        co_return take(answers);
    }
    Task<Outcome> find(Order, Deadline) override { co_return take(findings); }

    std::deque<Outcome> answers, findings;
    std::vector<std::string> keys;
    std::vector<bool> replays;
    std::string account = "stripe";
    std::chrono::seconds window{3600};

private:
    static Outcome take(std::deque<Outcome>& line) {
        check(!line.empty(), "the rail is not asked more often than the script says");
        auto out = line.front();
        line.pop_front();
        return out;
    }
};

class PayoutsTest : public test::DatabaseTest {
protected:
    void SetUp() override {
        sellers::Seller wanted{
            .merchant = shop, .reference = "ann", .name = "Ann", .created_at = now()};
        seller = test::run(io, sellers.add(std::move(wanted)))->row.id;
        settings("stripe_connect");
    }

    void settings(std::string_view word, Instant due = Instant::max(),
                  std::string reference = "ann") {
        Settings wanted{.seller = seller,
                        .merchant = shop,
                        .reference = std::move(reference),
                        .currency = kEur,
                        .rail = *rail_from(word),
                        .destination = {"Ann", "acct_1", ""},
                        .due_at = due,
                        .updated_at = now()};
        if (due != Instant::max()) wanted.schedule = Schedule::daily;
        test::run(io, store.put(std::move(wanted)));
    }

    // What the seller is owed grows.
    void owe(std::int64_t amount, const std::string& reference = "ann") {
        const auto id = OperationId::make(now(), seller.slot(), ++numbers << 2);
        const ledger::Posting posting{
            .id = id,
            .merchant = shop,
            .source = id.uuid(),
            .kind = "release",
            .at = now(),
            .legs = {{{ledger::kEscrow, "", kEur}, amount, id.uuid()},
                     {payable_account(reference, kEur), -amount, id.uuid()}}};
        std::vector<const ledger::Posting*> one{&posting};
        std::vector<pg::Call> calls;
        poster.encode(one, calls);
        test::run(io, pool.run(std::move(calls)));
    }

    Result<Made> create(std::string key = {}) {
        if (key.empty()) key = "k" + std::to_string(++numbers);
        return test::run(io, service.create(shop, seller, kEur, KeyId(), {std::move(key), {}}));
    }
    Payout read(PayoutId id) { return *test::run(io, store.payout(shop, id)); }
    // The worker looks, as if its time had come.
    Payout look(PayoutId id) {
        test::run(io, service.advance(read(id)));
        return read(id);
    }
    std::string ask(const std::string& sql) { return database.ask(sql); }
    std::string balance(std::int16_t code) {
        return ask(
            "SELECT coalesce(-sum(e.amount), 0) FROM florin.ledger_entry e JOIN "
            "florin.ledger_account a ON a.slot = e.slot AND a.id = e.account_id "
            "WHERE a.code = " +
            std::to_string(code));
    }

    const MerchantId shop = MerchantId::make(now(), 0, 7);
    SellerId seller;
    std::uint64_t numbers = 0;
    ledger::Poster poster;
    ScriptedRail rail;
    sellers::Store sellers{pool};
    Store store{pool}, other_store{pool};
    const Rails rails{{RailKind::stripe_connect, &rail}};
    Service service{store, sellers, rails, {}}, other{other_store, sellers, rails, {}};
};

Task<> make(Service& service, MerchantId shop, SellerId seller, std::string key,
            std::vector<PayoutId>& made) {
    ClientKey client{std::move(key), {}};
    const auto one = co_await service.create(shop, seller, kEur, KeyId(), std::move(client));
    if (one) made.push_back(one->payout.id);
}

// More than one run of the database takes statements for.
TEST_F(PayoutsTest, ManySellersAreDueAtOnce) {
    constexpr int kSellers = 300;
    for (int n = 0; n < kSellers; ++n) {
        const auto reference = "seller_" + std::to_string(n);
        sellers::Seller wanted{
            .merchant = shop, .reference = reference, .name = "Ann", .created_at = now()};
        seller = test::run(io, sellers.add(std::move(wanted)))->row.id;
        settings("stripe_connect", now(), reference);
        owe(100, reference);
    }
    rail.answers.assign(kSellers, connectors::Pending{"po_1", "provider", ""});
    Payer payer(io, service, std::chrono::milliseconds(50));
    for (int n = 0; n < 100 && ask("SELECT count(*) FROM florin.payout") != "300"; ++n)
        test::run(io, payer.pass());
    test::run(io, payer.settle());
    EXPECT_EQ(ask("SELECT count(*) FROM florin.payout"), "300");
    EXPECT_EQ(ask("SELECT count(*) FROM florin.payout_settings WHERE due_at <= now()"), "0");
    EXPECT_EQ(balance(ledger::kSellerPayable), "0");
}

TEST_F(PayoutsTest, OfManyAtOneInstantOneIsMade) {
    for (int round = 0; round < kRounds; ++round) {
        owe(100 + round);
        std::vector<PayoutId> made;
        std::vector<Task<>> all;
        for (int n = 0; n < 4; ++n) {
            auto& who = n % 2 ? service : other;
            all.push_back(
                make(who, shop, seller, std::to_string(round) + "-" + std::to_string(n), made));
        }
        test::run_all(io, std::move(all));
        ASSERT_EQ(made.size(), 1U);
        EXPECT_EQ(read(made[0]).gross, 100 + round);
    }
    EXPECT_EQ(balance(ledger::kSellerPayable), "0");
}

TEST_F(PayoutsTest, OneKeyAtOneInstantIsOnePayout) {
    for (int round = 0; round < kRounds; ++round) {
        owe(100);
        std::vector<PayoutId> made;
        std::vector<Task<>> all;
        for (int n = 0; n < 4; ++n)
            all.push_back(make(n % 2 ? service : other, shop, seller, std::to_string(round), made));
        test::run_all(io, std::move(all));
        ASSERT_EQ(made.size(), 4U);
        EXPECT_EQ(std::ranges::count(made, made[0]), 4);
    }
}

TEST_F(PayoutsTest, SilenceIsAskedUntilThereIsAnEnd) {
    owe(100);
    const auto id = create()->payout.id;
    rail.answers = {connectors::Unknown{"no answer"}, connectors::Unknown{"again"}};
    EXPECT_EQ(look(id).status, Status::unknown);
    EXPECT_EQ(balance(ledger::kPayoutInFlight), "100");
    rail.findings = {connectors::Unknown{"no answer"}, connectors::NotFound{}};
    EXPECT_EQ(look(id).status, Status::unknown);
    EXPECT_EQ(look(id).status, Status::unknown);  // Not found inside the window: sent once more.
    ASSERT_EQ(rail.keys.size(), 2U);
    EXPECT_EQ(rail.keys[0], rail.keys[1]);
    rail.window = std::chrono::seconds(0);
    rail.findings = {connectors::NotFound{}, connectors::Pending{"po_1", "provider", ""},
                     connectors::Succeeded{"po_1", {}}};
    EXPECT_EQ(look(id).status,
              Status::unknown);  // Outside of it nothing is sent, and nothing ends.
    EXPECT_EQ(look(id).status, Status::in_transit);
    EXPECT_EQ(balance(ledger::kPayoutInFlight), "100");
    EXPECT_EQ(look(id).status, Status::paid);
    EXPECT_EQ(read(id).reference, "po_1");
    EXPECT_EQ(balance(ledger::kPayoutInFlight), "0");
    EXPECT_EQ(rail.keys.size(), 2U);
}

TEST_F(PayoutsTest, ASenderThatDiedLeavesAnUnknown) {
    owe(100);
    auto payout = create()->payout;
    auto sent = step(payout, payout::Event::sent, {.due_at = now()}, now());
    std::vector<Step> steps{std::move(*sent)};
    ASSERT_TRUE(test::run(io, store.write(std::move(steps))));
    rail.findings = {connectors::Declined{"account_closed", "", "po_1", {}}};
    EXPECT_EQ(look(payout.id).status, Status::failed);
    EXPECT_EQ(balance(ledger::kSellerPayable), "100");
    EXPECT_TRUE(rail.keys.empty());
    const auto again = create();
    EXPECT_EQ(again->payout.gross, 100);
    EXPECT_EQ(again->payout.from_seq, payout.to_seq);
}

TEST_F(PayoutsTest, AReplayThatDidNotLeaveIsStillUnknown) {
    owe(100);
    const auto id = create()->payout.id;
    rail.answers = {connectors::NotSent{"refused"}, connectors::Unknown{"no answer"},
                    connectors::NotSent{"refused"}};
    EXPECT_EQ(look(id).status, Status::approved);  // The first: nothing has happened.
    EXPECT_EQ(look(id).status, Status::unknown);
    const auto sent_at = read(id).sent_at;
    rail.findings = {connectors::NotFound{}};
    EXPECT_EQ(look(id).status, Status::unknown);  // It may not be canceled now.
    EXPECT_EQ(read(id).sent_at, sent_at);
    EXPECT_EQ(rail.replays, (std::vector<bool>{false, false, true}));
}

TEST_F(PayoutsTest, WhatIsPaidIsWatchedAndMayComeBack) {
    owe(100);
    const auto id = create()->payout.id;
    rail.answers = {connectors::Succeeded{"po_1", {}}};
    EXPECT_LT(look(id).due_at, now() + std::chrono::hours(13));
    rail.findings = {connectors::Succeeded{"po_1", {}}, connectors::Unknown{"no answer"},
                     connectors::Declined{"payout_failed", "account_closed", "po_1", {}}};
    EXPECT_EQ(look(id).status, Status::paid);
    EXPECT_EQ(look(id).status, Status::paid);
    EXPECT_EQ(look(id).status, Status::returned);
    EXPECT_EQ(balance(ledger::kSellerPayable), "100");
    EXPECT_FALSE(test::run(io, store.settings(seller, kEur))->suspended.empty());
}

TEST_F(PayoutsTest, NobodyPaysOutOfAnotherAccountOfOurs) {
    owe(100);
    const auto id = create()->payout.id;
    rail.account = "stripe_other";
    EXPECT_EQ(look(id).status, Status::approved);
    EXPECT_TRUE(rail.keys.empty());
    rail.account = "stripe";
    rail.answers = {connectors::Pending{"po_1", "provider", ""}};
    EXPECT_EQ(look(id).status, Status::in_transit);
    rail.account = "stripe_other";
    EXPECT_EQ(look(id).status, Status::in_transit);
}

Task<> attempt(Store& store, Step step, int& written) {
    std::vector<Step> one;
    one.push_back(std::move(step));
    written += co_await store.write(std::move(one)) ? 1 : 0;
}

TEST_F(PayoutsTest, OfTwoOutcomesAtOneInstantOneIsWritten) {
    for (int round = 0; round < kRounds; ++round) {
        owe(100);
        const auto payout = create()->payout;
        const auto intent = step(payout, payout::Event::sent, {}, now());
        std::vector<Step> first{*intent};
        ASSERT_TRUE(test::run(io, store.write(std::move(first))));
        const auto sent = read(payout.id);
        int written = 0;
        std::vector<Task<>> both;
        both.push_back(attempt(store, *step(sent, payout::Event::paid, {}, now()), written));
        both.push_back(
            attempt(other_store, *step(sent, payout::Event::failed, {}, now()), written));
        test::run_all(io, std::move(both));
        ASSERT_EQ(written, 1);
    }
    EXPECT_EQ(balance(ledger::kPayoutInFlight), "0");
}

Task<> pass(Payer& payer, std::size_t& done) {
    done += co_await payer.pass();
}

TEST_F(PayoutsTest, ARunIsMadeOnceByManyProcesses) {
    rail.answers.assign(kRounds, connectors::Succeeded{"po", {}});
    Payer one(io, service, std::chrono::seconds(1)), two(io, other, std::chrono::seconds(1));
    for (int round = 0; round < kRounds; ++round) {
        owe(100);
        settings("stripe_connect", now());
        std::size_t done = 0;
        std::vector<Task<>> both;
        both.push_back(pass(one, done));
        both.push_back(pass(two, done));
        test::run_all(io, std::move(both));
        test::run(io, one.settle());
        test::run(io, two.settle());
        EXPECT_EQ(ask("SELECT count(*) FROM florin.payout"), std::to_string(round + 1));
        EXPECT_EQ(ask("SELECT count(*) FROM florin.payout_settings WHERE due_at > now()"), "1");
    }
    test::run(io, one.close());
    test::run(io, two.close());
}

TEST_F(PayoutsTest, ARunWithoutAnythingToPayWaitsForTheNext) {
    settings("stripe_connect", now());
    Payer payer(io, service, std::chrono::seconds(1));
    std::size_t done = 0;
    test::run(io, pass(payer, done));
    EXPECT_EQ(done, 1U);
    test::run(io, pass(payer, done));
    EXPECT_EQ(done, 1U);
    EXPECT_EQ(ask("SELECT count(*) FROM florin.payout"), "0");
    test::run(io, payer.close());
}

}  // namespace
}  // namespace florin::payouts
