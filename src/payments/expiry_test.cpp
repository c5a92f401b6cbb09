// Goal: an authorization that nobody captures is announced and then given back, in time; a buyer
// who does nothing holds nothing up. Method: the table of lifetimes, and the chores of one payment
// over its life.

#include "payments/expiry.h"

#include <gtest/gtest.h>

#include "payments/test_payment.h"

namespace florin::payments {
namespace {

using namespace testing;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(Expiry, TheProvidersWordBeatsTheTable) {
    const auto until = [](std::string_view provider, connectors::CardFacts card) {
        return authorized_until(provider, card, kNoon) - kNoon;
    };
    EXPECT_EQ(until("stripe", {.brand = "visa"}), days(7));
    EXPECT_EQ(until("stripe_eu", {.brand = "discover"}), days(7)) << "an account of Stripe";
    EXPECT_EQ(until("stripeling", {.brand = "discover"}), days(10)) << "no account of Stripe";
    EXPECT_EQ(until("stripe", {.brand = "visa", .authorized_until = kNoon + days(5)}), days(5));
    EXPECT_EQ(until("stripe", {.authorized_until = kNoon - days(5)}), days(7)) << "nonsense";
    EXPECT_EQ(until("braintree", {.brand = "visa"}), days(8));
    EXPECT_EQ(until("braintree", {.brand = "discover"}), days(30));
    EXPECT_EQ(until("other", {.brand = "discover"}), days(10));
    EXPECT_EQ(until("other", {}), days(5));
}

Payment held_until(Instant until) {
    const connectors::Succeeded held{"pi_1", {}, {.brand = "visa", .authorized_until = until}};
    return settle(opened(true), held, kNoon, 2)->after;
}

TEST(Expiry, WarnsADayAndCancelsAnHourBefore) {
    const auto payment = held_until(kNoon + days(7));
    EXPECT_EQ(payment.due_at, kNoon + days(6));
    EXPECT_EQ(chore_of(payment, kNoon + days(6) - seconds(1)), Chore::none);
    EXPECT_EQ(chore_of(payment, kNoon + days(6)), Chore::warn);
    const auto warned = warn(payment, kNoon + days(6), 3);
    EXPECT_EQ(warned.event_type, "payment.expiring");
    EXPECT_EQ(warned.after.due_at, kNoon + days(7) - hours(1));
    EXPECT_EQ(chore_of(warned.after, kNoon + days(6) + minutes(1)), Chore::none) << "once";
    EXPECT_EQ(chore_of(warned.after, kNoon + days(7) - hours(1)), Chore::cancel);
}

TEST(Expiry, ShortLivesHaveShortNotice) {
    const auto payment = held_until(kNoon + seconds(10));
    EXPECT_EQ(payment.due_at, kNoon + seconds(5));
    EXPECT_EQ(chore_of(payment, kNoon + seconds(9)), Chore::cancel);
}

TEST(Expiry, EndsInExpiredAndIsTriedAgainWhenItIsRefused) {
    const auto at = kNoon + days(7) - hours(1);
    const Wish wish{
        .action = Action::cancel, .reason = std::string(kExpired), .scope = Scope::expire};
    const auto cancel = begin(held_until(kNoon + days(7)), {}, wish, {"stripe", "k"},
                              {.key = "key"}, {at, seconds(30)}, 3);
    ASSERT_TRUE(cancel);
    EXPECT_TRUE(cancel->after.operation.by_itself);
    EXPECT_EQ(cancel->after.due_at, Instant::max()) << "while it is under way";
    const auto done = settle(cancel->after, yes(), at, 4);
    EXPECT_EQ(done->event_type, "payment.expired");
    EXPECT_EQ(status_of(done->after), Status::expired);
    EXPECT_EQ(done->after.cancellation_reason, "expired");
    EXPECT_EQ(done->after.due_at, Instant::max());
    const auto late = begin(done->after, {}, {.action = Action::capture}, {"stripe", "k"},
                            {.key = "key-3"}, kTiming, 5);
    EXPECT_EQ(late.error().code, "payment_not_capturable");
    const auto refused = settle(cancel->after, no(), at, 4);
    EXPECT_EQ(refused->after.due_at, at + hours(1));
    EXPECT_FALSE(refused->after.operation.review);
    const auto at_the_end = settle(cancel->after, no(), at + hours(1), 4);
    EXPECT_EQ(at_the_end->after.due_at, Instant::max()) << "it has lapsed";
    EXPECT_TRUE(at_the_end->after.operation.review) << "somebody is to look why";
}

TEST(Expiry, ABuyerWhoDoesNothingHasAnHour) {
    const connectors::Pending challenge{"pi_1", "customer", "https://bank.example/3ds"};
    const auto waiting = settle(opened(), challenge, kNoon, 1)->after;
    EXPECT_EQ(waiting.due_at, kNoon + hours(1));
    EXPECT_EQ(chore_of(waiting, kNoon + hours(1) - seconds(1)), Chore::none);
    EXPECT_EQ(chore_of(waiting, kNoon + hours(1)), Chore::cancel);
    const auto taken = settle(waiting, connectors::Pending{"pi_1", "provider", ""}, kNoon, 2);
    EXPECT_EQ(taken->after.due_at, Instant::max()) << "he has done his part";
    const Wish wish{
        .action = Action::cancel, .reason = std::string(kExpired), .scope = Scope::expire};
    const Timing later{kNoon + hours(1), seconds(30)};
    const auto fenced = begin(waiting, {}, wish, {"stripe", "k"}, {.key = "key"}, later, 3);
    ASSERT_TRUE(fenced);
    EXPECT_EQ(fenced->after.due_at, Instant::max()) << "the operation has its own time";
    const auto over = settle(fenced->after, no(), later.now, 4);
    EXPECT_EQ(over->event_type, "payment.expired");
    EXPECT_EQ(status_of(over->after), Status::expired);
    EXPECT_EQ(over->after.due_at, Instant::max());
}

TEST(Expiry, WhatIsTakenOrGivenBackHasNoChores) {
    EXPECT_EQ(settle(opened(), yes(), kNoon, 1)->after.due_at, Instant::max());
    const auto captured = settle(begun(Action::capture), yes(), kNoon, 1)->after;
    EXPECT_EQ(captured.due_at, Instant::max());
    EXPECT_EQ(settle(begun(Action::cancel), yes(), kNoon, 1)->after.due_at, Instant::max());
    EXPECT_EQ(settle(begun(Action::capture), no(), kNoon, 1)->after.due_at, kNoon + days(6));
}

}  // namespace
}  // namespace florin::payments
