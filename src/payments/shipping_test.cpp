// Goal: an order's money is released to the minor unit, at its time and once, and what refunds take
// back is exactly what was given. Method: tables, golden entries of the rows I, I', K, and random
// orders of captures, releases and refunds against a model.

#include "payments/shipping.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "payments/postings.h"
#include "payments/test_payment.h"

namespace florin::payments {
namespace {

using namespace testing;
using shipment::Status;
using std::chrono::hours;

const ReleasePolicy kPolicy{hours(24), hours(72)};
const sellers::Fees kFees{.seller = 5950, .commission = 700, .logistics = 350};  // Of 70.00.

ShipmentNews news(Status status, Instant at = kNoon) {
    return {.status = status, .at = at};
}

// Captured whole: version 2.
Payment paid() {
    return settle(opened(), yes(), kNoon, 2)->after;
}

std::vector<Part> parts_of(const Payment& payment) {
    return {{.kind = Action::sale, .state = operation::State::succeeded, .id = payment.main}};
}

Payment shipped(const Payment& payment, Status status = Status::delivered) {
    return ship(payment, 0, news(status), kPolicy, {.key = "s"}, kNoon, 3)->after;
}

Change released(const Payment& payment) {
    return release(payment, parts_of(payment), 0, kFees, kNoon + hours(24), 4);
}

std::string sum(const std::vector<ledger::Posting>& postings) {
    std::map<std::string, std::int64_t> sums;
    for (const auto& posting : postings) {
        EXPECT_TRUE(ledger::is_balanced(posting));
        for (const auto& leg : posting.legs) sums[leg.account.text()] += leg.amount;
    }
    std::string out;
    for (const auto& [account, amount] : sums)
        if (!account.starts_with("interslot"))
            out += fmt::format("{} {} {}\n", amount > 0 ? "Dr" : "Cr", account, std::abs(amount));
    return out;
}

TEST(Shipment, FollowsTheWordOfTheShop) {
    struct Row {
        std::vector<Status> told;
        std::string events, status;
        int release_hours;  // After noon; -1 = never.
    };
    using enum Status;
    const Row rows[] = {
        {{Status::shipped}, "shipped", "shipped", 96},
        {{delivered}, "delivered", "delivered", 24},
        {{Status::shipped, delivered}, "shipped delivered", "delivered", 24},
        {{Status::shipped, returned}, "shipped returned", "returned", -1},
        {{Status::shipped, returned, Status::shipped}, "shipped returned shipped", "shipped", 96},
        {{delivered, Status::shipped}, "delivered shipment_out_of_order", "delivered", 24},
        {{returned}, "shipment_out_of_order", "waiting", -1},
        {{Status::shipped, Status::shipped}, "shipped shipment_unchanged", "shipped", 96},
    };
    for (const auto& row : rows) {
        auto payment = paid();
        std::string events;
        for (const auto status : row.told) {
            auto change = ship(payment, 0, news(status), kPolicy, {.key = "s"}, kNoon, 3);
            events += events.empty() ? "" : " ";
            events += change ? change->event_type.substr(14) : change.error().code;
            if (change) {
                EXPECT_EQ(change->shipments, std::vector<std::size_t>{0});
                EXPECT_TRUE(change->postings.empty());
                payment = change->after;
            }
        }
        const auto& found = payment.orders[0].shipment;
        EXPECT_EQ(events, row.events);
        EXPECT_EQ(name(found.status), row.status);
        const auto at = row.release_hours < 0 ? Instant::max() : kNoon + hours(row.release_hours);
        EXPECT_EQ(found.release_at, at) << row.events;
        EXPECT_EQ(found.due_at, at);
        EXPECT_EQ(payment.orders[1].shipment, Shipment());
    }
}

TEST(Shipment, TheEstimateCountsWhileNobodyTellsOfTheDelivery) {
    auto word = news(Status::shipped);
    word.estimated_at = kNoon + hours(10);
    word.carrier = "dhl";
    auto payment = ship(paid(), 0, word, kPolicy, {}, kNoon, 3)->after;
    EXPECT_EQ(payment.orders[0].shipment.release_at, kNoon + hours(34));
    word = news(Status::shipped);
    word.tracking_number = "JD1";
    const auto more = ship(payment, 0, word, kPolicy, {}, kNoon, 3);
    ASSERT_TRUE(more);
    EXPECT_EQ(more->event_type, "payment_order.updated");
    EXPECT_EQ(more->after.orders[0].shipment.carrier, "dhl");
    EXPECT_EQ(more->after.orders[0].shipment.tracking_number, "JD1");
}

TEST(Shipment, WhatIsNotPaidIsNotShipped) {
    const auto failed = settle(opened(), no(), kNoon, 2)->after;
    for (const auto& payment : {opened(), failed}) {
        const auto change = ship(payment, 0, news(Status::shipped), kPolicy, {}, kNoon, 3);
        ASSERT_FALSE(change);
        EXPECT_EQ(change.error().code, "payment_order_not_paid");
    }
    // An authorization is enough: shops capture when they ship.
    EXPECT_TRUE(ship(authorized(), 0, news(Status::shipped), kPolicy, {}, kNoon, 3));
}

using Line = Transition<Status, shipment::Event>;

// With that status of its first order. A refund under way kept a part from being released.
Payment with_status(Status status) {
    switch (status) {
        case Status::waiting:
            return paid();
        case Status::returned:
            return shipped(shipped(paid(), Status::shipped), Status::returned);
        case Status::released: {
            auto parts = parts_of(paid());
            parts.push_back({.kind = Action::refund,
                             .state = operation::State::sending,
                             .shares = {1000, 0, 0}});
            return release(shipped(paid()), parts, 0, kFees, kNoon + hours(24), 4).after;
        }
        default:
            return shipped(paid(), status);
    }
}

Result<Change> brought_about(const Payment& payment, shipment::Event event) {
    using shipment::Event;
    const auto now = kNoon + hours(999);
    if (event == Event::released) return release(payment, parts_of(payment), 0, kFees, now, 9);
    const auto status = payment.orders[0].shipment.status;
    auto word = news(event == Event::shipped      ? Status::shipped
                     : event == Event::delivered  ? Status::delivered
                     : event == Event::returned   ? Status::returned
                     : status == Status::released ? Status::delivered
                                                  : status);
    word.tracking_number = "JD2";
    return ship(payment, 0, word, kPolicy, {}, now, 9);
}

class ShipmentStep : public ::testing::TestWithParam<Line> {};

TEST_P(ShipmentStep, Happens) {
    const auto& [from, on, to] = GetParam();
    const auto before = with_status(from);
    ASSERT_EQ(before.orders[0].shipment.status, from);
    const auto change = brought_about(before, on);
    ASSERT_TRUE(change) << change.error().detail;
    EXPECT_EQ(change->event_type, "payment_order." + std::string(name(on)));
    EXPECT_EQ(change->after.orders[0].shipment.status, to);
}

INSTANTIATE_TEST_SUITE_P(Table, ShipmentStep, ::testing::ValuesIn(shipment::kTransitions),
                         [](const auto& info) {
                             return fmt::format("{}_by_{}_to_{}", name(info.param.from),
                                                name(info.param.on), name(info.param.to));
                         });

TEST(Release, IsDueAtItsTimeAndNotWhileABankHasTheMoney) {
    const auto payment = shipped(paid());
    const auto parts = parts_of(payment);
    EXPECT_EQ(chore_of(payment, parts, 0, kNoon + hours(23)), ReleaseChore::none);
    EXPECT_EQ(chore_of(payment, parts, 0, kNoon + hours(24)), ReleaseChore::release);
    EXPECT_EQ(chore_of(payment, parts, 1, kNoon + hours(24)), ReleaseChore::none);
    EXPECT_EQ(chore_of(payment, {}, 0, kNoon + hours(24)), ReleaseChore::none);  // Not captured.
    auto disputed = payment;
    disputed.counters.disputed = 1;
    EXPECT_EQ(chore_of(disputed, parts, 0, kNoon + hours(24)), ReleaseChore::wait);
    EXPECT_EQ(chore_of(shipped(payment, Status::returned), parts, 0, kNoon + hours(999)),
              ReleaseChore::none);
}

TEST(Release, RowISplitsTheOrder) {
    auto payment = paid();
    payment.orders[0].shipment.carrier = "dhl";
    const auto change = released(shipped(payment));
    EXPECT_EQ(change.event_type, "payment_order.released");
    EXPECT_EQ(sum(change.postings),
              "Cr commission:EUR 700\n"
              "Dr escrow:EUR 7000\n"
              "Cr logistics_payable:dhl:EUR 350\n"
              "Cr seller_payable:seller_a:EUR 5950\n");
    const auto& shipment = change.after.orders[0].shipment;
    EXPECT_EQ(shipment.released, 7000);
    EXPECT_EQ(shipment.due_at, Instant::max());
    EXPECT_EQ(chore_of(change.after, parts_of(payment), 0, kNoon + hours(999)), ReleaseChore::none);
}

// Row I': the seller lives in another slot, and both halves are there.
TEST(Release, IsBookedInTheSlotsOfOrderAndSeller) {
    const auto change = released(shipped(paid()));
    const auto home = ledger::home_of(a_merchant(), "seller_a");
    ASSERT_NE(home, change.after.id.slot());
    ASSERT_EQ(change.postings.size(), 2U);
    EXPECT_EQ(change.postings[0].id.slot(), change.after.id.slot());
    EXPECT_EQ(change.postings[1].id.slot(), home);
    EXPECT_EQ(change.postings[0].kind, "release");
}

Change refunded(const Payment& payment, std::int64_t amount, Payables payables) {
    Wish wish{.action = Action::refund, .orders = {{"ord_1", amount}}};
    wish.payables = std::move(payables);
    auto change =
        begin(payment, parts_of(payment), wish, {"stripe", "k"}, {.key = "r"}, kTiming, 5);
    EXPECT_TRUE(change) << change.error().code;
    return *change;
}

TEST(TakeBack, RowKTakesFromTheSellerWhatHeIsOwedAndThenADebt) {
    const auto payment = released(shipped(paid())).after;
    const auto all = refunded(payment, 7000, {{"seller_a", 10'000}});
    EXPECT_EQ(sum(all.postings),
              "Dr commission:EUR 700\n"
              "Dr goodwill:EUR 350\n"
              "Cr refund_in_flight:stripe:EUR 7000\n"
              "Dr seller_payable:seller_a:EUR 5950\n");
    EXPECT_EQ(all.after.orders[0].shipment.released, 0);
    EXPECT_EQ(all.after.operation.taken_back, (std::vector<std::int64_t>{7000, 0, 0}));
    EXPECT_EQ(sum(refunded(payment, 7000, {{"seller_a", 1000}}).postings),
              "Dr commission:EUR 700\n"
              "Dr goodwill:EUR 350\n"
              "Cr refund_in_flight:stripe:EUR 7000\n"
              "Dr seller_payable:seller_a:EUR 1000\n"
              "Dr seller_receivable:seller_a:EUR 4950\n");
    EXPECT_EQ(sum(refunded(payment, 1000, {}).postings),
              "Dr commission:EUR 100\n"
              "Dr goodwill:EUR 50\n"
              "Cr refund_in_flight:stripe:EUR 1000\n"
              "Dr seller_receivable:seller_a:EUR 850\n");
}

TEST(TakeBack, ARefusedRefundIsTheSellersAgain) {
    const auto begun = refunded(released(shipped(paid())).after, 7000, {{"seller_a", 10'000}});
    const auto refused = settle(begun.after, no(), kNoon, 6);
    ASSERT_TRUE(refused);
    EXPECT_EQ(sum(refused->postings),
              "Cr commission:EUR 700\n"
              "Cr goodwill:EUR 350\n"
              "Dr refund_in_flight:stripe:EUR 7000\n"
              "Cr seller_payable:seller_a:EUR 5950\n");
    EXPECT_EQ(refused->after.orders[0].shipment.released, 7000);
    EXPECT_EQ(refused->shipments, std::vector<std::size_t>{0});
}

// Before the release a refund is paid by escrow alone, and the release is of the rest.
TEST(TakeBack, EscrowComesFirst) {
    auto payment = shipped(paid());
    const auto begun = refunded(payment, 3000, {{"seller_a", 10'000}});
    EXPECT_TRUE(begun.after.operation.taken_back.empty());
    EXPECT_TRUE(begun.shipments.empty());
    auto parts = parts_of(payment);
    parts.push_back({.kind = Action::refund,
                     .state = operation::State::sending,
                     .shares = begun.after.operation.shares});
    EXPECT_EQ(in_escrow(begun.after, parts, 0), 4000);
    const auto change = release(begun.after, parts, 0, kFees, kNoon + hours(24), 7);
    EXPECT_EQ(sum(change.postings),
              "Cr commission:EUR 400\n"
              "Dr escrow:EUR 4000\n"
              "Cr logistics_payable:unknown:EUR 200\n"
              "Cr seller_payable:seller_a:EUR 3400\n");
}

// Whatever is released, refunded and refused in whatever parts: the order's money is in escrow,
// with the buyer, or where the fees of what is released say, to the minor unit.
TEST(TakeBack, NoMinorUnitIsLost) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE(fmt::format("seed {}", seed));
    std::mt19937_64 random(seed);
    for (int round = 0; round < 200; ++round) {
        auto payment = shipped(paid());
        payment.orders[0].shipment.carrier = "dhl";
        auto parts = parts_of(payment);
        std::map<std::string, std::int64_t> sums;
        std::map<std::size_t, Payment> open;  // Refunds under way, by the number of their part.
        const auto take = [&](const Change& change) {
            for (const auto& posting : change.postings) {
                EXPECT_TRUE(ledger::is_balanced(posting));
                for (const auto& leg : posting.legs)
                    sums[leg.account.text().substr(0, leg.account.text().find(':'))] += leg.amount;
            }
            payment = change.after;
        };
        for (int i = 0; i < 12; ++i) {
            const auto at = kNoon + hours(24 + i);
            const auto draw = random() % 3;
            if (draw == 0 && chore_of(payment, parts, 0, at) == ReleaseChore::release) {
                take(release(payment, parts, 0, kFees, at, random()));
            } else if (draw == 1) {
                Wish wish{.action = Action::refund};
                wish.orders = {{"ord_1", 1 + static_cast<std::int64_t>(random() % 2500)}};
                wish.payables["seller_a"] = std::max<std::int64_t>(-sums["seller_payable"], 0);
                const auto change =
                    begin(payment, parts, wish, {"stripe", "k"}, {}, {at, hours(1)}, random());
                if (!change) continue;
                take(*change);
                open.emplace(parts.size(), payment);
                parts.push_back({.kind = Action::refund,
                                 .state = operation::State::sending,
                                 .shares = payment.operation.shares});
            } else if (!open.empty()) {
                auto [number, refund] = *open.begin();
                open.erase(open.begin());
                auto with = payment;
                with.operation = refund.operation;
                const bool is_yes = random() % 2 == 0;
                take(*settle(with, is_yes ? yes() : no(), at, random()));
                parts[number].state =
                    is_yes ? operation::State::succeeded : operation::State::declined;
            }
            const auto& shipment = payment.orders[0].shipment;
            const auto cut = sellers::part_of(kFees, 0, shipment.released);
            EXPECT_EQ(-sums["commission"], cut.commission);
            EXPECT_EQ(-sums["seller_payable"] - sums["seller_receivable"], cut.seller);
            EXPECT_EQ(-sums["logistics_payable"] - sums["goodwill"], cut.logistics);
            EXPECT_GE(-sums["seller_payable"], 0);
            EXPECT_EQ(-sums["escrow"], in_escrow(payment, parts, 0) - 7000);  // 7000 came before.
        }
    }
}

}  // namespace
}  // namespace florin::payments
