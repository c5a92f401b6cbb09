#pragma once

// Payouts, settings, files and explanations as JSON, for the API and the command line.

#include "base/json.h"
#include "payouts/store.h"

namespace florin::payouts {

void show(json::Writer& out, const Payout& payout);
void show(json::Writer& out, const Settings& settings);
void show(json::Writer& out, const Batch& batch);

// A payout with its steps.
void show(json::Writer& out, const Payout& payout, const std::vector<History>& history);

// A payout as it was after a step: what never changes of it, and the step.
void show(json::Writer& out, const PayoutEvent& event);

// What a payout is made of, and whether it adds up. `next`: where the next page of items begins;
// nothing = these are all that follow.
struct Explanation {
    Payout payout;
    std::vector<Explained> items;
    std::optional<std::int64_t> next = {};
    Proof proof;
};
// The entries, what the ledger took from the seller, and the parts are the same amount.
bool adds_up(const Explanation& explanation);
void show(json::Writer& out, const Explanation& explanation);

// Why a seller has not been paid yet. `why`: stable words, empty = a payout could be made now.
struct Standing {
    SellerId seller;
    Currency currency;
    std::optional<Settings> settings = {};
    Payable payable;
    Balances balances;
    std::vector<Payout> open = {};       // Made, and not at the seller's yet.
    std::vector<Reserve> reserves = {};  // Held back, the earliest first.
    std::vector<std::string> why = {};
    std::string order = {};  // JSON: where the money of one order is; empty = nobody asked.
};
Standing standing_of(SellerId seller, Currency currency, std::optional<Settings> settings,
                     bool is_active, Payable payable, Balances balances,
                     std::vector<Payout> payouts, std::vector<Reserve> reserves);
void show(json::Writer& out, const Standing& standing);

// As lines of a CSV file (RFC 4180), with a first line of names.
std::string statement(const std::vector<Item>& entries, Currency currency);

// The id of what an entry is about, as the API writes it: a payment or a payout, and an order or
// nothing.
std::string source_of(const Item& item);
std::string order_of(const Item& item);

}  // namespace florin::payouts
