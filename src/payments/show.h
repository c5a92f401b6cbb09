#pragma once

// A payment and its refunds as JSON: the body of answers and the data of events. The same text in
// both, so that a repeated request gets the same bytes.

#include <string>

#include "base/json.h"
#include "payments/types.h"

namespace florin::payments {

void show(json::Writer& out, const Payment& payment);
std::string show(const Payment& payment);
// `payment` with a refund as its operation.
void show_refund(json::Writer& out, const Payment& payment);
void show_dispute(json::Writer& out, const Payment& payment, const Dispute& dispute);
// Order `n` by itself.
std::string show_order(const Payment& payment, std::size_t n);
// The refund, or the payment, whichever its operation is about.
std::string show_subject(const Payment& payment);
// What the step is about: that, or a dispute.
std::string show_subject(const Change& change);

}  // namespace florin::payments
