#pragma once

// A payment as JSON: the body of answers and the data of events. The same text in both, so that a
// repeated request gets the same bytes.

#include <string>

#include "base/json.h"
#include "payments/types.h"

namespace florin::payments {

void show(json::Writer& out, const Payment& payment);
std::string show(const Payment& payment);

}  // namespace florin::payments
