#include "payments/deadline.h"

#include <algorithm>
#include <array>

namespace florin::payments {
namespace {

// How long before the end, the longest first.
constexpr std::array kWarnings = {std::chrono::days(7), std::chrono::days(3), std::chrono::days(1)};

bool has_deadline(const Dispute& dispute) {
    return takes_reply(dispute.status) && dispute.evidence_due_at != Instant::max();
}

}  // namespace

DeadlineChore chore_of(const Dispute& dispute, Instant now) {
    if (!has_deadline(dispute) || dispute.reply_waits) return DeadlineChore::none;
    return now < dispute.evidence_due_at ? DeadlineChore::warn : DeadlineChore::look;
}

Instant next_chore(const std::optional<Dispute>& known, const Dispute& dispute, Instant now) {
    if (!has_deadline(dispute)) return Instant::max();
    const bool is_the_same =
        known && has_deadline(*known) && known->evidence_due_at == dispute.evidence_due_at;
    if (is_the_same) return known->due_at;
    return std::max(now, dispute.evidence_due_at - kWarnings.front());
}

Instant chore_after_warning(const Dispute& dispute, Instant now) {
    for (const auto before : kWarnings)
        if (const auto at = dispute.evidence_due_at - before; at > now) return at;
    return dispute.evidence_due_at;
}

dispute::Status status_heard(const std::optional<Dispute>& known, dispute::Status told,
                             Instant evidence_due_at, Instant now) {
    using dispute::Status;
    if (!known || !takes_reply(told) || now < evidence_due_at) return told;
    if (known->status == Status::expired) return Status::expired;
    return takes_reply(known->status) && !known->reply_waits ? Status::expired : told;
}

}  // namespace florin::payments
