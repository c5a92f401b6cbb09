#pragma once

// Refunds above a limit wait for a second person: values in, values out, like rules.h. A refund
// that waits is an operation in `ready` that is never due. Its amount is reserved and out of escrow
// from the beginning, so nothing that comes meanwhile can promise the same money again.

#include <span>
#include <string>

#include "base/result.h"
#include "payments/rules.h"

namespace florin::payments {

// The sum decides: what is wished, with all that goes back, or went back, of this payment on one
// person's word. Ten refunds just below the limit are one above it.
bool needs_approval(std::span<const Part> parts, const Wish& wish, std::int64_t amount);

// What an operation counts against the limit of refunds that are asked for later
// (sql/operations.sql says the same). That of a late success needs nobody.
std::int64_t unapproved(const Operation& op);

// The refund waits from here on; `asked_by` will not be the one who approves it.
void hold(Operation& refund, KeyId asked_by);

struct Decision {
    bool approve = false;
    KeyId by;            // The API key of the second person.
    std::string reason;  // Of a rejection; may be empty.
};

Scope scope_of(const Decision& decision);

// An approved refund is born sending, like any other: who commits it sends it. A rejected one is
// released. Refusals: Forbidden approver_is_asker; Conflict refund_not_waiting and, of an approval,
// payment_disputed.
Result<Change> decide(const Payment& payment, const Decision& decision, ClientKey key,
                      Timing timing, std::uint64_t random);

// The decline_code of a refund that was rejected.
inline constexpr std::string_view kApprovalRejected = "approval_rejected";

}  // namespace florin::payments
