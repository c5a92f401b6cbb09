#pragma once

// The nouns of the journal: entries that people book by hand. Amounts are minor units, a debit is
// above zero.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "domain/ids.h"
#include "ledger/types.h"

namespace florin::journal {

inline constexpr std::size_t kLinesMin = 2, kLinesMax = 100;

// Kinds of ledger transactions.
inline constexpr std::string_view kBooked = "journal", kReversed = "journal_reversal";

// Whose money a line is about.
struct Reference {
    std::string kind;  // The prefix of the id: "pay", "pyo", "jrn". Empty = nobody was named.
    Uuid id;

    template <class Id>
    static Reference to(const Id& id) {
        return {std::string(Id::kPrefix), id.uuid()};
    }
    std::string text() const { return kind + '_' + to_base32(id); }
    friend bool operator==(const Reference&, const Reference&) = default;
};

struct Line {
    ledger::AccountName account;
    std::int64_t amount;
    Reference reference;

    friend bool operator==(const Line&, const Line&) = default;
};

struct Entry {
    JournalEntryId id;  // Also of its ledger transaction.
    MerchantId merchant;
    KeyId by;
    std::string client_key;
    Hash request_hash{};
    JournalEntryId reverses = {};     // Nil = none.
    JournalEntryId reversed_by = {};  // Nil = nobody has, when it was read.
    std::string reason;
    Instant at;
    std::vector<Line> lines;

    bool is_reversal() const { return reverses != JournalEntryId(); }
};

}  // namespace florin::journal
