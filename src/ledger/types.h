#pragma once

// The nouns of the ledger. It knows accounts, transactions and entries; it has never heard of a
// payment.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/ids.h"
#include "domain/money.h"
#include "ledger/chart.h"

namespace florin::ledger {

// An account as people name it: "psp_receivable:stripe:EUR", "escrow:EUR". A tallied one exists
// once in every slot that uses it, so that no row of the database is hot; balances add the slots
// up. A strict one exists in the home slot of its owner alone.
struct AccountName {
    std::int16_t code;
    std::string owner;  // Empty where the chart says so.
    Currency currency;

    std::string text() const;
    static std::optional<AccountName> parse(std::string_view text);
    friend bool operator==(const AccountName&, const AccountName&) = default;
};

// One side of a transaction. Minor units: a debit is above zero, a credit below.
struct Leg {
    AccountName account;
    std::int64_t amount;
    Uuid reference;  // Whose money it is: the payment, the order.
};

// A transaction to be booked. Its id is the operation's that it books, so it cannot be booked
// twice.
struct Posting {
    OperationId id;
    MerchantId merchant;
    Uuid source;  // The object whose story it belongs to: the payment.
    std::string kind;
    Instant at;
    std::vector<Leg> legs;
};

// Where all strict accounts of an owner (a seller, a buyer) live.
Slot home_of(const MerchantId& merchant, std::string_view owner);

// What is to be booked, as one transaction per slot: legs on strict accounts go to the homes of
// their owners, and what passes between two slots stands on an interslot account on both sides,
// under the id of the whole. The first is the part of the posting's own slot, under its own id; it
// is missing when no leg belongs there. Every part sums to zero if the posting does. The same
// posting gives the same ids.
std::vector<Posting> spread(Posting posting);

// Sums to zero per currency, no leg is zero, and there are at least two.
bool is_balanced(const Posting& posting);

struct Balance {
    AccountName account;
    std::int64_t debits = 0;  // Both are not negative.
    std::int64_t credits = 0;

    // On the account's normal side.
    std::int64_t amount() const;
};

struct Entry {
    OperationId transaction;
    std::int16_t leg;
    AccountName account;
    Uuid source;
    Uuid reference;
    std::string kind;
    std::int64_t amount;
    Instant at;
};

// An entry of a strict account, with its place in the account's story.
struct Chapter {
    std::int64_t number;   // From 1, without a gap.
    std::int64_t balance;  // After it, on the account's normal side.
    Entry entry;
};

}  // namespace florin::ledger
