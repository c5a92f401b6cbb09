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
    // Adds the calls: new accounts first, if any, then the postings. All of them must balance.
    void encode(std::span<const Posting* const> postings, std::vector<pg::Call>& calls);
    // The transaction that made the new accounts of these postings is committed.
    void remember(std::span<const Posting* const> postings);

private:
    struct HashUuid {
        std::size_t operator()(const Uuid& id) const;
    };
    static constexpr std::size_t kKnownMax = 1'000'000;  // Forgotten beyond it, and asked again.
    std::unordered_set<Uuid, HashUuid> known_;
};

}  // namespace florin::ledger
