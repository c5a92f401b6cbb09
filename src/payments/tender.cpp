#include "payments/tender.h"

#include <algorithm>

#include "payments/rules.h"
#include "platform/crypto/hash.h"

namespace florin::payments {
namespace {

std::string key_after(const std::string& key) {
    return crypto::base32(view(crypto::sha256(key + ":tender")), kProviderKeyLength);
}

// What both have left.
std::int64_t left_of_all(const Counters& counters, Action action) {
    return action == Action::refund ? refundable(counters) : capturable(counters);
}

}  // namespace

std::int64_t tender_left(const Payment& payment, Action action) {
    const auto& tender = payment.tender;
    return action == Action::refund ? tender.captured - tender.returned
                                    : tender.amount - tender.captured;
}

Result<std::int64_t> tender_part(const Payment& payment, Action action, std::int64_t amount) {
    const auto unit = payment.tender.unit;
    const auto left = tender_left(payment, action);
    const auto method_left =
        std::max<std::int64_t>(left_of_all(payment.counters, action) - left, 0);
    const auto least = std::max<std::int64_t>(amount - method_left, 0);
    const auto part = (least + unit - 1) / unit * unit;  // What is left is whole, so it fits.
    if (part <= amount) return part;
    return fail(Fault::invalid, "amount_not_whole_points",
                "only points are left of this payment, and " + payment.money(amount).decimal() +
                    " is no whole number of them: a point is worth " +
                    payment.money(unit).decimal());
}

Result<void> take_tender(const Payment& payment, Operation& op) {
    if (payment.tender.amount == 0 || op.kind == Action::release) return {};
    op.tender_key = key_after(op.provider_key);
    if (op.kind == Action::capture || op.kind == Action::refund) {
        TRY(op.tender_amount, tender_part(payment, op.kind, op.amount));
    } else {
        op.tender_amount =
            op.kind == Action::cancel ? tender_left(payment, op.kind) : payment.tender.amount;
    }
    return {};
}

bool is_for_tender_alone(const Payment& payment) {
    return !payment.operation.tender_key.empty() && charged(payment.operation) == 0;
}

bool holds_first(const Payment& payment) {
    return !payment.operation.tender_key.empty() && is_first_step(payment.operation.kind);
}

void note_hold(Payment& payment, std::string_view reference) {
    const auto& op = payment.operation;
    const bool is_in_use = op.id == payment.main && !operation::is_settled(op.state);
    if (holds_first(payment) && is_in_use && !reference.empty())
        payment.tender.reference = reference;
}

std::optional<Action> after_yes(const Payment& payment) {
    const auto& op = payment.operation;
    if (op.tender_key.empty() || op.kind == Action::authorize || op.kind == Action::adjust)
        return std::nullopt;
    if (op.kind == Action::refund)
        return op.tender_amount > 0 ? std::optional(Action::refund) : std::nullopt;
    if (op.kind == Action::cancel) return Action::cancel;
    if (op.tender_amount > 0) return Action::capture;
    // The last capture took nothing of what is held.
    const bool rests = op.is_final && tender_left(payment, op.kind) > 0;
    return rests ? std::optional(Action::cancel) : std::nullopt;
}

connectors::Order tender_order(const Payment& payment, Action action) {
    const auto& op = payment.operation;
    const bool follows_hold = is_first_step(op.kind) && action != Action::authorize;
    const auto amount = action == Action::cancel ? tender_left(payment, action) : op.tender_amount;
    return {
        .action = action,
        .key = follows_hold ? key_after(op.tender_key) : op.tender_key,
        .amount = payment.money(amount),
        .token = payment.buyer_id,
        .reference = action == Action::authorize ? "" : payment.tender.reference,
        .reason = op.reason,
        .captured_before = payment.tender.captured,
        .is_final = op.is_final,
        .payment = payment.id.text(),
        .merchant = payment.merchant,
        .buyer = payment.buyer_id,
    };
}

}  // namespace florin::payments
