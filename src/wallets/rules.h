#pragma once

// What the movements of a wallet are, as values: which there can be, and what each books. Whether
// there is enough is for the database to say, at the moment when it is written.

#include <string>
#include <variant>

#include "connectors/types.h"
#include "wallets/types.h"

namespace florin::wallets {

// Refusals besides: not enough in the wallet, or fewer points than lots have.
inline constexpr std::string_view kInsufficientFunds = "insufficient_funds";

// The id of what is asked under a provider's key, for a payment; the same each time.
MovementId movement_id(const Owner& owner, std::string_view provider, const std::string& key,
                       PaymentId payment);
// The same under a client's key, for what no payment asks for.
MovementId movement_id(const Owner& owner, Kind kind, const std::string& client_key);

// Of an order's own words: two under one key must agree in it.
Hash fingerprint(const connectors::Order& order);

// Which wallet a provider charges. Without terms: stored value, in the currency of the payment.
struct Provider {
    std::string_view name;
    std::optional<Terms> points;
};

// What an order comes to. `charge` is the one that the order refers to or replaces, if it is there.
// Gives a step, or a refusal: wallet_not_of_buyer, points_currency, points_not_whole; or what
// payments never ask for: charge_not_found, nothing_held, amount_exceeds_held,
// amount_exceeds_refundable, adjustment_changes_nothing.
using Plan = std::variant<Step, std::string>;
// The refusals that a shop can do something about; of the others it hears provider_refused.
bool is_told(std::string_view refusal);
Plan plan(const Provider& provider, const connectors::Order& order,
          const std::optional<Charge>& charge, Instant now);
// The movement that an order asks for: what stands in its row when it is refused, too.
Movement movement_of(const Provider& provider, const connectors::Order& order, Instant now);

// Store credit, at our expense.
Step credit(Owner owner, const std::string& client_key, Money amount, const Hash& request_hash,
            Instant now);
// Points that the owner earns. Failure: Invalid points_too_many.
Result<Step> earn(Owner owner, const std::string& client_key, Gift points, Terms terms,
                  const Hash& request_hash, Instant now);
// Points of lots that expire until now, of which `due` remain, while `held` are held: those that
// are held are the first to expire. Nothing = all of them are held.
std::optional<Step> expire(Owner owner, std::int64_t due, std::int64_t held, Terms terms,
                           Instant now, std::uint64_t random);

ledger::AccountName available_account(const std::string& owner, Currency asset);
ledger::AccountName held_account(const std::string& owner, Currency asset);

}  // namespace florin::wallets
