#include "sandbox/objects.h"

#include <algorithm>

#include "base/check.h"

namespace florin::sandbox {

std::string_view name_of(Status status) {
    switch (status) {
        case Status::requires_payment_method:
            return "requires_payment_method";
        case Status::requires_confirmation:
            return "requires_confirmation";
        case Status::requires_action:
            return "requires_action";
        case Status::requires_capture:
            return "requires_capture";
        case Status::succeeded:
            return "succeeded";
        case Status::canceled:
            return "canceled";
    }
    return "";
}

std::string_view name_of(RefundStatus status) {
    switch (status) {
        case RefundStatus::pending:
            return "pending";
        case RefundStatus::succeeded:
            return "succeeded";
        case RefundStatus::failed:
            return "failed";
    }
    return "";
}

bool may_confirm(Status status) {
    return status == Status::requires_payment_method || status == Status::requires_confirmation ||
           status == Status::requires_action;
}

bool may_capture(Status status) {
    return status == Status::requires_capture;
}

bool may_cancel(Status status) {
    return may_confirm(status) || may_capture(status);
}

Outcome judge(const Card& card, Presence presence) {
    if (card.challenge && !presence.authenticated)
        return presence.can_challenge ? Outcome::challenged : Outcome::authentication_missing;
    return card.decline != nullptr ? Outcome::declined : Outcome::approved;
}

void approve(PaymentIntent& intent, Charge& charge) {
    check(may_confirm(intent.status), "only an open payment is approved");
    intent.error = nullptr;
    intent.status = Status::requires_capture;
    intent.amount_capturable = intent.amount;
    if (!intent.manual_capture) capture(intent, charge, intent.amount);
}

void decline(PaymentIntent& intent, const Decline& why) {
    check(may_confirm(intent.status), "only an open payment is declined");
    intent.status = Status::requires_payment_method;
    intent.error = &why;
    intent.error_method = intent.method;
    intent.method = kNone;
}

void challenge(PaymentIntent& intent) {
    check(may_confirm(intent.status), "only an open payment is challenged");
    intent.status = Status::requires_action;
    intent.error = nullptr;
}

void capture(PaymentIntent& intent, Charge& charge, std::int64_t amount, bool last) {
    check(may_capture(intent.status), "only an authorized payment is captured");
    check(amount >= 0 && amount <= intent.amount_capturable, "a capture fits the authorization");
    check(last || charge.multicapture, "only multicapture goes on after a capture");
    ++charge.captures;
    charge.amount_captured += amount;
    check(charge.amount_captured > 0, "a payment does not succeed with nothing");
    intent.amount_received += amount;
    intent.amount_capturable -= amount;
    if (!last) return;
    charge.captured = true;
    if (!charge.multicapture) charge.released = intent.amount_capturable;
    intent.amount_capturable = 0;
    intent.status = Status::succeeded;
}

void increment(PaymentIntent& intent, Charge& charge, std::int64_t amount) {
    check(may_capture(intent.status) && charge.amount_captured == 0, "only a whole hold grows");
    check(amount > intent.amount, "an increment is one");
    intent.amount_capturable += amount - intent.amount;
    intent.amount = amount;
    charge.amount = amount;
}

void cancel(PaymentIntent& intent, Charge* charge, std::string reason, std::int64_t at) {
    check(may_cancel(intent.status), "only an open payment is canceled");
    if (charge != nullptr && charge->amount_captured > 0) return capture(intent, *charge, 0);
    if (charge != nullptr) {
        charge->canceled = true;
        charge->released = charge->amount;
    }
    intent.status = Status::canceled;
    intent.amount_capturable = 0;
    intent.cancellation_reason = std::move(reason);
    intent.canceled_at = at;
}

void refund(Charge& charge, Refund& refund, AfterRefund after) {
    check(refund.amount > 0 && refund.amount <= refundable(charge), "a refund fits the charge");
    charge.refunded += refund.amount;
    if (after == AfterRefund::succeeds_later) {
        refund.status = RefundStatus::pending;
        refund.later = RefundStatus::succeeded;
    }
    if (after == AfterRefund::fails_later) refund.later = RefundStatus::failed;
}

void settle(Charge& charge, Refund& refund) {
    check(refund.later.has_value(), "only what waits is settled");
    refund.status = *refund.later;
    refund.later.reset();
    if (refund.status == RefundStatus::failed) charge.refunded -= refund.amount;
}

std::string_view name_of(DisputeStatus status) {
    switch (status) {
        case DisputeStatus::needs_response:
            return "needs_response";
        case DisputeStatus::under_review:
            return "under_review";
        case DisputeStatus::won:
            return "won";
        case DisputeStatus::lost:
            return "lost";
        case DisputeStatus::warning_needs_response:
            return "warning_needs_response";
        case DisputeStatus::warning_under_review:
            return "warning_under_review";
        case DisputeStatus::warning_closed:
            return "warning_closed";
    }
    return "";
}

bool may_answer(const Dispute& dispute) {
    return dispute.status == DisputeStatus::needs_response ||
           dispute.status == DisputeStatus::warning_needs_response;
}

bool is_under_review(const Dispute& dispute) {
    return dispute.status == DisputeStatus::under_review ||
           dispute.status == DisputeStatus::warning_under_review;
}

bool leaves_refundable(const Dispute& dispute) {
    return dispute.status != DisputeStatus::needs_response &&
           dispute.status != DisputeStatus::under_review && dispute.status != DisputeStatus::lost;
}

void submit(Dispute& dispute) {
    check(may_answer(dispute), "only an open dispute is answered");
    ++dispute.submissions;
    dispute.status = dispute.status == DisputeStatus::needs_response
                         ? DisputeStatus::under_review
                         : DisputeStatus::warning_under_review;
}

void accept(Dispute& dispute) {
    check(may_answer(dispute), "only an open dispute is accepted");
    dispute.status = dispute.status == DisputeStatus::needs_response
                         ? DisputeStatus::lost
                         : DisputeStatus::warning_closed;
}

bool decide(Dispute& dispute) {
    check(is_under_review(dispute), "a bank decides what it reviews");
    const auto at =
        std::ranges::find(dispute.evidence, "uncategorized_text", &Pairs::value_type::first);
    std::string_view text;
    if (at != dispute.evidence.end()) text = at->second;
    const bool inquiry = dispute.status == DisputeStatus::warning_under_review;
    if (text == "winning_evidence")
        dispute.status = inquiry ? DisputeStatus::warning_closed : DisputeStatus::won;
    else if (text == "losing_evidence")
        dispute.status = inquiry ? DisputeStatus::warning_closed : DisputeStatus::lost;
    else if (text == "escalate_inquiry_evidence" && inquiry)
        dispute.status = DisputeStatus::needs_response;
    else
        return false;
    return true;
}

}  // namespace florin::sandbox
