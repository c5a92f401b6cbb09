#include "payments/presentment.h"

#include "fx/rules.h"

namespace florin::payments {
namespace {

// What the first `done` of the payment come to.
fx::Amounts until(const Payment& payment, std::int64_t done) {
    const auto& p = *payment.presentment;
    return fx::part_of({p.amount, payment.amount, p.spread}, fx::Side::settlement, 0, done);
}

}  // namespace

Result<void> present(const Payment& payment, Operation& op) {
    if (!payment.presentment) return {};
    const auto& p = *payment.presentment;
    const auto& c = payment.counters;
    switch (op.kind) {
        case Action::authorize:
        case Action::sale:
            op.presented = p.amount;
            op.spread = p.spread;
            return {};
        case Action::cancel:
            op.presented = p.amount - p.captured;
            return {};
        case Action::capture: {
            const auto all = until(payment, c.captured + op.amount);
            op.presented = all.presentment - p.captured;
            op.spread = all.spread - p.captured_spread;
            break;
        }
        case Action::refund: {
            const auto all = until(payment, c.refunded + c.refund_reserved + op.amount);
            op.presented = all.presentment - p.returned;
            op.spread = all.spread - p.returned_spread;
            break;
        }
        case Action::adjust:
        case Action::release:
            return {};
    }
    if (op.presented > 0) return {};
    return fail(Fault::invalid, "amount_too_small",
                payment.money(op.amount).decimal() + " is less than the smallest amount of " +
                    std::string(p.currency.code()) + ", in which the buyer pays: send more");
}

Money asked_of_method(const Payment& payment, const Operation& op) {
    if (!payment.presentment) return payment.money(charged(op));
    return {op.presented, payment.presentment->currency};
}

void note_captured(Payment& payment) {
    if (!payment.presentment) return;
    payment.presentment->captured += payment.operation.presented;
    payment.presentment->captured_spread += payment.operation.spread;
}

void note_returned(Payment& payment, const Operation& refund, std::int64_t sign) {
    if (!payment.presentment) return;
    payment.presentment->returned += sign * refund.presented;
    payment.presentment->returned_spread += sign * refund.spread;
}

}  // namespace florin::payments
