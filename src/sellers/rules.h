#pragma once

// The arithmetic of fees: which rule is for an order, what it takes, and what falls to a part of
// the order. Every split adds up to what was split, and no part of it is negative.

#include <span>

#include "domain/money.h"
#include "sellers/types.h"

namespace florin::sellers {

// What a rule is chosen by.
struct Sale {
    SellerId seller;
    std::string category;  // Empty = none: rules for a category do not take it.
    Currency currency;
    Instant at;  // When the order was made.
};

// Of the rules of a kind that are valid for the sale, the most specific: for its seller and
// category, for its seller, for its category, for all. Null when there is none. Of two that are
// equally specific, which the store never lets be, the older one.
const FeeRule* rule_for(std::span<const FeeRule> rules, FeeKind kind, const Sale& sale);

// Who gets what of an amount, in minor units.
struct Fees {
    std::int64_t seller = 0;
    std::int64_t commission = 0;
    std::int64_t logistics = 0;

    std::int64_t total() const { return seller + commission + logistics; }
    friend bool operator==(const Fees&, const Fees&) = default;
};

// What one rule takes of an amount of 0 to kAmountMax, which may be more than the amount: the sum
// of its tiers, rounded half to even once, plus the fixed part, within minimum and maximum.
std::int64_t fee_of(const FeeRule& rule, std::int64_t amount);

// Splits an amount of 0 to kAmountMax; a rule that is null takes nothing. What the rules take is
// cut at the amount, the commission's first; the rest is the seller's.
Fees fees_of(std::int64_t amount, const FeeRule* commission, const FeeRule* logistics);

// Splits a part of an order whose split as a whole is `fees` (above zero in total). `done_before`:
// how much of the order was split before, whether released or given back. Parts that add up to the
// order give its fees exactly, in any sizes and order; no share is negative or above the part.
Fees part_of(const Fees& fees, std::int64_t done_before, std::int64_t part);

// Does the rule do from now on what `wanted` asks for? Then a repeated request is answered with it.
// `valid_from` of a request that names none is the present, which an earlier one serves as well.
bool serves(const FeeRule& rule, const FeeRule& wanted, bool names_valid_from);

}  // namespace florin::sellers
