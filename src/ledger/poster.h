#pragma once

// Turns postings into calls of a batch, so that they commit together with what caused them.

#include <span>
#include <unordered_set>
#include <vector>

#include "ledger/types.h"
#include "platform/pg/connection.h"

namespace florin::ledger {

// The id of an account in a slot: a function of all that the account is, so nobody has to ask.
Uuid account_id(const MerchantId& merchant, Slot slot, const AccountName& account);

class Poster {
public:
    // Adds the calls: the postings, and accounts that may be new. All postings must balance.
    void encode(std::span<const Posting* const> postings, std::vector<pg::Call>& calls);
    // Reads the rows of exactly these calls, once they are committed.
    void decode(std::span<const Posting* const> postings, std::span<const pg::Rows> rows);

private:
    struct HashUuid {
        std::size_t operator()(const Uuid& id) const;
    };
    static constexpr std::size_t kKnownMax = 1'000'000;  // Forgotten beyond it, and asked again.
    std::unordered_set<Uuid, HashUuid> known_;
};

}  // namespace florin::ledger
