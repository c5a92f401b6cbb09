#include "payments/approval.h"

#include "payments/step.h"

namespace florin::payments {
namespace {

using operation::State;

Result<void> may_decide(const Payment& payment, const Decision& decision) {
    const auto& refund = payment.operation;
    if (refund.approval.asked_by == decision.by)
        return refuse(payment, Fault::forbidden, "approver_is_asker",
                      "this key asked for the refund: a second person decides, with another key");
    if (!waits_for_approval(refund))
        return refuse(payment, Fault::conflict, "refund_not_waiting",
                      "the refund waits for nobody's approval: it is " +
                          std::string(name(refund_status(refund))));
    const auto& c = payment.counters;
    if (decision.approve && c.disputed > 0 &&
        c.refunded + c.refund_reserved + c.disputed > c.captured)
        return refuse(payment, Fault::conflict, "payment_disputed",
                      "the buyer's bank has taken the money back since the refund was asked for: "
                      "it would be paid twice. Reject the refund, or wait for the dispute to end");
    return {};
}

}  // namespace

bool needs_approval(std::span<const Part> parts, const Wish& wish, std::int64_t amount) {
    if (wish.action != Action::refund || !wish.refund_limit) return false;
    auto sum = amount;  // Of one payment, so it fits.
    for (const auto& part : parts)
        if (part.state != State::declined) sum += part.unapproved;
    return sum > *wish.refund_limit;
}

std::int64_t unapproved(const Operation& op) {
    const bool counts = op.kind == Action::refund && op.about.empty() &&
                        op.approval.state != Approval::State::approved;
    return counts ? op.amount : 0;
}

void hold(Operation& refund, KeyId asked_by) {
    refund.state = State::ready;
    refund.due_at = Instant::max();
    refund.approval = {.state = Approval::State::waiting, .asked_by = asked_by};
}

Scope scope_of(const Decision& decision) {
    return decision.approve ? Scope::approve : Scope::reject;
}

Result<Change> decide(const Payment& payment, const Decision& decision, ClientKey key,
                      Timing timing, std::uint64_t random) {
    TRY_OK(may_decide(payment, decision));
    static_assert(operation::next(State::ready, operation::Event::send) == State::sending);
    auto change = step(payment, timing.now, random);
    auto& op = change.after.operation;
    op.approval.decided_by = decision.by;
    op.approval.decided_at = timing.now;
    if (decision.approve) {
        op.approval.state = Approval::State::approved;
        op.state = State::sending;
        op.sent_at = timing.now;
        op.due_at = timing.now + timing.lease;
        change.event_type = "refund.approved";
    } else {
        op.approval.state = Approval::State::rejected;
        op.approval.reason = decision.reason;
        drop(change, kApprovalRejected);
        op.review = false;  // A person has just looked.
        change.event_type = "refund.rejected";
    }
    change.approval_is_written = true;
    change.scope = scope_of(decision);
    change.key = std::move(key);
    return seal(payment, std::move(change));
}

}  // namespace florin::payments
