#pragma once

// The nouns of sellers: who is paid, and the rules by which the shop and the carriers take their
// part of an order. Amounts are minor units, rates millionths.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/currencies.h"
#include "domain/ids.h"

namespace florin::sellers {

enum class SellerState : std::int16_t { active = 1, suspended = 2 };  // Stored.
inline constexpr std::array<std::string_view, 2> kSellerStateNames = {"active", "suspended"};
std::string_view name(SellerState state);

// A connected account: whose goods are sold. `reference` is the shop's own name for it, which
// payment orders carry as `seller_account`.
struct Seller {
    SellerId id;
    MerchantId merchant;
    std::string reference;
    std::string name;
    std::string country;  // ISO 3166 alpha-2; empty = not known.
    SellerState state = SellerState::active;
    Instant created_at;
    Instant updated_at;
};

// A function of what it names, so nobody has to look a seller up, and registering one twice meets
// the same row. Its slot is that of all that belongs to the seller.
SellerId seller_id(const MerchantId& merchant, std::string_view reference);

enum class FeeKind : std::int16_t { commission = 1, logistics = 2 };  // Stored.
inline constexpr std::array<std::string_view, 2> kFeeKindNames = {"commission", "logistics"};
std::string_view name(FeeKind kind);
std::optional<FeeKind> fee_kind_from(std::string_view name);

inline constexpr std::int64_t kRateWhole = 1'000'000;  // 100 %.

// From percent as decimal text, "12.5": 0 to 100 with at most four decimals, no sign, no leading
// zeros. Codes of failure: rate_malformed, rate_too_large.
Result<std::int64_t> rate_from(std::string_view percent);
// In percent, without zeros at the end: "12.5".
std::string percent(std::int64_t rate);

// Its rate is for the part of an amount from here to where the next tier begins.
struct Tier {
    std::int64_t from = 0;
    std::int64_t rate = 0;
    friend bool operator==(const Tier&, const Tier&) = default;
};
inline constexpr std::size_t kTiersMax = 20;

// Never changed; an end is all that may come later.
struct FeeRule {
    FeeRuleId id;  // In the slot of rules_slot().
    MerchantId merchant;
    FeeKind kind = FeeKind::commission;
    std::optional<SellerId> seller = {};  // Nothing = each of them.
    std::string category = {};            // The shop's word; empty = each of them.
    Currency currency;
    std::vector<Tier> tiers;  // 1 to kTiersMax; the first begins at 0, each later than the last.
    std::int64_t fixed = 0;   // Added to what the tiers give.
    std::int64_t minimum = 0;
    std::optional<std::int64_t> maximum = {};  // Above zero, and not below the minimum.
    Instant valid_from;
    Instant valid_until = Instant::max();  // Valid before it. Equal to valid_from = never valid.
    Instant created_at;
};

// All rules that may be valid at the same time for the same order live in one slot, so that one
// place can refuse what overlaps.
Slot rules_slot(const MerchantId& merchant, FeeKind kind, Currency currency);

}  // namespace florin::sellers
