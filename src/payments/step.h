#pragma once

// How each decision begins. For rules.cpp and begin.cpp only.

#include "payments/types.h"

namespace florin::payments {

// The next version, with its event. Each random number is used once.
inline Change step(const Payment& payment, Instant now, std::uint64_t random) {
    Change change{.after = payment, .event = EventId::make(now, payment.id.slot(), random)};
    change.after.version += 1;
    change.after.updated_at = now;
    return change;
}

}  // namespace florin::payments
