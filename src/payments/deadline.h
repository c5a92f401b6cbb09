#pragma once

// The time for evidence of a dispute: warnings before it ends, and a look at the provider when it
// has ended without an answer of ours. Pure.

#include "domain/dispute.h"
#include "payments/types.h"

namespace florin::payments {

// What is due once the dispute's due_at has come.
enum class DeadlineChore : std::uint8_t { none, warn, look };
DeadlineChore chore_of(const Dispute& dispute, Instant now);

// When something is due after the provider was read at `now`; Instant::max() = never. `known`: the
// dispute before that. Who hears of it late has the nearest warning at once, and not all of those
// that were missed. Another evidence_due_at is another deadline, with warnings of its own.
Instant next_chore(const std::optional<Dispute>& known, const Dispute& dispute, Instant now);
// The same after a warning at `now`.
Instant chore_after_warning(const Dispute& dispute, Instant now);

// What the provider's word, heard at `now`, means to us: that it still waits for a response says
// nothing any more when the time for it is over, unless our word is on its way.
dispute::Status status_heard(const std::optional<Dispute>& known, dispute::Status told,
                             Instant evidence_due_at, Instant now);

// What could not be done at its time is tried again after it.
inline constexpr std::chrono::minutes kDeadlineRetry{10};

}  // namespace florin::payments
