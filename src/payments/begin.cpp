// Beginning something with a payment: how much, of which order, and whether it may be (rules.h).

#include <algorithm>
#include <numeric>
#include <random>

#include "base/check.h"
#include "payments/approval.h"
#include "payments/postings.h"
#include "payments/presentment.h"
#include "payments/rules.h"
#include "payments/shipping.h"
#include "payments/step.h"
#include "payments/tender.h"

namespace florin::payments {

using operation::State;

std::unexpected<Error> refuse(const Payment& payment, Fault fault, std::string_view code,
                              std::string_view detail) {
    auto refusal = fail(fault, code, detail);
    refusal.error().object = payment.id.text();
    return refusal;
}

namespace {

std::string_view too_much(Action action) {
    return action == Action::refund ? "amount_exceeds_refundable" : "amount_exceeds_capturable";
}

// What is left for the wish, of the payment.
Result<std::int64_t> left_for(const Payment& payment, Action action) {
    const bool is_refund = action == Action::refund;
    const auto left = is_refund ? refundable(payment.counters) : capturable(payment.counters);
    if (left > 0) return left;
    const auto status = std::string(name(status_of(payment)));
    if (is_refund && payment.counters.disputed > 0)
        return refuse(payment, Fault::conflict, "payment_disputed",
                      "the buyer's bank has taken the money back: a refund would pay it twice");
    if (is_refund)
        return refuse(payment, Fault::conflict, "payment_not_refundable",
                      "nothing is captured that could be refunded, or it is refunded already: the "
                      "payment is " +
                          status);
    if (action == Action::capture)
        return refuse(payment, Fault::conflict, "payment_not_capturable",
                      "nothing is authorized that could be captured: the payment is " + status);
    return refuse(payment, Fault::conflict, "payment_not_cancelable",
                  "nothing is authorized that could be given back: the payment is " + status);
}

Result<std::size_t> order_named(const Payment& payment, const std::string& reference) {
    const auto found = std::ranges::find(payment.orders, reference, &PaymentOrder::reference);
    if (found == payment.orders.end())
        return refuse(payment, Fault::invalid, "payment_order_unknown",
                      "the payment has no order '" + reference + "'");
    return static_cast<std::size_t>(found - payment.orders.begin());
}

Result<std::vector<std::int64_t>> shares_of(const Payment& payment, const Wish& wish,
                                            std::int64_t amount,
                                            const std::vector<std::int64_t>& left) {
    if (amount > std::accumulate(left.begin(), left.end(), std::int64_t{0}))
        return refuse(payment, Fault::conflict, "payment_needs_review",
                      "after a late success the orders do not have that much left: a person has to "
                      "look at this payment first");
    if (wish.orders.empty()) return split_by_order(payment, amount, left);
    std::vector<std::int64_t> shares(left.size(), 0);
    for (const auto& [reference, part] : wish.orders) {
        TRY(const auto n, order_named(payment, reference));
        if (part > left[n])
            return refuse(payment, Fault::conflict, too_much(wish.action),
                          "of the order '" + reference + "' only " +
                              payment.money(left[n]).decimal() + " is left: send at most that");
        shares[n] = part;
    }
    return shares;
}

using Measure = std::pair<std::int64_t, std::vector<std::int64_t>>;

Result<void> check_sum(const Payment& payment, const Wish& wish, std::int64_t sum) {
    if (!wish.amount || wish.orders.empty() || *wish.amount == sum) return {};
    return refuse(payment, Fault::invalid, "amount_mismatch",
                  "the amounts of the orders add up to " + payment.money(sum).decimal());
}

// The new amounts of all orders: those that are named, the others as they are; or all in
// proportion.
Result<std::vector<std::int64_t>> adjusted_orders(const Payment& payment, const Wish& wish) {
    std::vector<std::int64_t> now;
    for (const auto& order : payment.orders) now.push_back(order.amount);
    if (wish.orders.empty()) return split_by_order(payment, *wish.amount, now);
    for (const auto& [reference, amount] : wish.orders) {
        TRY(const auto n, order_named(payment, reference));
        now[n] = amount;
    }
    return now;
}

// The new amount as a whole and by order. Only before a capture: the provider's object has one
// amount, and what is captured of it belongs to it.
Result<Measure> measure_adjustment(const Payment& payment, const Wish& wish) {
    const auto& c = payment.counters;
    if (c.authorized == 0 || c.captured + c.capture_reserved + c.voided > 0)
        return refuse(payment, Fault::conflict, "payment_not_adjustable",
                      "only what is authorized, and not yet captured or canceled, can be changed: "
                      "the payment is " +
                          std::string(name(status_of(payment))));
    if (payment.presentment)
        return refuse(
            payment, Fault::conflict, "payment_not_adjustable",
            "the buyer was quoted a price in another currency for this amount: cancel, and "
            "make a payment with a new quote");
    TRY(auto shares, adjusted_orders(payment, wish));
    const auto sum = std::accumulate(shares.begin(), shares.end(), std::int64_t{0});
    TRY_OK(check_sum(payment, wish, sum));
    if (sum <= payment.tender.amount)
        return refuse(payment, Fault::invalid, "amount_too_small",
                      "what is paid besides by the wallet alone is that much: cancel instead");
    if (std::ranges::any_of(shares, [](auto share) { return share <= 0; }))
        return refuse(payment, Fault::invalid, "amount_too_small",
                      "an order would have nothing left: name the amount of each order, or cancel");
    if (sum == c.authorized)
        return refuse(payment, Fault::invalid, "amount_unchanged",
                      "the payment has this amount already: nothing was done");
    return Measure(sum, std::move(shares));
}

// Not while we have the buyer's money already: a charge that succeeded late, and that nobody has
// dealt with yet.
Result<Measure> measure_attempt(const Payment& payment, std::span<const Part> parts) {
    const auto status = status_of(payment);
    const bool is_over = status == Status::canceled || status == Status::expired;
    if (status != Status::failed && !(is_over && payment.counters.authorized == 0))
        return refuse(payment, Fault::conflict, "payment_not_retryable",
                      "only a payment that failed can be tried again, or one that was canceled "
                      "before anything was authorized: it is " +
                          std::string(name(status)));
    const bool is_paid = std::ranges::any_of(parts, [](const Part& part) {
        return is_first_step(part.kind) && part.state == State::succeeded && part.review;
    });
    if (is_paid)
        return refuse(payment, Fault::conflict, "payment_needs_review",
                      "an attempt succeeded late, and the buyer's money is here: another one would "
                      "charge twice; a person has to decide first");
    return Measure(payment.amount, {});
}

// The amount, and its shares by order.
Result<Measure> measure(const Payment& payment, std::span<const Part> parts, const Wish& wish) {
    if (wish.action == Action::adjust) return measure_adjustment(payment, wish);
    if (is_first_step(wish.action)) return measure_attempt(payment, parts);
    TRY(const auto left, left_for(payment, wish.action));
    std::int64_t sum = 0;  // Each is at most kAmountMax, and there are few.
    for (const auto& [reference, part] : wish.orders) sum += part;
    TRY_OK(check_sum(payment, wish, sum));
    const auto amount = wish.amount.value_or(wish.orders.empty() ? left : sum);
    if (amount > left)
        return refuse(payment, Fault::conflict, too_much(wish.action),
                      "only " + payment.money(left).decimal() +
                          " is left: send at most that, or no amount for all of it");
    if (wish.action == Action::cancel) return std::pair(amount, std::vector<std::int64_t>());
    TRY(auto shares, shares_of(payment, wish, amount, left_by_order(payment, parts, wish.action)));
    return std::pair(amount, std::move(shares));
}

// Further operations are refused: a payment's history stays readable, and no loop goes on for ever.
constexpr std::size_t kOperationsMax = 200;

Result<void> may_begin(const Payment& payment, std::span<const Part> parts, const Wish& wish) {
    // What was withdrawn and came to be authorized after all is given back by itself.
    const bool is_busy = payment.doing || (is_withdrawn(payment) && wish.scope != Scope::expire);
    if (is_main(wish.action) && is_busy)
        return refuse(payment, Fault::conflict, "operation_in_progress",
                      "another operation on this payment has not ended: "
                      "wait for it, then read the payment again");
    if (parts.size() >= kOperationsMax && !wish.undo && wish.scope != Scope::expire)
        return refuse(payment, Fault::conflict, "too_many_operations",
                      "this payment has " + std::to_string(parts.size()) +
                          " operations, which is the limit: cancel or undo it");
    return {};
}

// What a top-up brought may be spent by now: the buyer gets no more back than his wallet has.
Result<void> check_wallet(const Payment& payment, const Operation& refund,
                          const Payables& payables) {
    if (refund.taken_back.empty() || !payment.orders.front().is_top_up) return {};
    const auto& owner = payment.orders.front().seller_account;
    const auto found = payables.find(owner);
    const auto available = found == payables.end() ? 0 : found->second;
    if (refund.taken_back.front() <= available) return {};
    return refuse(payment, Fault::conflict, "wallet_balance_too_low",
                  "the wallet '" + owner + "' that it went to has " +
                      payment.money(available).decimal() + " left: refund at most that");
}

void use_method(Payment& payment, const Wish& wish) {
    if (wish.method_token.empty() || wish.method_token == payment.method_token) return;
    if (payment.first_method_type.empty()) {
        payment.first_method_type = payment.method_type;
        payment.first_method_token = payment.method_token;
    }
    payment.method_type = wish.method_type;
    payment.method_token = wish.method_token;
}

void reserve(Change& change, const Wish& wish) {
    auto& after = change.after;
    const auto amount = after.operation.amount;
    if (is_main(wish.action)) {
        after.doing = wish.action;
        after.main = after.operation.id;
        after.provider_reference = after.operation.provider_reference;
    }
    switch (wish.action) {
        case Action::capture:
            after.counters.capture_reserved += amount;
            after.operation.is_final |= capturable(after.counters) == 0;
            change.event_type = "payment.capture_started";
            return;
        case Action::cancel:
            change.event_type = "payment.cancel_started";
            return;
        case Action::refund:
            after.counters.refund_reserved += amount;
            after.tender.returned += after.operation.tender_amount;
            note_returned(after, after.operation, 1);
            take_back(change, after.operation.taken_back);
            book(change, refund_posting(after, RefundStage::reserved, wish.payables));
            change.event_type =
                change.approval_is_written ? "refund.approval_pending" : "refund.created";
            return;
        case Action::adjust:
            change.event_type = "payment.adjust_started";
            return;
        case Action::authorize:
        case Action::sale:
            use_method(after, wish);
            after.tender.reference.clear();
            after.cancellation_reason.clear();
            change.event_type = "payment.attempt_started";
            return;
        case Action::release:
            check(false, "a release is no wish");
    }
}

// The provider has not decided, and waits; or nothing was sent. What it works on at this moment is
// soon decided, and what is unknown has to be known first.
bool can_withdraw(const Payment& payment, const Wish& wish) {
    const auto& op = payment.operation;
    return wish.action == Action::cancel && wish.scope != Scope::undo && is_first_step(op.kind) &&
           op.id == payment.main && (op.state == State::pending || op.state == State::not_sent);
}

// Cancels a first step that has not ended: the provider is asked to make its success impossible,
// and only its word that this is so ends it.
Change withdraw(const Payment& payment, const Wish& wish, ClientKey key, Timing timing,
                std::uint64_t random) {
    auto change = step(payment, timing.now, random);
    auto& after = change.after;
    after.cancellation_reason = wish.reason.empty() ? connectors::kCancelReasons[0] : wish.reason;
    change.scope = scope_of(wish);
    change.key = std::move(key);
    if (after.operation.state == State::not_sent) {
        drop(change, connectors::kCanceled);
        return seal(payment, std::move(change));
    }
    const auto to = operation::next(after.operation.state, operation::Event::fence);
    check(to == State::fencing, "what the provider has not decided can be fenced");
    after.waiting_for.clear();
    after.operation.state = *to;
    after.operation.next_action.clear();
    after.operation.tries = 0;
    after.operation.due_at = timing.now + timing.lease;
    change.event_type = "payment.cancel_started";
    return seal(payment, std::move(change));
}

// Cancels, or refunds; both when a part is captured: then the refund follows by itself.
Result<Change> undo(const Payment& payment, std::span<const Part> parts, Wish wish,
                    Provider provider, ClientKey key, Timing timing, std::uint64_t random) {
    wish.undo = false;
    wish.scope = Scope::undo;
    const bool held = payment.doing || capturable(payment.counters) > 0;
    wish.action = held ? Action::cancel : Action::refund;
    TRY(auto change,
        begin(payment, parts, wish, std::move(provider), std::move(key), timing, random));
    const auto taken = refundable(payment.counters);
    if (!held || taken == 0) return change;
    wish.action = Action::refund;
    TRY(auto shares, shares_of(payment, wish, taken, left_by_order(payment, parts, wish.action)));
    auto& refund = add_follow_up(change, Action::refund, taken, "", ~random);
    refund.taken_back = taken_back_of(payment, parts, shares);
    TRY_OK(check_wallet(payment, refund, wish.payables));
    refund.shares = std::move(shares);
    refund.reason = wish.reason;
    TRY_OK(take_tender(payment, refund));
    change.after.tender.returned += refund.tender_amount;
    TRY_OK(present(payment, refund));
    note_returned(change.after, refund, 1);
    if (needs_approval(parts, wish, taken)) hold(refund, wish.asked_by);
    change.after.counters.refund_reserved += taken;
    take_back(change, refund.taken_back);
    book_reserved(change, refund, wish.payables);
    return change;
}

}  // namespace

// A sale and all that has no shares took each order whole.
std::vector<std::int64_t> left_by_order(const Payment& payment, std::span<const Part> parts,
                                        Action action) {
    std::vector<std::int64_t> left(payment.orders.size(), 0);
    const auto add = [&](const Part& part, std::int64_t sign) {
        for (std::size_t n = 0; n < left.size(); ++n)
            left[n] += sign * (part.shares.empty() ? payment.orders[n].amount : part.shares[n]);
    };
    if (action != Action::refund) add({}, 1);
    for (const auto& part : parts) {
        const bool takes = part.kind == Action::sale || part.kind == Action::capture;
        if (part.state == State::declined) continue;
        if (action != Action::refund && takes) add(part, -1);
        if (action == Action::refund && takes && part.state == State::succeeded) add(part, 1);
        if (action == Action::refund && part.kind == Action::refund) add(part, -1);
    }
    // A late success may have taken from an order what another operation took meanwhile.
    for (auto& amount : left) amount = std::max<std::int64_t>(amount, 0);
    return left;
}

std::vector<std::int64_t> split_by_order(const Payment& payment, std::int64_t amount,
                                         std::span<const std::int64_t> weights) {
    std::vector<std::int64_t> shares;
    for (const auto& part : split(payment.money(amount), weights)) shares.push_back(part.minor());
    return shares;
}

Scope scope_of(const Wish& wish) {
    if (wish.undo) return Scope::undo;
    return wish.scope != Scope::none ? wish.scope : scope_of(wish.action);
}

Result<Change> begin(const Payment& payment, std::span<const Part> parts, const Wish& wish,
                     Provider provider, ClientKey key, Timing timing, std::uint64_t random) {
    if (wish.undo)
        return undo(payment, parts, wish, std::move(provider), std::move(key), timing, random);
    if (can_withdraw(payment, wish)) return withdraw(payment, wish, std::move(key), timing, random);
    TRY_OK(may_begin(payment, parts, wish));
    if (is_first_step(wish.action) && payment.presentment &&
        timing.now >= payment.presentment->expires_at)
        return refuse(
            payment, Fault::conflict, "fx_quote_expired",
            "the price that the buyer was quoted is over: make a payment with a new quote");
    TRY(auto measured, measure(payment, parts, wish));
    auto& [amount, shares] = measured;
    const bool in_place = wish.in_place && payment.can_increment && amount > payment.amount;
    const bool replaces = wish.action == Action::adjust && !in_place;
    const bool makes_anew = is_first_step(wish.action) || replaces;
    std::mt19937_64 more(random);
    auto change = step(payment, timing.now, more());
    auto& after = change.after;
    after.operation = {
        .id = OperationId::make(timing.now, payment.id.slot(), more()),
        .kind = wish.action,
        .state = State::sending,
        .provider = std::move(provider.name),
        .provider_key = std::move(provider.key),
        .provider_reference = is_main(wish.action) && !makes_anew ? payment.provider_reference : "",
        .amount = amount,
        .sent_at = timing.now,
        .due_at = timing.now + timing.lease,
        .reason = wish.reason,
        .shares = std::move(shares),
        .is_final = wish.is_final,
        .about = replaces ? payment.provider_reference : "",
        .by_itself = wish.scope == Scope::expire,
    };
    TRY_OK(take_tender(payment, after.operation));
    TRY_OK(present(payment, after.operation));
    if (wish.action == Action::refund) {
        after.operation.taken_back = taken_back_of(payment, parts, after.operation.shares);
        TRY_OK(check_wallet(payment, after.operation, wish.payables));
    }
    if (needs_approval(parts, wish, amount)) {
        hold(after.operation, wish.asked_by);
        change.approval_is_written = true;
    }
    reserve(change, wish);
    change.operation_is_new = true;
    change.scope = scope_of(wish);
    change.key = std::move(key);
    return seal(payment, std::move(change));
}

}  // namespace florin::payments
