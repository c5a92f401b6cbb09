#pragma once

// What banks and providers do to a payment after its operations have ended, as decisions: values
// in, values out (rules.h). What is decided here was read from the provider, never taken from a
// webhook.

#include <optional>
#include <span>

#include "base/result.h"
#include "payments/rules.h"

namespace florin::payments {

// The dispute as it is now. `known`: as we have it, if we do. `parts`: the operations of the
// payment. `payables`: what its sellers are owed. Nothing = it is as we know it. Failures, for a
// person: Conflict dispute_currency, dispute_out_of_order.
Result<std::optional<Change>> take_dispute(const Payment& payment, std::span<const Part> parts,
                                           const std::optional<Dispute>& known,
                                           const connectors::DisputeFacts& facts, Payables payables,
                                           Instant now, std::uint64_t random);

// A warning that the time for evidence ends. Its time has come (deadline.h).
Change warn_of_deadline(const Payment& payment, Dispute dispute, Instant now, std::uint64_t random);

// The refund, payment.operation, had been paid out, and the bank has sent it back since.
// Nothing = it still is paid out.
std::optional<Change> take_return(const Payment& payment, const connectors::Outcome& outcome,
                                  Instant now, std::uint64_t random);

// The authorization, payment.operation, has ended at the provider. Nothing = it has not, or there
// is nothing left of it, or something is under way that will find out.
std::optional<Change> take_lapse(const Payment& payment, const connectors::Outcome& outcome,
                                 Instant now, std::uint64_t random);

// A person has looked: the operation is no longer marked for review, and `reason` is kept. What was
// never found at the provider is declined by it: the person vouches that nothing happened there.
// Failures: Conflict operation_open (its outcome is not known yet), nothing_to_discard.
Result<Change> dismiss(const Payment& payment, std::string reason, Instant now,
                       std::uint64_t random);

}  // namespace florin::payments
