#pragma once

// Sellers, rules and splits as JSON, for the API and the command line.

#include "base/json.h"
#include "sellers/rules.h"

namespace florin::sellers {

void show(json::Writer& out, const Seller& seller);
void show(json::Writer& out, const FeeRule& rule);

// How an order would be split, and which rules say so; null where there is none.
struct Preview {
    Sale sale;
    Money amount;
    Fees fees;
    const FeeRule* commission = nullptr;
    const FeeRule* logistics = nullptr;
};
// Of the rules that take the sale. The preview points into `rules`.
Preview preview_of(std::span<const FeeRule> rules, Sale sale, Money amount);
void show(json::Writer& out, const Preview& preview);

}  // namespace florin::sellers
