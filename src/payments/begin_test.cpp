// Goal: captures in parts and refunds: how much, of which order, and beside what. Method: one test
// for each rule; sequences of them are life_test.cpp's.

#include <gtest/gtest.h>

#include "payments/rules.h"
#include "payments/test_payment.h"

namespace florin::payments {
namespace {

using namespace testing;
using connectors::Outcome;
using connectors::Unknown;
using operation::State;
using std::chrono::seconds;

Payment settled(const Payment& payment, const Outcome& outcome) {
    return settle(payment, outcome, kNoon + seconds(1), 9)->after;
}

// 100.00 EUR captured at once: version 2.
Payment paid() {
    return settled(opened(), yes());
}

const std::vector<Part> kSold = {{Action::sale, State::succeeded, {}}};

Result<Change> begin(const Payment& payment, std::vector<Part> parts, Wish wish) {
    return payments::begin(payment, parts, wish, {"stripe", "k"}, {.key = "key"}, kTiming, 5);
}

std::string code_of(const Result<Change>& result) {
    return result ? "" : result.error().code;
}

TEST(Capture, APartLetsGoOfTheRestUnlessMoreWillFollow) {
    const auto last = settled(begin(authorized(), {}, {Action::capture, 6000})->after, yes());
    EXPECT_EQ(counters(last), "10000/0/6000/4000");
    EXPECT_EQ(status_of(last), Status::succeeded);
    const Wish wish{.action = Action::capture, .amount = 6000, .is_final = false};
    const auto change = settle(begin(authorized(), {}, wish)->after, yes(), kNoon, 1);
    EXPECT_EQ(change->event_type, "payment.partially_captured");
    EXPECT_EQ(counters(change->after), "10000/0/6000/0");
    EXPECT_EQ(status_of(change->after), Status::partially_captured);
    const auto rest = begin(change->after, {{Action::capture, State::succeeded, {4200, 1799, 1}}},
                            {Action::capture});
    EXPECT_EQ(rest->after.operation.amount, 4000);
    EXPECT_EQ(rest->after.operation.shares, (std::vector<std::int64_t>{2800, 1200, 0}));
    EXPECT_EQ(counters(settled(rest->after, yes())), "10000/0/10000/0");
}

TEST(Capture, AfterAPartTheRestIsGivenBackByCancel) {
    const Wish wish{.action = Action::capture, .amount = 6000, .is_final = false};
    const auto part = settled(begin(authorized(), {}, wish)->after, yes());
    const auto change = settle(begin(part, {}, {Action::cancel})->after, yes(), kNoon, 1);
    EXPECT_EQ(change->event_type, "payment.succeeded");
    EXPECT_EQ(counters(change->after), "10000/0/6000/4000");
}

TEST(Refund, ReservesAtOnceAndNeverMoreThanIsLeft) {
    const auto first = begin(paid(), kSold, {Action::refund, 6000});
    EXPECT_EQ(first->event_type, "refund.created");
    EXPECT_EQ(first->after.counters.refund_reserved, 6000);
    EXPECT_EQ(first->after.operation.shares, (std::vector<std::int64_t>{4200, 1799, 1}));
    EXPECT_EQ(status_of(first->after), Status::succeeded);
    auto parts = kSold;
    parts.push_back({Action::refund, State::unknown, first->after.operation.shares});
    EXPECT_EQ(code_of(begin(first->after, parts, {Action::refund, 6000})),
              "amount_exceeds_refundable");
    const auto second = begin(first->after, parts, {Action::refund});
    EXPECT_EQ(second->after.operation.amount, 4000) << "all that is left";
    EXPECT_EQ(second->after.operation.shares, (std::vector<std::int64_t>{2800, 1200, 0}));
    EXPECT_EQ(second->after.main, paid().main) << "a refund is never the main operation";
    EXPECT_EQ(code_of(begin(second->after, parts, {Action::refund, 1})), "payment_not_refundable");
}

connectors::Outcome held(bool can_increment) {
    return connectors::Succeeded{"pi_1", {}, {.brand = "visa", .can_increment = can_increment}};
}

Payment authorized_with(bool can_increment) {
    return settle(opened(true), held(can_increment), kNoon, 2)->after;
}

TEST(Adjust, IsMadeInPlaceOrByANewAuthorizationBeforeTheOldIsGivenBack) {
    const auto up = begin(authorized_with(true), {}, {Action::adjust, 15'000});
    ASSERT_TRUE(up);
    EXPECT_EQ(up->event_type, "payment.adjust_started");
    EXPECT_EQ(up->after.operation.about, "") << "in place";
    EXPECT_EQ(order_of(up->after, false).reference, "pi_1");
    const auto higher = settle(up->after, yes(), kNoon, 3);
    EXPECT_EQ(higher->event_type, "payment.adjusted");
    EXPECT_EQ(higher->after.amount, 15'000);
    EXPECT_EQ(higher->after.first_amount, 10'000);
    EXPECT_EQ(counters(higher->after), "15000/0/0/0");
    EXPECT_EQ(higher->after.orders[0].amount, 10'500);
    EXPECT_EQ(higher->after.orders[0].first_amount, 7000);
    EXPECT_TRUE(higher->follow_ups.empty());
    EXPECT_EQ(as_created(higher->after, up->after.operation.id).amount, 10'000);

    for (const bool can_increment : {true, false}) {
        // Down, or a card that cannot be raised.
        const auto first = can_increment ? 4000 : 15'000;
        const Wish wish{.action = Action::adjust, .orders = {{"ord_1", first}}};
        const auto anew = begin(authorized_with(can_increment), {}, wish);
        EXPECT_EQ(anew->after.operation.about, "pi_1");
        const auto order = order_of(anew->after, false);
        EXPECT_EQ(order.reference, "") << "a new one";
        EXPECT_FALSE(order.in_place);
        const auto done = settle(anew->after, connectors::Succeeded{"pi_2", {}}, kNoon, 3);
        EXPECT_EQ(done->after.provider_reference, "pi_2");
        ASSERT_EQ(done->follow_ups.size(), 1U);
        EXPECT_EQ(done->follow_ups[0].kind, Action::release);
        EXPECT_EQ(done->follow_ups[0].about, "pi_1");
        EXPECT_EQ(done->follow_ups[0].amount, 10'000) << "of the old one";
        const auto refused = settle(anew->after, no(), kNoon, 3);
        EXPECT_EQ(refused->event_type, "payment.adjust_failed");
        EXPECT_EQ(refused->after.provider_reference, "pi_1") << "the old one still stands";
        EXPECT_EQ(counters(refused->after), "10000/0/0/0");
        EXPECT_TRUE(refused->follow_ups.empty());
    }
}

TEST(Adjust, ThatSucceedsAfterAllGivesTheNewAuthorizationBackAndNotTheOld) {
    const auto anew = begin(authorized_with(false), {}, {Action::adjust, 15'000});
    const auto refused = settle(anew->after, no(), kNoon, 3);
    const auto late = settle(refused->after, connectors::Succeeded{"pi_2", {}}, kNoon, 4);
    EXPECT_EQ(late->event_type, "payment.late_success");
    ASSERT_EQ(late->follow_ups.size(), 1U);
    EXPECT_EQ(late->follow_ups[0].about, "pi_2");
    EXPECT_EQ(counters(late->after), "10000/0/0/0");
    EXPECT_EQ(late->after.provider_reference, "pi_1");
    const auto capture = begin(late->after, {}, {.action = Action::capture});
    EXPECT_EQ(order_of(capture->after, false).reference, "pi_1") << "the one that still stands";
}

TEST(Adjust, IsRefusedWhereItMakesNoSense) {
    const auto held = authorized_with(true);
    EXPECT_EQ(code_of(begin(held, {}, {Action::adjust, 10'000})), "amount_unchanged");
    EXPECT_EQ(code_of(begin(held, {}, {Action::adjust, 100})), "amount_too_small");
    EXPECT_EQ(code_of(begin(paid(), kSold, {Action::adjust, 5000})), "payment_not_adjustable");
    const Wish other{.action = Action::adjust, .orders = {{"ord_9", 1}}};
    EXPECT_EQ(code_of(begin(held, {}, other)), "payment_order_unknown");
    const Wish one{.action = Action::adjust, .orders = {{"ord_2", 5000}}};
    const auto change = begin(held, {}, one);
    EXPECT_EQ(change->after.operation.amount, 12'001);
    EXPECT_EQ(change->after.operation.shares, (std::vector<std::int64_t>{7000, 5000, 1}));
}

TEST(Undo, ChoosesCancelOrRefundAndBothAfterAPart) {
    const Wish undo{.action = Action::cancel, .undo = true};
    const auto cancel = begin(authorized(), {}, undo);
    EXPECT_EQ(cancel->after.operation.kind, Action::cancel);
    EXPECT_TRUE(cancel->follow_ups.empty());
    const auto refund = begin(paid(), kSold, undo);
    EXPECT_EQ(refund->after.operation.kind, Action::refund);
    EXPECT_EQ(refund->after.operation.amount, 10'000);
    EXPECT_EQ(refund->scope, Scope::undo);
    const Wish part{.action = Action::capture, .amount = 6000, .is_final = false};
    const auto captured = settled(begin(authorized(), {}, part)->after, yes());
    const auto both = begin(captured, {{Action::capture, State::succeeded, {4200, 1799, 1}}}, undo);
    EXPECT_EQ(both->after.operation.kind, Action::cancel);
    EXPECT_EQ(both->after.operation.amount, 4000);
    ASSERT_EQ(both->follow_ups.size(), 1U);
    EXPECT_EQ(both->follow_ups[0].amount, 6000);
    EXPECT_EQ(both->follow_ups[0].shares, (std::vector<std::int64_t>{4200, 1799, 1}));
    EXPECT_EQ(both->after.counters.refund_reserved, 6000);
    ASSERT_EQ(both->postings.size(), 1U);
    EXPECT_EQ(both->postings[0].kind, "refund");
}

// A first step that waits for the buyer, and the cancellation of it.
Payment waiting(bool capture_later = false) {
    const connectors::Pending challenge{"pi_1", "customer", "https://bank.example/3ds"};
    return settle(opened(capture_later), challenge, kNoon, 1)->after;
}

Result<Change> canceled(const Payment& payment, std::string reason = {}) {
    return begin(payment, {}, {.action = Action::cancel, .reason = std::move(reason)},
                 {"stripe", "k"}, {.key = "key-2"}, kTiming, 3);
}

TEST(Withdraw, EndsByTheProvidersWordThatNothingWillComeOfIt) {
    const auto began = canceled(waiting(), "abandoned");
    ASSERT_TRUE(began);
    const auto& fencing = began->after;
    EXPECT_EQ(began->event_type, "payment.cancel_started");
    EXPECT_FALSE(began->operation_is_new) << "it is the same charge";
    EXPECT_EQ(began->scope, Scope::cancel);
    EXPECT_EQ(fencing.operation.state, State::fencing);
    EXPECT_EQ(status_of(fencing), Status::canceling);
    EXPECT_TRUE(outcome_unknown(fencing));
    EXPECT_EQ(fencing.operation.next_action, "") << "the buyer is sent nowhere any more";
    EXPECT_EQ(order_of(fencing, true).reason, "abandoned");
    EXPECT_EQ(order_of(fencing, true).reference, "pi_1");
    const connectors::Outcome silence[] = {connectors::Unknown{"reset"}, connectors::NotFound{},
                                           connectors::NotSent{"refused"},
                                           connectors::Pending{"pi_1", "customer", ""}};
    for (const auto& outcome : silence) EXPECT_FALSE(settle(fencing, outcome, kNoon, 4));
    const auto ended = settle(fencing, no(), kNoon, 4);
    EXPECT_EQ(ended->event_type, "payment.canceled");
    EXPECT_EQ(status_of(ended->after), Status::canceled);
    EXPECT_EQ(ended->after.cancellation_reason, "abandoned");
    EXPECT_EQ(counters(ended->after), "0/0/0/0");
    EXPECT_EQ(ended->after.operation.ended_version, ended->after.version);
}

TEST(Withdraw, ABuyerWhoWasFasterHasPaid) {
    const auto paid = settle(canceled(waiting())->after, yes(), kNoon, 4);
    EXPECT_EQ(paid->event_type, "payment.succeeded");
    EXPECT_EQ(status_of(paid->after), Status::succeeded);
    EXPECT_EQ(paid->after.cancellation_reason, "");
    EXPECT_EQ(paid->postings.size(), 1U);
}

TEST(Withdraw, AnAuthorizationThatCameAfterAllIsGivenBackByItself) {
    const auto held = settle(canceled(waiting(true))->after, yes(), kNoon, 4);
    EXPECT_EQ(held->event_type, "payment.authorized");
    const auto& payment = held->after;
    EXPECT_EQ(status_of(payment), Status::canceling);
    EXPECT_EQ(payment.due_at, kNoon) << "at once";
    for (const auto action : {Action::capture, Action::cancel, Action::adjust}) {
        const auto refused = begin(payment, {}, {.action = action, .amount = 5000}, {"stripe", "k"},
                                   {.key = "key-3"}, kTiming, 5);
        EXPECT_EQ(refused.error().code, "operation_in_progress");
    }
    const Wish wish{
        .action = Action::cancel, .reason = payment.cancellation_reason, .scope = Scope::expire};
    const auto cancel = begin(payment, {}, wish, {"stripe", "k"}, {.key = "key-4"}, kTiming, 6);
    ASSERT_TRUE(cancel);
    EXPECT_EQ(settle(cancel->after, yes(), kNoon, 7)->event_type, "payment.canceled");
    const auto refused = settle(cancel->after, no(), kNoon, 7);
    EXPECT_EQ(status_of(refused->after), Status::authorized) << "and can be canceled again";
}

TEST(Withdraw, WhatWasNeverSentEndsAtOnce) {
    const auto unsent = settle(opened(), connectors::NotSent{"refused"}, kNoon, 1)->after;
    const auto ended = canceled(unsent);
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->event_type, "payment.canceled");
    EXPECT_EQ(ended->after.operation.decline_code, connectors::kCanceled);
    EXPECT_EQ(ended->after.operation.due_at, Instant::max());
    EXPECT_EQ(ended->after.cancellation_reason, "requested_by_customer");
}

TEST(Withdraw, WaitsForWhatIsNotKnown) {
    const auto lost = settle(opened(), connectors::Unknown{"reset"}, kNoon, 1)->after;
    EXPECT_EQ(canceled(lost).error().code, "operation_in_progress");
    EXPECT_EQ(canceled(opened()).error().code, "operation_in_progress") << "it is being sent";
    EXPECT_EQ(canceled(canceled(waiting())->after).error().code, "operation_in_progress");
    const auto undo = begin(waiting(), {}, {.action = Action::cancel, .undo = true},
                            {"stripe", "k"}, {.key = "key-2"}, kTiming, 3);
    EXPECT_EQ(undo.error().code, "operation_in_progress") << "it may have to be a refund";
}

TEST(Withdraw, ThenTheBuyerMayPayAnotherWay) {
    const auto over = settle(canceled(waiting())->after, no(), kNoon, 4)->after;
    const auto again = begin(over, {}, {.action = Action::sale, .scope = Scope::attempt},
                             {"stripe", "k"}, {.key = "key-3"}, kTiming, 5);
    ASSERT_TRUE(again);
    EXPECT_EQ(status_of(again->after), Status::processing);
    EXPECT_EQ(again->after.cancellation_reason, "");
    const auto held = settle(begun(Action::cancel), yes(), kNoon, 4)->after;
    const auto refused = begin(held, {}, {.action = Action::authorize, .scope = Scope::attempt},
                               {"stripe", "k"}, {.key = "key-3"}, kTiming, 5);
    EXPECT_EQ(refused.error().code, "payment_not_retryable") << "that was authorized";
}

TEST(Attempt, IsForPaymentsThatFailed) {
    const auto failed = settled(opened(), no());
    const Wish again{.action = Action::sale, .scope = Scope::attempt};
    const auto second = begin(failed, {}, again);
    ASSERT_TRUE(second);
    EXPECT_EQ(second->event_type, "payment.attempt_started");
    EXPECT_EQ(second->after.provider_reference, "") << "a new charge";
    EXPECT_EQ(second->after.main, second->after.operation.id);
    EXPECT_EQ(second->scope, Scope::attempt);
    EXPECT_EQ(code_of(begin(opened(), {}, again)), "operation_in_progress");
    EXPECT_EQ(code_of(begin(lose(opened(), kNoon, 1)->after, {}, again)), "operation_in_progress");
    for (const auto& payment : {paid(), authorized()})
        EXPECT_EQ(code_of(begin(payment, {}, again)), "payment_not_retryable");
}

TEST(Refund, EndsByProofOnly) {
    const auto begun = begin(paid(), kSold, {Action::refund, 3000})->after;
    const auto yes_it_is = settle(begun, yes(), kNoon, 1);
    EXPECT_EQ(yes_it_is->event_type, "refund.succeeded");
    EXPECT_EQ(yes_it_is->after.counters.refunded, 3000);
    EXPECT_EQ(yes_it_is->after.counters.refund_reserved, 0);
    const auto refused = settle(begun, no(), kNoon, 1);
    EXPECT_EQ(refused->event_type, "refund.failed");
    EXPECT_EQ(refused->after.counters.refunded, 0);
    EXPECT_EQ(refused->after.counters.refund_reserved, 0);
    const auto silent = settle(begun, Unknown{"no answer"}, kNoon, 1);
    EXPECT_EQ(silent->event_type, "refund.outcome_unknown");
    EXPECT_EQ(silent->after.counters.refund_reserved, 3000) << "silence releases nothing";
    EXPECT_EQ(name(status_of(silent->after)), "succeeded");
    const auto late = settle(refused->after, yes(), kNoon, 1);
    EXPECT_EQ(late->event_type, "refund.late_success");
    EXPECT_EQ(late->after.counters.refunded, 3000);
    EXPECT_TRUE(late->after.operation.review);
}

TEST(Refund, RunsBesideAMainOperation) {
    const Wish wish{.action = Action::capture, .amount = 5000, .is_final = false};
    const auto part = settled(begin(authorized(), {}, wish)->after, yes());
    const std::vector<Part> parts = {{Action::capture, State::succeeded, {3500, 1499, 1}}};
    const auto capturing = begin(part, parts, {Action::capture})->after;
    const auto refunding = begin(capturing, parts, {Action::refund})->after;
    EXPECT_EQ(refunding.operation.amount, 5000);
    EXPECT_EQ(refunding.doing, Action::capture);
    const auto done = settled(refunding, yes());
    EXPECT_EQ(done.doing, Action::capture) << "the capture is still under way";
    EXPECT_EQ(done.main, capturing.operation.id);
}

TEST(Wish, WaitsForAPersonWhenALateSuccessTookAnOrderTwice) {
    const Wish wish{.action = Action::capture, .amount = 6000, .is_final = false};
    const auto part = settled(begin(authorized(), {}, wish)->after, yes());
    const std::vector<Part> twice = {{Action::capture, State::succeeded, {6000, 0, 0}},
                                     {Action::capture, State::succeeded, {4000, 0, 0}}};
    EXPECT_EQ(code_of(begin(part, twice, {Action::capture})), "payment_needs_review");
    EXPECT_TRUE(begin(part, twice, {Action::capture, 3000})) << "the other orders have that much";
}

TEST(Wish, ToPayAgainWaitsForAPersonWhileWeHaveTheMoneyOfALateSuccess) {
    const auto failed = settle(opened(), no(), kNoon, 1)->after;
    const Wish again{.action = Action::sale};
    const auto with = [&](State state, bool review) {
        return code_of(begin(failed, {{Action::sale, state, {0, 0, 0}, {}, review}}, again));
    };
    EXPECT_EQ(with(State::declined, false), "");
    EXPECT_EQ(with(State::succeeded, true), "payment_needs_review");
    EXPECT_EQ(with(State::succeeded, false), "") << "it went back, or a person has dealt with it";
}

TEST(LateSuccess, OfANewAuthorizationLeavesTheOldOneAsItWas) {
    const connectors::CardFacts card{"visa", kNoon + std::chrono::days(2), false};
    const auto held =
        settle(opened(true), connectors::Succeeded{"pi_1", {}, card}, kNoon, 1)->after;
    const Wish less{.action = Action::adjust, .amount = 6000};
    const auto change = begin(held, {}, less);
    const auto refused = settle(change->after, no(), kNoon, 4)->after;
    const connectors::CardFacts other{"amex", kNoon + std::chrono::days(9), true};
    const auto late = settle(refused, connectors::Succeeded{"pi_2", {}, other}, kNoon, 5);
    ASSERT_TRUE(late);
    EXPECT_EQ(late->event_type, "payment.late_success");
    ASSERT_EQ(late->follow_ups.size(), 1U);
    EXPECT_EQ(late->follow_ups[0].about, "pi_2");
    EXPECT_EQ(late->after.provider_reference, "pi_1");
    EXPECT_EQ(late->after.authorized_until, held.authorized_until) << "or it would lapse unseen";
    EXPECT_EQ(late->after.due_at, held.due_at);
    EXPECT_EQ(late->after.card_brand, "visa");
    EXPECT_FALSE(late->after.can_increment);
}

TEST(Wish, NamesOrdersAndAmounts) {
    const Wish by_order{.action = Action::refund, .orders = {{"ord_2", 999}, {"ord_3", 1}}};
    const auto change = begin(paid(), kSold, by_order);
    EXPECT_EQ(change->after.operation.amount, 1000);
    EXPECT_EQ(change->after.operation.shares, (std::vector<std::int64_t>{0, 999, 1}));
    const auto refused = [&](Wish wish) { return code_of(begin(paid(), kSold, std::move(wish))); };
    EXPECT_EQ(refused({.action = Action::refund, .orders = {{"ord_9", 1}}}),
              "payment_order_unknown");
    EXPECT_EQ(refused({.action = Action::refund, .orders = {{"ord_3", 2}}}),
              "amount_exceeds_refundable");
    EXPECT_EQ(refused({.action = Action::refund, .amount = 5, .orders = {{"ord_1", 6}}}),
              "amount_mismatch");
    EXPECT_EQ(refused({.action = Action::refund, .amount = 10'001}), "amount_exceeds_refundable");
    EXPECT_EQ(refused({.action = Action::capture, .amount = 1}), "payment_not_capturable");
    EXPECT_EQ(code_of(begin(authorized(), {}, {Action::capture, 10'001})),
              "amount_exceeds_capturable");
    EXPECT_EQ(code_of(begin(authorized(), {}, {Action::refund})), "payment_not_refundable");
}

}  // namespace
}  // namespace florin::payments
