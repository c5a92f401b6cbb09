// Goal: a payment that is paid in another currency loses no minor unit of either, whatever is
// captured and refunded in whatever parts, and whichever refunds fail. Method: the golden entries
// of row V, and random lives (the seed is printed) whose entries the test adds up itself.

#include "payments/presentment.h"

#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <random>

#include "fx/rules.h"
#include "payments/test_payment.h"

namespace florin::payments {
namespace {

using namespace testing;

constexpr auto kUsd = "USD"_currency;

// Orders of 99.00 USD for 92.00 EUR, of which 1.00 USD is ours.
NewPayment wanted_in_euros(bool capture_later) {
    auto order = wanted(capture_later);
    order.currency = kUsd;
    order.orders = {{"ord_1", "seller_a", Money(9900, kUsd)}};
    order.presentment = Presentment{.quote = FxQuoteId::make(kNoon, 3, 9),
                                    .currency = "EUR"_currency,
                                    .amount = 9200,
                                    .spread = 100,
                                    .expires_at = kNoon + std::chrono::minutes(10)};
    return order;
}

using Sums = std::map<std::string, std::int64_t>;

void add(Sums& sums, const Change& change) {
    for (const auto& posting : change.postings) {
        EXPECT_TRUE(ledger::is_balanced(posting));
        for (const auto& leg : posting.legs) sums[leg.account.text()] += leg.amount;
    }
}

TEST(Presentment, RowVConvertsWhatTheBuyerPays) {
    const auto payment = open(wanted_in_euros(false), {"stripe", "key"}, kTiming, 1);
    EXPECT_EQ(asked_of_method(payment, payment.operation), Money(9200, "EUR"_currency));
    const auto change = settle(payment, yes(), kNoon, 2);
    ASSERT_TRUE(change);
    Sums sums;
    add(sums, *change);
    EXPECT_EQ(sums, (Sums{{"psp_receivable:stripe:EUR", 9200},
                          {"fx_position:EUR", -9200},
                          {"fx_position:USD", 10000},
                          {"fx_revenue:USD", -100},
                          {"escrow:USD", -9900}}));
}

TEST(Presentment, ALateYesIsParkedInTheBuyersCurrency) {
    const auto payment = open(wanted_in_euros(false), {"stripe", "key"}, kTiming, 1);
    const auto failed = settle(payment, no(), kNoon, 2);
    const auto late = settle(failed->after, yes(), kNoon, 3);
    ASSERT_TRUE(late);
    Sums sums;
    add(sums, *late);
    EXPECT_EQ(sums, (Sums{{"psp_receivable:stripe:EUR", 9200}, {"unapplied:EUR", -9200}}));
}

TEST(Presentment, NoAttemptBeginsAfterThePriceIsOver) {
    const auto payment = open(wanted_in_euros(false), {"stripe", "key"}, kTiming, 1);
    const auto failed = settle(payment, no(), kNoon, 2)->after;
    const Part sale{.kind = Action::sale, .state = operation::State::declined};
    const Timing later{kNoon + std::chrono::minutes(10), kTiming.lease};
    for (const auto& [timing, works] : {std::pair(kTiming, true), std::pair(later, false)}) {
        const auto begun = begin(failed, {{sale}}, {.action = Action::sale}, {"stripe", "second"},
                                 {.key = "k"}, timing, 3);
        EXPECT_EQ(begun.has_value(), works);
        if (!works) EXPECT_EQ(begun.error().code, "fx_quote_expired");
    }
}

struct Life {
    Payment payment;
    std::mt19937_64& random;
    std::vector<Part> parts = {};
    Sums sums = {};

    void play(Action action, bool some_fail) {
        const auto left = [&] {
            return action == Action::refund ? refundable(payment.counters)
                                            : capturable(payment.counters);
        };
        for (int n = 0; left() > 0 && n < 200; ++n) {
            const auto wish = n > 100 ? left() : static_cast<std::int64_t>(1 + random() % 4000);
            auto begun =
                begin(payment, parts,
                      {.action = action, .amount = std::min(wish, left()), .is_final = false},
                      {"stripe", fmt::format("key-{}", random())}, {.key = "k"}, kTiming, random());
            if (!begun) {
                ASSERT_EQ(begun.error().code, "amount_too_small");
                continue;
            }
            add(sums, *begun);
            const bool fails = some_fail && n < 50 && random() % 3 == 0;
            const auto ended = settle(begun->after, fails ? no() : yes(), kNoon, random());
            ASSERT_TRUE(ended);
            add(sums, *ended);
            payment = ended->after;
            const auto& op = payment.operation;
            parts.push_back({.kind = action, .state = op.state, .shares = op.shares, .id = op.id});
        }
        ASSERT_EQ(left(), 0);
    }
};

TEST(Presentment, NoMinorUnitIsLostInAnyParts) {
    const auto seed = std::random_device{}();
    std::cout << "seed " << seed << '\n';
    std::mt19937_64 random(seed);
    for (int round = 0; round < 200; ++round) {
        auto order = wanted_in_euros(true);
        order.presentment->amount = static_cast<std::int64_t>(10'000 + random() % 2'000'000);
        order.presentment->spread = static_cast<std::int64_t>(random() % 500);
        const auto whole = *order.presentment;
        auto opened = open(std::move(order), {"stripe", "key"}, kTiming, 1);
        Life life{settle(opened, yes(), kNoon, 2)->after, random};
        life.play(Action::capture, true);
        ASSERT_EQ(life.payment.presentment->captured, whole.amount);
        ASSERT_EQ(life.sums["psp_receivable:stripe:EUR"], whole.amount);
        ASSERT_EQ(life.sums["fx_revenue:USD"], -whole.spread);
        ASSERT_EQ(life.sums["fx_position:USD"], 9900 + whole.spread);
        life.play(Action::refund, true);
        for (const auto& [account, sum] : life.sums) ASSERT_EQ(sum, 0) << account;
    }
}

}  // namespace
}  // namespace florin::payments
