// Goal: refunds above the limit: what waits, who may decide, and what the two answers do. Method:
// one test for each rule; sequences of them are life_test.cpp's.

#include "payments/approval.h"

#include <gtest/gtest.h>

#include "payments/show.h"
#include "payments/test_payment.h"

namespace florin::payments {
namespace {

using namespace testing;
using operation::State;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const auto kAsker = KeyId::make(kNoon, 0, 1), kOther = KeyId::make(kNoon + seconds(1), 0, 1);
const Timing kLater{kNoon + hours(30), seconds(30)};

// 100.00 EUR captured at once: version 2.
Payment paid() {
    return settle(opened(), yes(), kNoon, 9)->after;
}

std::vector<Part> sold() {
    return {{Action::sale, State::succeeded}};
}

Part given_back(std::int64_t amount, State state) {
    return {.kind = Action::refund, .state = state, .shares = {amount, 0, 0}, .unapproved = amount};
}

Result<Change> ask(const Payment& payment, const std::vector<Part>& parts, std::int64_t amount,
                   std::optional<std::int64_t> limit) {
    const Wish wish{.action = Action::refund,
                    .amount = amount,
                    .reason = "duplicate",
                    .asked_by = kAsker,
                    .refund_limit = limit};
    return begin(payment, parts, wish, {"stripe", "k"}, {.key = "key"}, kTiming, 5);
}

// 60.00 of 100.00 wait.
Payment held() {
    return ask(paid(), sold(), 6000, 5000)->after;
}

Result<Change> say(const Payment& payment, bool approve, KeyId by) {
    return decide(payment, {.approve = approve, .by = by, .reason = "no receipt"}, {.key = "d"},
                  kLater, 6);
}

std::string event_of(const Result<Change>& change) {
    return change ? change->event_type : change.error().code;
}

TEST(Approval, AboveTheLimitARefundIsKeptAndNotSent) {
    const auto change = ask(paid(), sold(), 6000, 5000);
    EXPECT_EQ(event_of(change), "refund.approval_pending");
    EXPECT_TRUE(change->approval_is_written);
    const auto& op = change->after.operation;
    EXPECT_EQ(op.state, State::ready);
    EXPECT_EQ(op.due_at, Instant::max()) << "nothing ends by itself";
    EXPECT_EQ(op.ended_version, 0);
    EXPECT_EQ(op.approval.asked_by, kAsker);
    EXPECT_EQ(name(refund_status(op)), "approval_pending");
    EXPECT_EQ(change->after.counters.refund_reserved, 6000);
    ASSERT_EQ(change->postings.size(), 1U);
    EXPECT_EQ(change->postings[0].kind, "refund") << "out of escrow, so that nobody pays it out";
    EXPECT_EQ(
        ask(change->after, {sold()[0], given_back(6000, State::ready)}, 6000, 5000).error().code,
        "amount_exceeds_refundable");
}

TEST(Approval, TheLimitItselfNeedsNobodyAndWithoutOneNothingDoes) {
    EXPECT_EQ(event_of(ask(paid(), sold(), 5000, 5000)), "refund.created");
    EXPECT_EQ(event_of(ask(paid(), sold(), 5001, 5000)), "refund.approval_pending");
    EXPECT_EQ(event_of(ask(paid(), sold(), 10000, std::nullopt)), "refund.created");
    EXPECT_EQ(event_of(ask(paid(), sold(), 1, 0)), "refund.approval_pending");
}

TEST(Approval, WhatNobodyApprovedCountsTogether) {
    struct Row {
        std::string_view title;
        Part before;
        std::string_view event;
    };
    auto approved = given_back(3000, State::succeeded);
    approved.unapproved = 0;
    const Row rows[] = {
        {"paid out", given_back(3000, State::succeeded), "refund.approval_pending"},
        {"on its way", given_back(3000, State::unknown), "refund.approval_pending"},
        {"waiting", given_back(3000, State::ready), "refund.approval_pending"},
        {"refused", given_back(3000, State::declined), "refund.created"},
        {"approved", approved, "refund.created"},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.title);
        EXPECT_EQ(event_of(ask(paid(), {sold()[0], row.before}, 2001, 5000)), row.event);
    }
}

TEST(Approval, ANoReleasesAndAYesSends) {
    const auto yes_said = say(held(), true, kOther);
    EXPECT_EQ(event_of(yes_said), "refund.approved");
    const auto& sent = yes_said->after.operation;
    EXPECT_EQ(sent.state, State::sending);
    EXPECT_EQ(sent.sent_at, kLater.now);
    EXPECT_EQ(sent.due_at, kLater.now + kLater.lease);
    EXPECT_EQ(sent.provider_key, "k") << "the key of the day it was asked for";
    EXPECT_TRUE(yes_said->postings.empty());
    EXPECT_EQ(yes_said->scope, Scope::approve);
    EXPECT_EQ(name(refund_status(sent)), "pending");

    const auto no_said = say(held(), false, kOther);
    EXPECT_EQ(event_of(no_said), "refund.rejected");
    const auto& after = no_said->after;
    EXPECT_EQ(after.operation.state, State::declined);
    EXPECT_EQ(after.operation.ended_version, after.version);
    EXPECT_EQ(after.operation.approval.reason, "no receipt");
    EXPECT_FALSE(after.operation.review);
    EXPECT_EQ(name(refund_status(after.operation)), "rejected");
    EXPECT_EQ(refundable(after.counters), 10000);
    ASSERT_EQ(no_said->postings.size(), 1U);
    EXPECT_EQ(no_said->postings[0].kind, "refund_refused");
}

TEST(Approval, TheAskerDecidesNothingAndNobodyDecidesTwice) {
    for (const bool approve : {true, false}) {
        EXPECT_EQ(event_of(say(held(), approve, kAsker)), "approver_is_asker");
        for (const bool first : {true, false})
            EXPECT_EQ(event_of(say(say(held(), first, kOther)->after, approve, kOther)),
                      "refund_not_waiting");
    }
    const auto plain = ask(paid(), sold(), 100, 5000)->after;
    EXPECT_EQ(event_of(say(plain, true, kOther)), "refund_not_waiting");
}

TEST(Approval, WhatABankHasTakenIsNotPaidTwice) {
    auto disputed = held();
    disputed.counters.disputed = 4001;
    disputed.dispute_override = true;
    EXPECT_EQ(event_of(say(disputed, true, kOther)), "payment_disputed");
    EXPECT_EQ(event_of(say(disputed, false, kOther)), "refund.rejected");
    disputed.counters.disputed = 4000;
    EXPECT_EQ(event_of(say(disputed, true, kOther)), "refund.approved") << "the rest is there";
}

TEST(Approval, AnApprovedRefundIsAsOldAsItsApproval) {
    auto sent = say(held(), true, kOther)->after;
    const auto missed = settle(sent, connectors::NotSent{"connect refused"}, kLater.now, 7)->after;
    EXPECT_FALSE(give_up(missed, kLater.now + minutes(14), 8));
    EXPECT_EQ(give_up(missed, kLater.now + minutes(15), 8)->event_type, "refund.failed");
}

TEST(Approval, AnUndoThatRefundsWaitsToo) {
    const Wish undo{
        .action = Action::cancel, .undo = true, .asked_by = kAsker, .refund_limit = 5000};
    const auto all = begin(paid(), sold(), undo, {"stripe", "k"}, {.key = "key"}, kTiming, 5);
    EXPECT_EQ(event_of(all), "refund.approval_pending");
    EXPECT_EQ(all->scope, Scope::undo);

    const Wish part{.action = Action::capture, .amount = 6000, .is_final = false};
    const auto capture =
        begin(authorized(), {}, part, {"stripe", "k"}, {.key = "key"}, kTiming, 5)->after;
    const auto captured = settle(capture, yes(), kNoon, 6)->after;
    const std::vector<Part> parts = {{Action::authorize, State::succeeded},
                                     {Action::capture, State::succeeded, {4200, 1799, 1}}};
    const auto both = begin(captured, parts, undo, {"stripe", "k"}, {.key = "key"}, kTiming, 7);
    EXPECT_EQ(event_of(both), "payment.cancel_started");
    ASSERT_EQ(both->follow_ups.size(), 1U);
    const auto& refund = both->follow_ups[0];
    EXPECT_TRUE(waits_for_approval(refund));
    EXPECT_EQ(refund.due_at, Instant::max());
    EXPECT_EQ(refund.approval.asked_by, kAsker);
}

TEST(Approval, TheJsonSaysWhoAskedAndWhoDecided) {
    const auto waiting = show_subject(held());
    EXPECT_NE(waiting.find(R"("status":"approval_pending")"), std::string::npos) << waiting;
    EXPECT_NE(waiting.find(R"("approval":{"asked_by":")" + kAsker.text() +
                           R"(","decided_by":null,"decided_at":null,"reason":null})"),
              std::string::npos)
        << waiting;
    EXPECT_NE(waiting.find(R"("waiting":{"for":"approver")"), std::string::npos) << waiting;
    const auto over = show_subject(say(held(), false, kOther)->after);
    EXPECT_NE(over.find(R"("decided_by":")" + kOther.text()), std::string::npos) << over;
    EXPECT_NE(over.find(R"("reason":"no receipt")"), std::string::npos) << over;
}

}  // namespace
}  // namespace florin::payments
