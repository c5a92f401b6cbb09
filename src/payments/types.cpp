#include "payments/types.h"

#include <algorithm>

namespace florin::payments {

std::int64_t capturable(const Counters& c) {
    return c.authorized - c.captured - c.capture_reserved - c.voided;
}

std::int64_t refundable(const Counters& c) {
    return std::max<std::int64_t>(0, c.captured - c.refunded - c.refund_reserved - c.disputed);
}

Scope scope_of(Action action) {
    switch (action) {
        case Action::capture:
            return Scope::capture;
        case Action::cancel:
            return Scope::cancel;
        case Action::refund:
            return Scope::refund;
        case Action::adjust:
            return Scope::adjust;
        case Action::release:
            return Scope::none;
        case Action::authorize:
        case Action::sale:
            break;
    }
    return Scope::create;
}

Status status_of(const Payment& payment) {
    const auto& c = payment.counters;
    if (is_withdrawn(payment)) return Status::canceling;
    if (payment.doing && is_first_step(*payment.doing))
        return payment.waiting_for == "customer" ? Status::requires_action : Status::processing;
    if (payment.doing == Action::cancel) return Status::canceling;
    if (c.captured > 0 && c.captured + c.voided == c.authorized) return Status::succeeded;
    if (c.captured > 0) return Status::partially_captured;
    if (c.voided < c.authorized) return Status::authorized;
    if (c.authorized == 0 && payment.cancellation_reason.empty()) return Status::failed;
    return payment.cancellation_reason == kExpired ? Status::expired : Status::canceled;
}

bool is_withdrawn(const Payment& payment) {
    if (payment.cancellation_reason.empty()) return false;
    return payment.doing ? is_first_step(*payment.doing) : capturable(payment.counters) > 0;
}

bool waits_for_approval(const Operation& refund) {
    return refund.approval.state == Approval::State::waiting;
}

refund::Status refund_status(const Operation& refund) {
    if (waits_for_approval(refund)) return refund::Status::approval_pending;
    switch (refund.state) {
        case operation::State::succeeded:
            return refund.returned ? refund::Status::returned : refund::Status::succeeded;
        case operation::State::declined:
            return refund.approval.state == Approval::State::rejected ? refund::Status::rejected
                                                                      : refund::Status::failed;
        default:
            return refund::Status::pending;
    }
}

std::optional<Status> status_from(std::string_view text) {
    for (std::size_t i = 0; i < payment::kStatusNames.size(); ++i) {
        if (payment::kStatusNames[i] == text) return static_cast<Status>(i);
    }
    return std::nullopt;
}

bool outcome_unknown(const Payment& payment) {
    using operation::State;
    const auto state = payment.operation.state;
    return state == State::unknown || state == State::not_found_wait || state == State::fencing ||
           state == State::reversing;
}

std::string_view order_status(const Payment& payment) {
    const auto status = status_of(payment);
    return status == Status::succeeded ? "captured" : name(status);
}

std::string_view execution_status(const Payment& payment) {
    switch (status_of(payment)) {
        case Status::processing:
            return payment.operation.state == operation::State::ready ? "NOT_STARTED" : "EXECUTING";
        case Status::requires_action:
        case Status::authorized:
        case Status::partially_captured:
        case Status::canceling:
            return "EXECUTING";
        case Status::succeeded:
            return "SUCCESS";
        case Status::canceled:
        case Status::failed:
        case Status::expired:
        case Status::count:
            return "FAILED";
    }
    return "";
}

}  // namespace florin::payments
