#pragma once

// The decision which account a payment goes to, and which ones may take its place.

#include <functional>
#include <span>
#include <string_view>

#include "routing/types.h"

namespace florin::routing {

// Why the rule does not take the payment; empty = it does. What is not known fits no condition.
std::string refusal(const Rule& rule, const Facts& facts);

// Of the first rule that takes the payment: its accounts by a draw of their weights, then its
// fallbacks, each once. Those that are down come after all others.
Route choose(std::span<const Rule> rules, const Facts& facts,
             const std::function<bool(std::string_view account)>& is_down);

}  // namespace florin::routing
