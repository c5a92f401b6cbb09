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
// Whichever of the two its operation is about.
std::string show_subject(const Payment& payment);

}  // namespace florin::payments
