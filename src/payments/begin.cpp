// Beginning something with a payment: how much, of which order, and whether it may be (rules.h).

#include <algorithm>
#include <numeric>
#include <random>

#include "payments/postings.h"
#include "payments/rules.h"
#include "payments/step.h"

namespace florin::payments {

using operation::State;

namespace {

std::unexpected<Error> refuse(const Payment& payment, Fault fault, std::string_view code,
                              std::string_view detail) {
    auto refusal = fail(fault, code, detail);
    refusal.error().object = payment.id.text();
    return refusal;
}

std::string_view too_much(Action action) {
    return action == Action::refund ? "amount_exceeds_refundable" : "amount_exceeds_capturable";
}

// What is left for the wish, of the payment.
Result<std::int64_t> left_for(const Payment& payment, Action action) {
    const bool is_refund = action == Action::refund;
    const auto left = is_refund ? refundable(payment.counters) : capturable(payment.counters);
    if (left > 0) return left;
    const auto status = std::string(name(status_of(payment)));
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

// The same by order. A sale and all that has no shares took each order whole.
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

Result<std::vector<std::int64_t>> shares_of(const Payment& payment, const Wish& wish,
                                            std::int64_t amount,
                                            const std::vector<std::int64_t>& left) {
    std::vector<std::int64_t> shares(left.size(), 0);
    if (amount > std::accumulate(left.begin(), left.end(), std::int64_t{0}))
        return refuse(payment, Fault::conflict, "payment_needs_review",
                      "after a late success the orders do not have that much left: a person has to "
                      "look at this payment first");
    if (wish.orders.empty()) {
        const auto parts = split(payment.money(amount), left);
        for (std::size_t n = 0; n < parts.size(); ++n) shares[n] = parts[n].minor();
        return shares;
    }
    for (const auto& [reference, part] : wish.orders) {
        const auto found = std::ranges::find(payment.orders, reference, &PaymentOrder::reference);
        if (found == payment.orders.end())
            return refuse(payment, Fault::invalid, "payment_order_unknown",
                          "the payment has no order '" + reference + "'");
        const auto n = static_cast<std::size_t>(found - payment.orders.begin());
        if (part > left[n])
            return refuse(payment, Fault::conflict, too_much(wish.action),
                          "of the order '" + reference + "' only " +
                              payment.money(left[n]).decimal() + " is left: send at most that");
        shares[n] = part;
    }
    return shares;
}

// The amount, and its shares by order.
Result<std::pair<std::int64_t, std::vector<std::int64_t>>> measure(const Payment& payment,
                                                                   std::span<const Part> parts,
                                                                   const Wish& wish) {
    TRY(const auto left, left_for(payment, wish.action));
    std::int64_t sum = 0;  // Each is at most kAmountMax, and there are few.
    for (const auto& [reference, part] : wish.orders) sum += part;
    if (wish.amount && !wish.orders.empty() && *wish.amount != sum)
        return refuse(payment, Fault::invalid, "amount_mismatch",
                      "the amounts of the orders add up to " + payment.money(sum).decimal());
    const auto amount = wish.amount.value_or(wish.orders.empty() ? left : sum);
    if (amount > left)
        return refuse(payment, Fault::conflict, too_much(wish.action),
                      "only " + payment.money(left).decimal() +
                          " is left: send at most that, or no amount for all of it");
    if (wish.action == Action::cancel) return std::pair(amount, std::vector<std::int64_t>());
    TRY(auto shares, shares_of(payment, wish, amount, left_by_order(payment, parts, wish.action)));
    return std::pair(amount, std::move(shares));
}

}  // namespace

Result<Change> begin(const Payment& payment, std::span<const Part> parts, const Wish& wish,
                     Provider provider, ClientKey key, Timing timing, std::uint64_t random) {
    if (is_main(wish.action) && payment.doing)
        return refuse(payment, Fault::conflict, "operation_in_progress",
                      "another operation on this payment has not ended: "
                      "wait for it, then read the payment again");
    TRY(auto measured, measure(payment, parts, wish));
    auto& [amount, shares] = measured;
    std::mt19937_64 more(random);
    auto change = step(payment, timing.now, more());
    auto& after = change.after;
    after.operation = {
        .id = OperationId::make(timing.now, payment.id.slot(), more()),
        .kind = wish.action,
        .state = State::sending,
        .provider = std::move(provider.name),
        .provider_key = std::move(provider.key),
        .provider_reference = is_main(wish.action) ? payment.provider_reference : "",
        .amount = amount,
        .sent_at = timing.now,
        .due_at = timing.now + timing.lease,
        .reason = wish.reason,
        .shares = std::move(shares),
        .is_final = wish.is_final,
    };
    if (is_main(wish.action)) {
        after.doing = wish.action;
        after.main = after.operation.id;
    }
    if (wish.action == Action::capture) {
        after.counters.capture_reserved += amount;
        after.operation.is_final |= capturable(after.counters) == 0;
    }
    if (wish.action == Action::refund) {
        after.counters.refund_reserved += amount;
        change.posting = refund_posting(after, RefundStage::reserved);
    }
    change.operation_is_new = true;
    change.event_type = wish.action == Action::refund    ? "refund.created"
                        : wish.action == Action::capture ? "payment.capture_started"
                                                         : "payment.cancel_started";
    change.scope = scope_of(wish.action);
    change.key = std::move(key);
    return change;
}

}  // namespace florin::payments
