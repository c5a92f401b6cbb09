// Goal: a payment that is split over points and a card loses no minor unit and no point, whatever
// is captured and refunded in whatever parts. Method: golden entries, and random lives (the seed is
// printed) of which both sides are added up by the test itself.

#include "payments/tender.h"

#include <gtest/gtest.h>

#include <iostream>
#include <random>

#include "payments/postings.h"
#include "payments/step.h"
#include "payments/test_payment.h"

namespace florin::payments {
namespace {

using namespace testing;

// 100.00 EUR of which points pay 5.00, 2 cents each.
Payment split_payment(bool capture_later, std::int64_t amount = 500, std::int64_t unit = 2) {
    auto order = wanted(capture_later);
    order.tender = {.provider = "points", .amount = amount, .unit = unit};
    return open(std::move(order), {"stripe", "provider-key"}, kTiming, 1);
}

Payment held(bool capture_later, std::int64_t amount = 500, std::int64_t unit = 2) {
    auto payment = split_payment(capture_later, amount, unit);
    payment.tender.reference = "wch_1";
    return settle(payment, yes(), kNoon, 2)->after;
}

std::string lines(const ledger::Posting& posting) {
    std::string out;
    for (const auto& leg : posting.legs)
        out += fmt::format("{} {}\n", leg.account.text(), leg.amount);
    return out;
}

TEST(SplitTender, RowXBothPayIntoTheOrders) {
    auto payment = split_payment(false);
    payment.tender.reference = "wch_1";
    const auto change = settle(payment, yes(), kNoon, 2);
    ASSERT_TRUE(change);
    EXPECT_EQ(change->event_type, "payment.succeeded");
    EXPECT_EQ(change->after.tender.captured, 500);
    EXPECT_EQ(lines(change->postings.front()),
              "psp_receivable:stripe:EUR 9500\n"
              "psp_receivable:points:EUR 500\n"
              "escrow:EUR -7000\n"
              "escrow:EUR -2999\n"
              "escrow:EUR -1\n");
}

TEST(SplitTender, ARefundTakesFromTheMethodFirstAndBooksBoth) {
    const auto paid = held(false);
    const Part sale{.kind = Action::sale, .state = operation::State::succeeded};
    const auto begun = begin(paid, {{sale}}, {.action = Action::refund, .amount = 9601},
                             {"stripe", "refund-key"}, {.key = "key-2"}, kTiming, 3);
    ASSERT_TRUE(begun);
    EXPECT_EQ(begun->after.operation.tender_amount, 102) << "51 points are the least that do";
    EXPECT_EQ(begun->after.tender.returned, 102);
    const auto entries = lines(begun->postings.front());
    EXPECT_NE(entries.find("refund_in_flight:stripe:EUR -9499\n"), std::string::npos) << entries;
    EXPECT_NE(entries.find("refund_in_flight:points:EUR -102\n"), std::string::npos) << entries;
    const auto refused = settle(begun->after, no(), kNoon, 4);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->after.tender.returned, 0);
}

TEST(SplitTender, ANoOfTheMethodBeginsToGiveBackWhatIsHeldAndItsLateYesIsTheMethodsAlone) {
    auto payment = split_payment(false);
    payment.tender.reference = "wch_1";
    const auto failed = settle(payment, no(), kNoon, 2);
    ASSERT_TRUE(failed);
    ASSERT_EQ(failed->follow_ups.size(), 1U);
    const auto& release = failed->follow_ups.front();
    EXPECT_EQ(std::tie(release.kind, release.provider, release.about, release.amount),
              std::tuple(Action::release, "points", "wch_1", 500));
    EXPECT_TRUE(release.tender_key.empty());
    const auto late = settle(failed->after, yes(), kNoon, 4);
    ASSERT_TRUE(late);
    EXPECT_EQ(lines(late->postings.front()),
              "psp_receivable:stripe:EUR 9500\nunapplied:EUR -9500\n");
    EXPECT_EQ(late->after.tender.captured, 0);
}

TEST(SplitTender, WhatWasNeverHeldIsNotGivenBack) {
    const auto failed = settle(split_payment(false), no(), kNoon, 2);
    ASSERT_TRUE(failed);
    EXPECT_TRUE(failed->follow_ups.empty());
}

// A yes to the first attempt arrives while the second one holds points of its own.
TEST(SplitTender, WhatIsHeardOfAnEarlierAttemptIsNotAboutTheHoldInUse) {
    auto payment = split_payment(false);
    note_hold(payment, "wch_1");
    EXPECT_EQ(payment.tender.reference, "wch_1");
    const auto first = payment.operation;
    const auto failed = settle(payment, no(), kNoon, 2)->after;
    const Part part{.kind = Action::sale, .state = operation::State::declined};
    auto second = begin(failed, {{part}}, {.action = Action::sale}, {"stripe", "third-key"},
                        {.key = "key-3"}, kTiming, 5)
                      ->after;
    note_hold(second, "wch_2");
    EXPECT_EQ(second.tender.reference, "wch_2");
    second.operation = first;
    note_hold(second, "wch_1");
    EXPECT_EQ(second.tender.reference, "wch_2");
}

TEST(SplitTender, AnotherAttemptHoldsUnderAnotherKey) {
    auto payment = split_payment(false);
    payment.tender.reference = "wch_1";
    const auto failed = settle(payment, no(), kNoon, 2)->after;
    const Part first{.kind = Action::sale, .state = operation::State::declined};
    const auto again = begin(failed, {{first}}, {.action = Action::sale}, {"stripe", "third-key"},
                             {.key = "key-3"}, kTiming, 5);
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->after.tender.reference.empty());
    EXPECT_EQ(again->after.operation.tender_amount, 500);
    EXPECT_NE(again->after.operation.tender_key, payment.operation.tender_key);
}

// Every request to the wallet is the same each time it is made, and none of two steps has the key
// of another.
TEST(SplitTender, RequestsToTheWalletHaveStableKeysOfTheirOwn) {
    const auto payment = split_payment(false);
    const auto hold = tender_order(payment, Action::authorize);
    const auto take = tender_order(payment, Action::capture);
    EXPECT_EQ(hold.key, tender_order(payment, Action::authorize).key);
    EXPECT_EQ(hold.amount.minor(), 500);
    EXPECT_NE(hold.key, take.key);
    EXPECT_NE(hold.key, order_of(payment, false).key);
    EXPECT_EQ(order_of(payment, false).amount.minor(), 9500);
    EXPECT_EQ(after_yes(payment), Action::capture);
}

struct Sides {
    std::int64_t method = 0, tender = 0;
    void add(const Operation& op, std::int64_t sign) {
        method += sign * charged(op);
        tender += sign * op.tender_amount;
    }
};

// Captures or refunds until nothing is left; each is booked as it succeeds.
void play(Payment& payment, Action action, std::mt19937_64& random, Sides& sides,
          std::vector<Part>& parts) {
    const auto unit = payment.tender.unit;
    const auto left = [&] {
        return action == Action::refund ? refundable(payment.counters)
                                        : capturable(payment.counters);
    };
    for (int n = 0; left() > 0 && n < 100; ++n) {
        const auto amount = n == 99 ? left() : 1 + static_cast<std::int64_t>(random() % 3000);
        Wish wish{.action = action, .amount = std::min(amount, left()), .is_final = false};
        auto begun = begin(payment, parts, wish, {"stripe", fmt::format("key-{}", random())},
                           {.key = "k"}, kTiming, random());
        if (!begun) {
            ASSERT_EQ(begun.error().code, "amount_not_whole_points");
            continue;
        }
        ASSERT_EQ(begun->after.operation.tender_amount % unit, 0);
        ASSERT_GE(charged(begun->after.operation), 0);
        payment = settle(begun->after, yes(), kNoon, random())->after;
        const auto& op = payment.operation;
        sides.add(op, action == Action::refund ? -1 : 1);
        parts.push_back({.kind = action, .state = op.state, .shares = op.shares, .id = op.id});
    }
    ASSERT_EQ(left(), 0);
}

TEST(SplitTender, NoMinorUnitIsLostInAnyParts) {
    const auto seed = std::random_device{}();
    std::cout << "seed " << seed << '\n';
    std::mt19937_64 random(seed);
    for (int round = 0; round < 300; ++round) {
        const auto unit = static_cast<std::int64_t>(1 + random() % 7);
        const auto amount = unit * static_cast<std::int64_t>(1 + random() % 1400);
        auto payment = held(true, amount, unit);
        std::vector<Part> parts = {
            {.kind = Action::authorize, .state = operation::State::succeeded}};
        Sides sides;
        play(payment, Action::capture, random, sides, parts);
        ASSERT_EQ(std::tie(sides.method, sides.tender), std::tuple(10000 - amount, amount));
        play(payment, Action::refund, random, sides, parts);
        ASSERT_EQ(std::tie(sides.method, sides.tender), std::tuple(0, 0));
        ASSERT_EQ(payment.tender.returned, amount);
    }
}

}  // namespace
}  // namespace florin::payments
