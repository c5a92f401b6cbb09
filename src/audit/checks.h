#pragma once

// The catalogue of checks, in the order in which to read their findings: what a check finds often
// follows from what one above it has found. A new check is a file in sql/ and a line here.

#include <span>

#include "audit/types.h"

namespace florin::audit {

std::span<const Check> checks();

// The whole statement of each check, in the same order; they live for ever.
// Parameters: $1 first slot, $2 last slot (smallint), $3 now, $4 limit of rows (bigint).
// Rows: slot, payment, object, object id, what, expected, found, currency, at stake; then the
// number of all findings and what is at stake in all of that currency.
std::span<const std::string> statements();

}  // namespace florin::audit
