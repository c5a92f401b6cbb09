#pragma once

// Journal entries as they are stored. A nil merchant in a read means any merchant.

#include <optional>
#include <vector>

#include "journal/types.h"
#include "ledger/poster.h"
#include "platform/pg/pool.h"

namespace florin::journal {

// What became of a write: done; not done, for somebody was faster (read again); or not done, for a
// seller owes less than is written off.
enum class Written { yes, crossed, overdrawn };

class Store {
public:
    explicit Store(pg::Pool& pool) : pool_(pool) {}

    // The entry and its booking, or nothing. Throws what the pool throws otherwise.
    Task<Written> write(Entry entry);

    Task<std::optional<Entry>> entry(MerchantId merchant, JournalEntryId id);
    // The entry that a key stands for. `reverses`: what was to be reversed under it; nil = nothing.
    Task<std::optional<Entry>> entry_by_key(MerchantId merchant, Slot slot, JournalEntryId reverses,
                                            std::string key);
    // Newest first, older than `after`; nil = from the newest on.
    Task<std::vector<Entry>> entries(MerchantId merchant, JournalEntryId after, std::int64_t limit);
    // What each of the sellers owes of whom lines write something off, as the accounts are now.
    Task<std::vector<ledger::Balance>> debts(Entry entry);

private:
    pg::Pool& pool_;
    ledger::Poster poster_;
};

}  // namespace florin::journal
