#pragma once

// A batch as an ISO 20022 customer credit transfer initiation, pain.001.001.09: a function of what
// is stored, so the same batch gives the same bytes.

#include <span>
#include <string>

#include "payouts/types.h"

namespace florin::payouts {

// `payouts`: those that left with the batch, at least one, all of its currency.
std::string pain001(const Batch& batch, std::span<const Payout> payouts);

}  // namespace florin::payouts
