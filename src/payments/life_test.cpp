// Goal: no sequence of decisions breaks what the database checks, and the ledger always says the
// same as the counters. Method: random lives of payments with captures in parts, cancellations and
// several refunds at once (the seed is printed; --gtest_random_seed repeats one).

#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <random>
#include <set>

#include "payments/rules.h"
#include "payments/test_payment.h"

namespace florin::payments {
namespace {

using namespace testing;
using connectors::NotFound;
using connectors::NotSent;
using connectors::Outcome;
using connectors::Pending;
using connectors::Unknown;
using operation::State;
using std::chrono::seconds;

const Outcome kOutcomes[] = {
    yes(),
    no(),
    Pending{"pi_1", "customer", "https://bank.example/3ds"},
    Pending{"pi_1", "provider", ""},
    NotSent{"connect refused"},
    Unknown{"no answer"},
    NotFound{},
};

class Life {
public:
    explicit Life(std::uint64_t seed) : random_(seed), payment_(opened(random_() % 2 == 0)) {
        operations_[payment_.operation.id] = payment_.operation;
    }

    void live(int steps) {
        for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) {
            now_ += seconds(random_() % 400);
            if (const auto change = pick()) take(*change);
        }
    }

private:
    // The payment as the store would load it with that operation.
    Payment with(const Operation& operation) const {
        auto payment = payment_;
        payment.operation = operation;
        payment.provider_reference = operations_.at(payment.main).provider_reference;
        return payment;
    }

    std::optional<Change> pick() {
        if (random_() % 3 == 0) return wish();
        auto at = operations_.begin();
        std::advance(at, static_cast<std::ptrdiff_t>(random_() % operations_.size()));
        const auto payment = with(at->second);
        const auto state = payment.operation.state;
        if (state == State::not_sent) {
            if (auto change = give_up(payment, now_, random_())) return change;
            return send_again(payment, {now_, seconds(30)}, random_());
        }
        const bool late = state == State::declined && random_() % 8 == 0;
        if (operation::is_settled(state) && !late) return std::nullopt;
        return settle(payment, kOutcomes[random_() % std::size(kOutcomes)], now_, random_());
    }

    std::optional<Change> wish() {
        static constexpr Action kActions[] = {Action::capture, Action::capture, Action::cancel,
                                              Action::refund, Action::refund};
        Wish wish{.action = kActions[random_() % std::size(kActions)]};
        if (wish.action != Action::cancel && random_() % 2 == 0)
            wish.amount = 1 + static_cast<std::int64_t>(random_() % 10'000);
        wish.is_final = random_() % 2 == 0;
        if (wish.action != Action::cancel && !wish.amount && random_() % 2 == 0) {
            const auto& order = payment_.orders[random_() % payment_.orders.size()];
            const auto most = static_cast<std::uint64_t>(order.amount);
            wish.orders = {{order.reference, 1 + static_cast<std::int64_t>(random_() % most)}};
        }
        std::vector<Part> parts;
        for (const auto& [id, op] : operations_) parts.push_back({op.kind, op.state, op.shares});
        auto change = begin(with(operations_.at(payment_.main)), parts, wish, {"stripe", "k"},
                            {.key = "c"}, {now_, seconds(30)}, random_());
        return change ? std::optional(std::move(*change)) : std::nullopt;
    }

    void take(const Change& change) {
        const auto& after = change.after;
        const auto& c = after.counters;
        EXPECT_GE(std::min({c.authorized, c.capture_reserved, c.captured, c.voided,
                            c.refund_reserved, c.refunded}),
                  0);
        EXPECT_LE(c.authorized, after.amount);
        EXPECT_LE(c.captured + c.capture_reserved + c.voided, c.authorized);
        EXPECT_LE(c.refunded + c.refund_reserved, c.captured);
        EXPECT_EQ(after.version, payment_.version + 1);
        EXPECT_FALSE(change.event_type.empty());
        EXPECT_EQ(change.event_type.starts_with("refund."), !is_main(after.operation.kind));
        EXPECT_TRUE(events_.insert(change.event.uuid()).second) << "an event's id twice";
        const auto before = operations_.find(after.operation.id);
        EXPECT_EQ(change.operation_is_new, before == operations_.end());
        if (before != operations_.end() && before->second.ended_version != 0) {
            EXPECT_EQ(after.operation.ended_version, before->second.ended_version);
        }
        const bool ended = operation::is_settled(after.operation.state);
        EXPECT_EQ(ended, after.operation.due_at == Instant::max());
        EXPECT_EQ(ended, after.operation.ended_version != 0);
        operations_[after.operation.id] = after.operation;
        payment_ = after;
        EXPECT_EQ(!after.doing, operation::is_settled(operations_.at(after.main).state));
        // Then orders may have been taken twice; the payment as a whole never is.
        is_for_a_person_ |= change.event_type.ends_with(".late_success");
        if (change.posting) book(*change.posting);
        expect_the_ledger_agrees();
    }

    void book(const ledger::Posting& posting) {
        EXPECT_TRUE(ledger::is_balanced(posting));
        EXPECT_TRUE(booked_.insert(posting.id.uuid()).second) << "booked twice";
        for (const auto& leg : posting.legs) {
            balance_[leg.account.code] += leg.amount;
            if (leg.account.code == ledger::kEscrow) escrow_[leg.reference] -= leg.amount;
        }
    }

    void expect_the_ledger_agrees() {
        const auto& c = payment_.counters;
        EXPECT_EQ(-balance_[ledger::kEscrow], c.captured - c.refunded - c.refund_reserved);
        EXPECT_EQ(-balance_[ledger::kRefundInFlight], c.refund_reserved);
        if (is_for_a_person_) return;
        for (const auto& order : payment_.orders) {
            EXPECT_GE(escrow_[order.id.uuid()], 0) << order.reference;
            EXPECT_LE(escrow_[order.id.uuid()], order.amount) << order.reference;
        }
    }

    std::mt19937_64 random_;
    Payment payment_;
    Instant now_ = kNoon;
    std::map<OperationId, Operation> operations_;
    std::map<std::int16_t, std::int64_t> balance_;  // By code; debits above zero.
    std::map<Uuid, std::int64_t> escrow_;           // By order.
    bool is_for_a_person_ = false;
    std::set<Uuid> events_, booked_;
};

TEST(Rules, NoSequenceOfDecisionsBreaksWhatTheDatabaseChecks) {
    const auto seed = static_cast<std::uint64_t>(GTEST_FLAG_GET(random_seed));
    const auto first = seed != 0 ? seed : std::random_device{}();
    std::cout << "seed " << first << '\n';
    for (std::uint64_t i = 0; i < 3000 && !HasFailure(); ++i) {
        SCOPED_TRACE(fmt::format("seed {}", first + i));
        Life(first + i).live(60);
    }
}

}  // namespace
}  // namespace florin::payments
