#pragma once

// The [[account]], [[route]], [[refund_limit]], [[payout_limit]] and [[fx_pair]] tables of the
// configuration: the accounts at providers, the rules that choose among them, and what takes two
// persons. Whether currencies and amounts make sense is judged where they are known
// (app/accounts.h).

#include <cstdint>
#include <string>
#include <vector>

namespace florin {

struct AccountConfig {
    std::string name;      // In operations and in the ledger; begins with the provider's name.
    std::string provider;  // stripe
    std::string url;
    std::string secret_key, webhook_secret;  // Without the second it may not call us.
    std::int64_t requests_per_second = 0;    // 0 = no limit.
};

struct RouteAccount {
    std::string name;
    std::int64_t weight = 1;
};

struct RouteConfig {
    std::string name;  // "route 2" when the file gives none.
    std::vector<std::string> methods, currencies, countries, brands;
    std::string amount_from, amount_below;  // Decimals in the one currency; empty = no bound.
    std::vector<RouteAccount> accounts;
    std::vector<std::string> fallbacks;
};

// Refunds of the currency above the amount wait for a second person.
struct RefundLimitConfig {
    std::string currency, amount;
};

// The same of a payout.
using PayoutLimitConfig = RefundLimitConfig;

// The spread, in percent, of what is settled in one currency and paid in the other.
struct FxPairConfig {
    std::string presentment, settlement, spread;
};
inline constexpr std::int64_t kFxPairsMax = 1'000;

inline constexpr std::int64_t kRefundLimitsMax = 200;
inline constexpr std::int64_t kAccountsMax = 32, kRoutesMax = 200, kWeightMax = 1'000'000;

}  // namespace florin
