#pragma once

// Random lives of payments, for tests: every wish, every outcome, chores and follow-ups, drawn from
// one seed. After each step it checks what must always hold.

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <numeric>
#include <random>
#include <set>

#include "payments/approval.h"
#include "payments/deadline.h"
#include "payments/disputes.h"
#include "payments/expiry.h"
#include "payments/presentment.h"
#include "payments/rules.h"
#include "payments/test_payment.h"

namespace florin::payments::testing {

using operation::State;

inline const connectors::Outcome kOutcomes[] = {
    yes(),
    no(),
    connectors::Succeeded{"pi_2", {}, {.brand = "visa", .can_increment = true}},
    connectors::Pending{"pi_1", "customer", "https://bank.example/3ds"},
    connectors::Pending{"pi_1", "customer", "https://bank.example/once-more"},
    connectors::Pending{"pi_1", "provider", ""},
    connectors::NotSent{"connect refused"},
    connectors::Unknown{"no answer"},
    connectors::Unknown{"another amount", true},
    connectors::NotFound{},
};

// One in five is split over points and its method, one in five is paid in another currency.
inline Payment opened_as(std::uint64_t seed, bool capture_later) {
    auto order = wanted(capture_later);
    if (seed % 5 == 1) order.tender = {.provider = "points", .amount = 700, .unit = 7};
    if (seed % 5 == 2)
        order.presentment = Presentment{.quote = {},
                                        .currency = "USD"_currency,
                                        .amount = 11'317,
                                        .spread = 211,
                                        .expires_at = kNoon + std::chrono::hours(1)};
    return open(std::move(order), {"stripe", "provider-key"}, kTiming, 1);
}

class Life {
public:
    // Called after each step with the payment before it (its operation is the one that moved).
    using Watch = std::function<void(const Payment& before, const Change&,
                                     const std::optional<Dispute>& dispute_before)>;

    explicit Life(std::uint64_t seed, Watch watch = {})
        : random_(seed),
          has_detours_(seed % 16 == 0),
          takes_parts_(seed % 3 == 0),
          has_limit_(seed % 4 < 2),
          payment_(opened_as(seed, random_() % 2 == 0)),
          watch_(std::move(watch)) {
        operations_[payment_.operation.id] = payment_.operation;
    }

    void live(int steps) {
        for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) {
            const bool long_pause = !takes_parts_ && random_() % 8 == 0;
            now_ += std::chrono::seconds(random_() % (long_pause ? 400'000 : 400));
            if (const auto change = pick()) take(*change);
        }
    }

private:
    // The payment as the store would load it with that operation.
    Payment with(const Operation& operation) const {
        auto payment = payment_;
        payment.operation = operation;
        payment.provider_reference = operations_.at(payment.main).provider_reference;
        const bool holds = is_first_step(operation.kind) && !is_settled(operation.state);
        if (holds && payment.tender.amount > 0) payment.tender.reference = "wch_1";
        return payment;
    }

    std::optional<Change> pick() {
        const auto main = with(operations_.at(payment_.main));
        switch (chore_of(main, now_)) {
            case Chore::warn:
                return warn(main, now_, random_());
            case Chore::cancel:
                return begun({.action = Action::cancel,
                              .reason = std::string(kExpired),
                              .scope = Scope::expire});
            case Chore::none:
                break;
        }
        if (auto change = deadline(main)) return change;
        if (random_() % 8 == 0) {
            if (auto change = from_outside()) return change;
        }
        if (random_() % 3 == 0) return wish();
        auto at = operations_.begin();
        std::advance(at, static_cast<std::ptrdiff_t>(random_() % operations_.size()));
        const auto payment = with(at->second);
        const auto state = payment.operation.state;
        if (waits_for_approval(payment.operation)) return decision(payment);
        if (state == State::ready) return send_again(payment, {now_, kLease}, random_());
        if (state == State::not_sent) {
            if (auto change = give_up(payment, now_, random_())) return change;
            return send_again(payment, {now_, kLease}, random_());
        }
        const bool late = state == State::declined && random_() % 4 == 0;
        if (operation::is_settled(state) && !late) return std::nullopt;
        const auto& heard = late ? kOutcomes[0] : kOutcomes[random_() % std::size(kOutcomes)];
        if (has_detours_ && random_() % 2 == 0) {
            const Provider next{"stripe_us", "k1"};
            if (auto change = reroute(payment, heard, next, {now_, kLease}, random_()))
                return change;
        }
        return settle(payment, heard, now_, random_());
    }

    // The first dispute whose time has come; our word on one in eight is on its way.
    std::optional<Change> deadline(const Payment& main) {
        for (auto& [reference, one] : disputes_) {
            if (now_ < one.due_at) continue;
            one.reply_waits = random_() % 8 == 0;
            const auto chore = chore_of(one, now_);
            if (chore == DeadlineChore::warn) return warn_of_deadline(main, one, now_, random_());
            if (chore == DeadlineChore::look) return read_dispute(main, reference);
        }
        return std::nullopt;
    }

    std::optional<Change> wish() {
        static constexpr Action kActions[] = {Action::capture, Action::capture, Action::cancel,
                                              Action::refund,  Action::refund,  Action::adjust,
                                              Action::sale};
        Wish wish{.action = kActions[random_() % std::size(kActions)]};
        if (takes_parts_ && random_() % 4 != 0) wish.action = Action::capture;
        if (random_() % 16 == 0) return begun({.undo = true});
        wish.in_place = random_() % 2 == 0;
        if (wish.action == Action::sale) {
            wish.scope = Scope::attempt;
            if (payment_.capture_later) wish.action = Action::authorize;
            if (random_() % 2 == 0) wish.method_type = "card", wish.method_token = "pm_card_amex";
            return begun(wish);
        }
        if (wish.action == Action::adjust || (wish.action != Action::cancel && random_() % 2 == 0))
            wish.amount = 1 + static_cast<std::int64_t>(random_() % 10'000);
        wish.is_final = random_() % (takes_parts_ ? 8 : 2) == 0;
        if (takes_parts_ && wish.amount) *wish.amount = 1 + *wish.amount / 4;
        if (wish.action != Action::cancel && !wish.amount && random_() % 2 == 0) {
            const auto& order = payment_.orders[random_() % payment_.orders.size()];
            const auto most = static_cast<std::uint64_t>(order.amount);
            wish.orders = {{order.reference, 1 + static_cast<std::int64_t>(random_() % most)}};
        }
        return begun(wish);
    }

    std::optional<Change> decision(const Payment& payment) {
        const Decision said{.approve = random_() % 2 == 0, .by = KeyId::make(kNoon, 1, 1)};
        auto change = decide(payment, said, {.key = "d"}, {now_, kLease}, random_());
        if (!change) EXPECT_EQ(change.error().code, "payment_disputed");
        return change ? std::optional(std::move(*change)) : std::nullopt;
    }

    // What banks and providers do by themselves.
    std::optional<Change> from_outside() {
        const auto main = with(operations_.at(payment_.main));
        if (random_() % 3 == 0) return take_lapse(main, no(), now_, random_());
        if (random_() % 3 == 0) {
            for (const auto& [id, op] : operations_)
                if (auto change = take_return(with(op), no(), now_, random_())) return change;
        }
        if (payment_.counters.captured == 0) return std::nullopt;
        return read_dispute(main, "dp_" + std::to_string(random_() % 2));
    }

    std::optional<Change> read_dispute(const Payment& main, const std::string& reference) {
        std::optional<Dispute> known;
        if (disputes_.contains(reference)) known = disputes_.at(reference);
        auto change = take_dispute(main, parts(), known, facts(reference), {}, now_, random_());
        return change ? std::move(*change) : std::nullopt;
    }

    connectors::DisputeFacts facts(const std::string& reference) {
        using dispute::Status;
        // `expired` is no provider's word.
        const auto status = static_cast<Status>(random_() % static_cast<int>(Status::expired));
        const auto amount = 1 + static_cast<std::int64_t>(random_() % 9000);
        const bool moved = status == Status::needs_response || status == Status::under_review ||
                           status == Status::won || status == Status::lost;
        // The money follows the word at once, later, in part, or never.
        const auto taken =
            moved ? amount - static_cast<std::int64_t>(random_() % 2) * amount / 3 : 0;
        const bool back = status == Status::won && random_() % 4 != 0;
        return {.reference = reference,
                .status = std::string(name(status)),
                .reason = "fraudulent",
                .amount = payment_.money(amount),
                .withdrawn = taken,
                .reinstated = back ? taken : 0,
                .fee = moved && (!back || random_() % 2 == 0) ? 1500 : 0,
                .evidence_due_at = kNoon + std::chrono::days(random_() % 12)};
    }

    std::vector<Part> parts() const {
        std::vector<Part> out;
        for (const auto& [id, op] : operations_)
            out.push_back({op.kind, op.state, op.shares, id, op.review, unapproved(op)});
        for (const auto& [reference, one] : disputes_)
            if (one.status == dispute::Status::lost)
                out.push_back({Action::refund, State::succeeded, one.shares});
        return out;
    }

    std::optional<Change> begun(Wish wish) {
        wish.asked_by = KeyId::make(kNoon, 0, 1);
        if (has_limit_) wish.refund_limit = 3000;
        auto change = begin(with(operations_.at(payment_.main)), parts(), wish, {"stripe", "k"},
                            {.key = "c"}, {now_, kLease}, random_());
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
        EXPECT_GE(c.disputed, 0);
        EXPECT_TRUE(after.dispute_override ||
                    c.refunded + c.refund_reserved + c.disputed <= c.captured);
        EXPECT_EQ(after.version, payment_.version + 1);
        EXPECT_FALSE(change.event_type.empty());
        EXPECT_EQ(change.event_type.starts_with("dispute."), change.dispute.has_value());
        if (!change.dispute)
            EXPECT_EQ(change.event_type.starts_with("payment."), is_main(after.operation.kind));
        EXPECT_TRUE(events_.insert(change.event.uuid()).second) << "an event's id twice";
        const auto before = operations_.find(after.operation.id);
        EXPECT_EQ(change.operation_is_new, before == operations_.end());
        if (before != operations_.end() && before->second.ended_version != 0) {
            EXPECT_EQ(after.operation.ended_version, before->second.ended_version);
        }
        const bool ended = operation::is_settled(after.operation.state);
        const bool is_held = waits_for_approval(after.operation);
        EXPECT_EQ(ended || is_held, after.operation.due_at == Instant::max());
        expect_two_persons(before == operations_.end() ? Operation() : before->second, change);
        EXPECT_EQ(ended, after.operation.ended_version != 0);
        if (change.dispute) {
            const auto& dispute = *change.dispute;
            const bool can_answer = takes_reply(dispute.status);
            EXPECT_EQ(can_answer, dispute.due_at != Instant::max()) << "all have a deadline here";
            if (can_answer) EXPECT_LE(dispute.due_at, std::max(now_, dispute.evidence_due_at));
            if (watch_) watch_(with(operations_.at(payment_.main)), change, known(*change.dispute));
            disputes_[change.dispute->reference] = *change.dispute;
        } else if (watch_) {
            const bool is_new = before == operations_.end();
            watch_(with(operations_.at(is_new ? payment_.main : before->first)), change, {});
        }
        operations_[after.operation.id] = after.operation;
        for (const auto& op : change.follow_ups) {
            EXPECT_EQ(op.state, State::ready);
            EXPECT_TRUE(operations_.emplace(op.id, op).second) << "an operation's id twice";
        }
        payment_ = after;
        EXPECT_EQ(!after.doing, operation::is_settled(operations_.at(after.main).state));
        // Then orders may have been taken twice; the payment as a whole never is.
        is_for_a_person_ |= change.event_type.ends_with(".late_success");
        for (const auto& posting : change.postings) book(posting);
        expect_the_ledger_agrees();
    }

    // What waits is sent by nothing but another key's yes, and what one person's word gives back
    // stays within the limit.
    void expect_two_persons(const Operation& before, const Change& change) {
        const auto& op = change.after.operation;
        if (waits_for_approval(before) && !change.dispute) {
            EXPECT_TRUE(change.event_type == "refund.approved" ||
                        change.event_type == "refund.rejected")
                << change.event_type;
            EXPECT_NE(op.approval.decided_by, op.approval.asked_by);
            EXPECT_EQ(op.state == State::sending, op.approval.state == Approval::State::approved);
        }
        if (waits_for_approval(op)) EXPECT_EQ(op.state, State::ready);
        if (!has_limit_) EXPECT_EQ(op.approval.state, Approval::State::not_needed);
        std::int64_t sent = 0;
        for (const auto& [id, one] : operations_)
            if (one.state != State::ready && one.state != State::declined) sent += unapproved(one);
        if (has_limit_ && !is_for_a_person_) EXPECT_LE(sent, 3000);
    }

    void book(const ledger::Posting& posting) {
        std::string all = posting.kind;
        for (const auto& leg : posting.legs)
            all += fmt::format(" {} {}", leg.account.text(), leg.amount);
        EXPECT_TRUE(ledger::is_balanced(posting)) << all;
        EXPECT_TRUE(booked_.insert(posting.id.uuid()).second) << "booked twice";
        for (const auto& leg : posting.legs) {
            balance_[leg.account.code] += leg.amount;
            if (leg.account.code == ledger::kEscrow) escrow_[leg.reference] -= leg.amount;
        }
    }

    void expect_the_ledger_agrees() {
        const auto& c = payment_.counters;
        std::int64_t lost = 0, uncovered = 0, withdrawn = 0;
        for (const auto& [reference, one] : disputes_) {
            const bool is_lost = one.status == dispute::Status::lost;
            const auto covered = std::accumulate(one.shares.begin(), one.shares.end(), 0LL);
            if (is_lost) lost += covered, uncovered += one.amount - covered;
            withdrawn += one.withdrawn - (is_lost ? one.amount : 0);
        }
        EXPECT_EQ(-balance_[ledger::kEscrow], c.captured - c.refunded - c.refund_reserved - lost);
        EXPECT_EQ(balance_[ledger::kChargebackReceivable], withdrawn);
        EXPECT_EQ(balance_[ledger::kChargebackLoss], uncovered);
        std::int64_t of_suspense = 0, in_flight = 0;
        for (const auto& [id, op] : operations_) {
            if (op.kind != Action::refund || is_settled(op.state)) continue;
            if (!op.about.empty()) of_suspense += op.amount;
            in_flight += asked_of_method(payment_, op).minor() + op.tender_amount;
        }
        EXPECT_EQ(-balance_[ledger::kRefundInFlight], in_flight);
        if (!payment_.presentment) EXPECT_EQ(in_flight, c.refund_reserved + of_suspense);
        expect_both_parts_hold();
        if (is_for_a_person_) return;
        for (const auto& order : payment_.orders) {
            EXPECT_GE(escrow_[order.id.uuid()], 0) << order.reference;
            EXPECT_LE(escrow_[order.id.uuid()], order.amount) << order.reference;
        }
    }

    void expect_both_parts_hold() {
        const auto& t = payment_.tender;
        EXPECT_TRUE(0 <= t.returned && t.returned <= t.captured && t.captured <= t.amount);
        EXPECT_TRUE(t.captured % t.unit == 0 && t.returned % t.unit == 0);
        EXPECT_LE(t.captured, payment_.counters.captured);
        if (!payment_.presentment) return;
        const auto& p = *payment_.presentment;
        EXPECT_TRUE(0 <= p.returned && p.returned <= p.captured && p.captured <= p.amount);
        if (is_for_a_person_) return;
        EXPECT_EQ(-balance_[ledger::kFxRevenue], p.captured_spread - p.returned_spread);
        if (payment_.counters.captured == payment_.amount) EXPECT_EQ(p.captured, p.amount);
    }

    std::mt19937_64 random_;
    bool has_detours_;  // One life in sixteen has a second account.
    bool takes_parts_;  // One life in three is about captures in parts, the others about all.
    bool has_limit_;    // In every other life refunds above 30.00 wait for a second person.
    Payment payment_;
    Instant now_ = kNoon;
    std::map<OperationId, Operation> operations_;
    std::map<std::int16_t, std::int64_t> balance_;  // By code; debits above zero.
    std::map<Uuid, std::int64_t> escrow_;           // By order.
    bool is_for_a_person_ = false;
    std::optional<Dispute> known(const Dispute& dispute) const {
        const auto found = disputes_.find(dispute.reference);
        return found == disputes_.end() ? std::nullopt : std::optional(found->second);
    }

    std::map<std::string, Dispute> disputes_;  // By the provider's id.
    std::set<Uuid> events_, booked_;
    Watch watch_;
    static constexpr std::chrono::seconds kLease{30};
};

}  // namespace florin::payments::testing
