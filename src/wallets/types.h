#pragma once

// The nouns of wallets. A wallet is what a buyer, its owner, has with a merchant: stored value in
// each currency, and points. Its money is in strict ledger accounts, available and held; all of
// them and everything below live in the owner's home slot. Amounts are in units of `asset`: minor
// units of a currency, or points.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "domain/ids.h"
#include "domain/money.h"
#include "ledger/types.h"

namespace florin::wallets {

inline constexpr Currency kPoints = "PTS"_currency;

// The providers that wallets are, which their accounts and methods are called too.
inline constexpr std::string_view kWallet = "wallet", kPointsProvider = "points";

// What a point is worth: minor units of one currency.
struct Terms {
    Currency currency;
    std::int64_t value;

    friend bool operator==(const Terms&, const Terms&) = default;
};

struct Owner {
    MerchantId merchant;
    std::string name;  // The shop's word for the buyer: buyer.id of payments.

    Slot home() const { return ledger::home_of(merchant, name); }
};

// Stored: never change a number.
enum class Kind : std::int16_t {
    hold = 1,
    sale = 2,
    capture = 3,
    release = 4,
    refund = 5,
    adjust = 6,
    credit = 7,
    earn = 8,
    expire = 9,
};

constexpr std::string_view name(Kind kind) {
    switch (kind) {
        case Kind::hold:
            return "hold";
        case Kind::sale:
            return "sale";
        case Kind::capture:
            return "capture";
        case Kind::release:
            return "release";
        case Kind::refund:
            return "refund";
        case Kind::adjust:
            return "adjust";
        case Kind::credit:
            return "credit";
        case Kind::earn:
            return "earn";
        case Kind::expire:
            return "expire";
    }
    return "";
}

// What was asked of a wallet under one key, and what became of it.
struct Movement {
    MovementId id;  // A function of the key, and the id of the ledger transaction.
    Owner owner;
    Kind kind{};
    ChargeId charge = {};      // Nil = none.
    PaymentId payment = {};    // Nil = none.
    Money amount;              // In the asset.
    std::string refusal = {};  // A stable word; empty = it was done.
    Hash request_hash{};
    Instant at;
};

// What a payment holds or has spent of a wallet.
struct Charge {
    ChargeId id;
    Owner owner;
    PaymentId payment;
    Currency asset;
    Terms terms;  // What a unit of the asset is worth; 1 of itself for stored value.
    std::int64_t amount = 0, captured = 0, released = 0, refunded = 0;
    Instant points_until;  // When the last of the spent points would have expired.

    std::int64_t held() const { return amount - captured - released; }
    std::int64_t refundable() const { return captured - refunded; }
};

// Points of a new lot; `until` is Instant::max() when they never expire.
struct Gift {
    std::int64_t points = 0;
    Instant until = Instant::max();
};

// A movement to be carried out: all of it in one database transaction, or nothing.
struct Step {
    Movement movement;
    bool has_charge_begun = false;
    Terms terms;  // As in Charge.
    // Added to those of the charge.
    std::int64_t held = 0, captured = 0, released = 0, refunded = 0;
    // A new charge takes over what another one has held so far.
    ChargeId replaces = {};
    std::int64_t replaced = 0;
    std::int64_t take = 0;                // Points that lots lose, the first to expire first,
    Instant take_until = Instant::max();  // and none that expires later.
    Gift give = {};
    ledger::Posting posting;
};

// What an owner has of an asset.
struct Holding {
    Currency asset;
    std::int64_t available = 0, held = 0;
};

}  // namespace florin::wallets
