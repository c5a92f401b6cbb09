// The simulated database refuses what PostgreSQL refuses, with the same SQLSTATE, and then nothing
// has changed. What PostgreSQL does is in payments/engine_pgtest.cpp and store_pgtest.cpp.

#include "simulator/database.h"

#include <gtest/gtest.h>

#include "payments/rules.h"

namespace florin::simulator {
namespace {

using namespace payments;
using namespace std::chrono_literals;

const Instant kNow = std::chrono::sys_days(std::chrono::year(2030) / 1 / 1);
const Timing kTiming{kNow, 30s};

class DatabaseTest : public ::testing::Test {
protected:
    static Payment sale(std::uint64_t random, std::string key = "k") {
        const auto euro = *currency_from("EUR");
        NewPayment wanted{.merchant = MerchantId(Uuid{{1}}),
                          .key = {std::move(key)},
                          .method_type = "card",
                          .currency = euro,
                          .orders = {{"a", "seller", Money(1000, euro)}}};
        return open(std::move(wanted), {"simulated", "provider-key"}, kTiming, random);
    }
    Payment created() {
        const auto payment = sale(1);
        std::optional<Earlier> earlier;
        EXPECT_EQ(database.create(payment, {"k"}, earlier), kCommitted);
        EXPECT_FALSE(earlier);
        return *database.load(payment.merchant, payment.id, OperationId());
    }
    static Change success(const Payment& payment) {
        return *settle(payment, connectors::Succeeded{"ch_1", {}}, kNow, 2);
    }
    Payment captured() {
        const auto payment = created();
        EXPECT_EQ(database.advance(success(payment), "{}"), kCommitted);
        return *database.load(payment.merchant, payment.id, OperationId());
    }
    Change refund(const Payment& payment, std::int64_t amount, std::string key) {
        const Wish wish{.action = Action::refund, .amount = amount};
        return *begin(payment, database.parts(payment.id), wish, {"simulated", "r-" + key},
                      {std::move(key)}, kTiming, 7);
    }

    Database database;
};

TEST_F(DatabaseTest, AClientsKeyIsUsedOnce) {
    const auto first = created();
    std::optional<Earlier> earlier;
    EXPECT_EQ(database.create(sale(2), {"k"}, earlier), kCommitted);
    ASSERT_TRUE(earlier);
    EXPECT_TRUE(earlier->same_request);
    EXPECT_EQ(earlier->payment, first.id);
    ClientKey other{"k"};
    other.request_hash.back() = 1;
    EXPECT_EQ(database.create(sale(3), other, earlier), kCommitted);
    EXPECT_FALSE(earlier->same_request);
    EXPECT_EQ(database.records().size(), 1U);
}

TEST_F(DatabaseTest, AVersionIsWrittenOnce) {
    const auto payment = created();
    EXPECT_EQ(database.advance(success(payment), "{}"), kCommitted);
    EXPECT_EQ(database.advance(success(payment), "{}"), kUniqueBroken);
    auto ahead = success(payment);
    ahead.after.version = 9;
    EXPECT_EQ(database.advance(ahead, "{}"), kStale);
    EXPECT_EQ(database.record(payment.id)->events.size(), 2U);
}

TEST_F(DatabaseTest, CountersStayInTheirBounds) {
    const auto payment = captured();
    auto change = refund(payment, 600, "r1");
    change.after.counters.refund_reserved = 1001;
    EXPECT_EQ(database.advance(change, "{}"), kCheckBroken);
    change.after.counters.refund_reserved = -1;
    EXPECT_EQ(database.advance(change, "{}"), kCheckBroken);
    EXPECT_EQ(database.record(payment.id)->payment.version, payment.version);
    EXPECT_EQ(database.record(payment.id)->operations.size(), 1U);
}

TEST_F(DatabaseTest, OfTwoRefundsFromOneVersionOneIsWritten) {
    const auto payment = captured();
    const auto first = refund(payment, 600, "r1"), second = refund(payment, 600, "r2");
    EXPECT_EQ(database.advance(first, "{}"), kCommitted);
    EXPECT_EQ(database.advance(second, "{}"), kUniqueBroken);
    EXPECT_FALSE(database.key_use(payment.merchant, Scope::refund, "r2"));
}

TEST_F(DatabaseTest, APostingSumsToZeroAndIsBookedOnce) {
    const auto payment = captured();
    auto change = refund(payment, 600, "r1");
    auto unbalanced = change;
    unbalanced.postings.front().legs.front().amount += 1;
    EXPECT_EQ(database.advance(unbalanced, "{}"), kUnbalanced);
    auto booked_again = change;
    booked_again.postings.front().id = payment.main;
    EXPECT_EQ(database.advance(booked_again, "{}"), kUniqueBroken);
    EXPECT_EQ(database.advance(change, "{}"), kCommitted);
    EXPECT_EQ(database.record(payment.id)->postings.size(), 2U);
}

TEST_F(DatabaseTest, WhatIsDueIsClaimedByOne) {
    const auto payment = created();
    EXPECT_TRUE(database.due(kNow, 10).empty());
    const auto due = database.due(kNow + 31s, 10);
    ASSERT_EQ(due.size(), 1U);
    const auto mine = database.claim(due, kNow + 91s);
    ASSERT_EQ(mine.size(), 1U);
    EXPECT_EQ(mine.front().tries, 1);
    EXPECT_TRUE(database.claim(due, kNow + 95s).empty());
    EXPECT_EQ(database.first_due(), kNow + 91s);
    database.postpone(due.front(), kNow + 1h);  // A claim that is over changes nothing.
    EXPECT_EQ(database.first_due(), kNow + 91s);
    database.postpone(mine.front(), kNow + 1h);
    EXPECT_EQ(database.first_due(), kNow + 1h);
}

TEST_F(DatabaseTest, AWebhookWakesWhatIsOpenOnce) {
    const auto payment = created();
    const connectors::Hint hint{"evt_1", "sale.succeeded", payment.id.text()};
    EXPECT_EQ(database.receive("simulated", hint, kNow), 0);  // Who sends is left alone.
    EXPECT_EQ(database.receive("simulated", hint, kNow), std::nullopt);
    const auto lost = lose(payment, kNow, 3);
    EXPECT_EQ(database.advance(*lost, "{}"), kCommitted);
    const connectors::Hint next{"evt_2", "sale.succeeded", payment.id.text()};
    EXPECT_EQ(database.receive("simulated", next, kNow), 1);
    EXPECT_EQ(database.first_due(), kNow);
}

TEST_F(DatabaseTest, WhatEndedIsNeverDue) {
    captured();
    EXPECT_EQ(database.first_due(), Instant::max());
}

}  // namespace
}  // namespace florin::simulator
