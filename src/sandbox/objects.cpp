#include "sandbox/objects.h"

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

void capture(PaymentIntent& intent, Charge& charge, std::int64_t amount) {
    check(may_capture(intent.status), "only an authorized payment is captured");
    check(amount > 0 && amount <= intent.amount_capturable, "a capture fits the authorization");
    intent.status = Status::succeeded;
    intent.amount_capturable = 0;
    intent.amount_received = amount;
    charge.captured = true;
    charge.amount_captured = amount;
    charge.amount_refunded = charge.amount - amount;
}

void cancel(PaymentIntent& intent, Charge* charge, std::string reason, std::int64_t at) {
    check(may_cancel(intent.status), "only an open payment is canceled");
    if (charge != nullptr) {
        charge->canceled = true;
        charge->amount_refunded = charge->amount;
    }
    intent.status = Status::canceled;
    intent.amount_capturable = 0;
    intent.cancellation_reason = std::move(reason);
    intent.canceled_at = at;
}

}  // namespace florin::sandbox
