// Goal: what is decided about a refund that waits is kept once, and read back with the refund, in
// the list and in what counts against the limit. Method: one payment, the same steps by two
// engines.

#include "payments/approval.h"

#include <random>

#include "payments/engine.h"
#include "payments/show.h"
#include "payments/store.h"
#include "payments/test_payment.h"
#include "tests/kit/test_database.h"

namespace florin::payments {
namespace {

const auto kNoon = testing::kNoon;
const auto kAsker = KeyId::make(kNoon, 0, 1);
const auto kOther = KeyId::make(kNoon + std::chrono::seconds(1), 0, 1);

class ApprovalTest : public test::DatabaseTest {
protected:
    void SetUp() override { engine.start(scope); }

    bool write(const Change& change) {
        const auto deadline = deadline_in(std::chrono::minutes(1));
        return test::run(io, engine.advance(change, deadline)).has_value();
    }

    // 100.00 EUR captured at once.
    Payment paid(const std::string& key) {
        auto wanted = testing::wanted();
        wanted.key.key = key;
        const auto payment = open(std::move(wanted), {"stripe", key}, testing::kTiming, random());
        const auto deadline = deadline_in(std::chrono::minutes(1));
        EXPECT_FALSE(test::run(io, engine.create(payment, {.key = key}, deadline)));
        const auto change = *settle(payment, testing::yes(), kNoon, random());
        EXPECT_TRUE(write(change));
        return change.after;
    }

    Change asked(const Payment& payment, const std::string& key, std::int64_t amount) {
        const auto parts = test::run(io, store.parts(payment.id));
        const Wish wish{
            .action = Action::refund, .amount = amount, .asked_by = kAsker, .refund_limit = 5000};
        return *begin(payment, parts, wish, {"stripe", "r" + key}, {.key = key}, testing::kTiming,
                      random());
    }

    Payment held(const std::string& key) {
        const auto change = asked(paid(key), key, 6000);
        EXPECT_TRUE(write(change));
        return change.after;
    }

    Change said(const Payment& payment, bool approve) {
        return *decide(payment, {.approve = approve, .by = kOther, .reason = "no goods"},
                       {.key = payment.id.text()}, testing::kTiming, random());
    }

    Payment load(const Payment& payment) {
        const auto refund = payment.operation.id;
        return *test::run(io, store.load(payment.merchant, payment.id, refund));
    }

    std::size_t waiting() {
        return test::run(io, store.held_refunds(testing::a_merchant(), std::nullopt, 10)).size();
    }

    std::mt19937_64 random{test::seed()};
    Engine engine{io, {.conninfo = database.conninfo(), .lanes = 2}};
    Store store{pool};
};

TEST_F(ApprovalTest, WhatWaitsIsReadBackAndNeverDue) {
    const auto refund = held("a");
    EXPECT_EQ(show_subject(load(refund)), show_subject(refund));
    EXPECT_TRUE(test::run(io, store.due(kNoon + std::chrono::days(1000), 10)).empty());
    const auto listed = test::run(io, store.held_refunds(refund.merchant, std::nullopt, 10));
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(listed[0].operation.id, refund.operation.id);
    const RefundId id(refund.operation.id.uuid());
    EXPECT_TRUE(test::run(io, store.held_refunds(refund.merchant, id, 10)).empty());
    EXPECT_TRUE(test::run(io, store.held_refund(refund.merchant, id)));
    const auto stranger = MerchantId::make(kNoon, 0, 99);
    EXPECT_FALSE(test::run(io, store.held_refund(stranger, id)));
    EXPECT_TRUE(test::run(io, store.held_refunds(stranger, std::nullopt, 10)).empty());
}

TEST_F(ApprovalTest, ADecisionIsKeptOnceWhateverItWasMadeFrom) {
    for (const bool first : {true, false}) {
        const auto refund = held(first ? "yes" : "no");
        const auto yes = said(refund, true), no = said(refund, false);
        EXPECT_TRUE(write(first ? yes : no));
        EXPECT_FALSE(write(first ? no : yes)) << "the payment has gone on";
        auto later = first ? no : yes;
        later.after.version += 1;
        EXPECT_FALSE(write(later)) << "and the word itself cannot be taken back";
        EXPECT_EQ(show_subject(load(refund)), show_subject((first ? yes : no).after));
        EXPECT_EQ(waiting(), 0U);
    }
}

TEST_F(ApprovalTest, OnlyWhatNobodyApprovedCounts) {
    auto payment = held("a");
    const auto unapproved = [&] {
        std::int64_t sum = 0;
        for (const auto& part : test::run(io, store.parts(payment.id))) sum += part.unapproved;
        return sum;
    };
    EXPECT_EQ(unapproved(), 6000);
    EXPECT_TRUE(write(said(payment, true)));
    EXPECT_EQ(unapproved(), 0);
    const auto small = asked(*test::run(io, store.load(payment.merchant, payment.id)), "b", 5);
    EXPECT_EQ(small.event_type, "refund.created");
    EXPECT_TRUE(write(small));
    EXPECT_EQ(unapproved(), 5);
}

TEST_F(ApprovalTest, ARefundThatFollowsAnUndoWaitsWithIt) {
    auto wanted = testing::wanted(true);
    const auto payment = open(std::move(wanted), {"stripe", "k"}, testing::kTiming, random());
    const auto deadline = deadline_in(std::chrono::minutes(1));
    EXPECT_FALSE(test::run(io, engine.create(payment, {.key = "key-1"}, deadline)));
    const auto authorized = *settle(payment, testing::yes(), kNoon, random());
    EXPECT_TRUE(write(authorized));
    const Wish part{.action = Action::capture, .amount = 6000, .is_final = false};
    const auto began = *begin(authorized.after, {}, part, {"stripe", "c"}, {.key = "c"},
                              testing::kTiming, random());
    EXPECT_TRUE(write(began));
    const auto captured = *settle(began.after, testing::yes(), kNoon, random());
    EXPECT_TRUE(write(captured));
    const Wish undo{
        .action = Action::cancel, .undo = true, .asked_by = kAsker, .refund_limit = 5000};
    const auto parts = test::run(io, store.parts(payment.id));
    const auto undone = *begin(captured.after, parts, undo, {"stripe", "u"}, {.key = "u"},
                               testing::kTiming, random());
    EXPECT_TRUE(write(undone));
    ASSERT_EQ(waiting(), 1U);
    const auto listed = test::run(io, store.held_refunds(payment.merchant, std::nullopt, 10));
    EXPECT_EQ(listed[0].operation.amount, 6000);
    EXPECT_EQ(listed[0].operation.due_at, Instant::max());
    EXPECT_TRUE(write(said(listed[0], true)));
}

TEST_F(ApprovalTest, TheDatabaseRefusesTheAskersOwnWord) {
    auto change = said(held("a"), true);
    change.after.operation.approval.decided_by = kAsker;
    try {
        write(change);
        FAIL() << "one person is not two";
    } catch (const pg::SqlError& e) {
        EXPECT_EQ(e.state, "23514");
    }
}

}  // namespace
}  // namespace florin::payments
