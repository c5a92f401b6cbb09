#pragma once

// When something ends by itself. An authorization that nobody captures: a warning, then the
// cancellation, so that the buyer's money is given back and not merely forgotten. A buyer who does
// not do what the provider waits for: the payment is withdrawn. Pure.

#include "payments/types.h"

namespace florin::payments {

// When an authorization made at `at` ends: what the provider told, else the table of card brands.
Instant authorized_until(std::string_view account, const connectors::CardFacts& card, Instant at);

enum class Chore : std::uint8_t { none, warn, cancel };

// What is due at `now`.
Chore chore_of(const Payment& payment, Instant now);
// When to look for a chore again, decided with each step; Instant::max() = never.
Instant next_chore(const Payment& payment);

}  // namespace florin::payments
