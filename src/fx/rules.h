#pragma once

// The arithmetic of quotes. Every rounding is half to even, to the minor unit, and happens once:
// what it leaves (half a minor unit of the buyer's currency at most) stays on the position. Parts
// are cut by cumulative difference, so they add up to the quote whatever their sizes.

#include <map>
#include <span>
#include <vector>

#include "fx/types.h"

namespace florin::fx {

// Millionths that are added to what an order costs.
struct Spreads {
    std::int64_t preset = 0;
    std::map<Pair, std::int64_t> by_pair;  // base = presentment, quote = settlement.

    std::int64_t of(const Pair& pair) const;
};

// What is asked for: one amount, and the currency of the other.
struct Wish {
    Money amount;                   // Above zero, at most kAmountMax.
    Currency other;                 // Not that of the amount.
    Side fixed = Side::settlement;  // What the amount is.

    Currency settlement() const { return fixed == Side::settlement ? amount.currency() : other; }
    Currency presentment() const { return fixed == Side::settlement ? other : amount.currency(); }
    Pair pair() const { return {presentment(), settlement()}; }
};

// The amounts of a quote at the rate of wish.pair(). Settlement fixed: the spread is
// spread_rate of it, and both together are converted. Presentment fixed: it is converted, and the
// spread is spread_rate / (1 + spread_rate) of that. Codes of failure: fx_amount_too_small, when an
// amount would be zero; amount_too_large, when one would be above kAmountMax.
Result<Amounts> amounts_of(const Wish& wish, const Rate& rate, std::int64_t spread_rate);

// A part of a quoted whole, given in one of its currencies; `before` is what was cut off earlier,
// in the same one. Captures are one sequence of parts and refunds another, from zero again: refunds
// of all that was captured add up to it. Give all parts of a quote in the same currency. No share
// is negative, and each is at most what is left of it.
Amounts part_of(const Amounts& whole, Side given, std::int64_t before, std::int64_t part);

}  // namespace florin::fx
