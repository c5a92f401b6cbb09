#pragma once

// Stripe's search language, the part that finds payments:
//   metadata['order']:'42' AND status:'succeeded' AND amount>100

#include <string>
#include <string_view>
#include <vector>

#include "sandbox/checks.h"
#include "sandbox/objects.h"

namespace florin::sandbox {

struct Query {
    Pairs metadata;
    std::vector<std::string> statuses;  // Every one must hold, so two different ones find nothing.
    std::vector<std::string> currencies;
    Range amount;
    Range created;

    bool matches(const PaymentIntent& intent) const;
};

Checked<Query> parse_query(std::string_view text);

}  // namespace florin::sandbox
