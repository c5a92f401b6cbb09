#pragma once

// The nouns of routing. Amounts are minor units of the payment's currency.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/currencies.h"

namespace florin::routing {

// What is known of a payment before anybody is asked for its money.
struct Facts {
    std::string method;  // card
    Currency currency;
    std::int64_t amount = 0;
    std::string country = {};  // Of the buyer, ISO 3166 alpha-2; empty = not known.
    std::string brand = {};    // visa, mastercard ...; empty = not known.
    // Decides by weights, the same for each repetition of the payment; nothing = not drawn, all in
    // the order of the rule.
    std::optional<std::uint64_t> draw = {};
};

struct Weighted {
    std::string account;
    std::int64_t weight = 1;  // At least 1.
};

// An empty condition takes everything.
struct Rule {
    std::string name;  // For people; unique.
    std::vector<std::string> methods = {};
    std::vector<Currency> currencies = {};
    std::vector<std::string> countries = {};
    std::vector<std::string> brands = {};
    // Only with one currency, whose minor units they are: from <= amount < below.
    std::optional<std::int64_t> amount_from = {}, amount_below = {};
    std::vector<Weighted> accounts;           // At least one; shared by weight.
    std::vector<std::string> fallbacks = {};  // When none of them can be asked; in this order.
};

struct Candidate {
    std::string account;
    std::string why;
};

struct PassedOver {
    std::string rule;
    std::string why;
};

// Where a payment goes. No candidates = no rule takes it.
struct Route {
    std::string rule;
    std::vector<Candidate> candidates;  // In the order in which they are asked.
    std::vector<PassedOver> passed_over;
};

}  // namespace florin::routing
