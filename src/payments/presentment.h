#pragma once

// A payment that the buyer pays in another currency than its orders', at the price of a quote
// (fx/types.h): what of the quote each operation is. Counters and shares stay in the payment's
// currency; the provider is asked in the buyer's.

#include "base/result.h"
#include "payments/types.h"

namespace florin::payments {

// Gives the operation its part of the quote: what makes all captures, or all refunds, together the
// right part of the whole, so no minor unit is lost in any number of parts. Failure: Invalid
// amount_too_small, when the buyer would pay or get nothing.
Result<void> present(const Payment& payment, Operation& op);

// What the provider of the method is asked for.
Money asked_of_method(const Payment& payment, const Operation& op);

void note_captured(Payment& payment);
// sign -1: a refund that failed.
void note_returned(Payment& payment, const Operation& refund, std::int64_t sign);

}  // namespace florin::payments
