#pragma once

// Reads of the ledger.

#include <vector>

#include "ledger/types.h"
#include "platform/pg/pool.h"

namespace florin::ledger {

struct EntryCursor {
    Uuid transaction;
    std::int16_t leg = 0;
    static EntryCursor newest();
};

class Store {
public:
    explicit Store(pg::Pool& pool) : pool_(pool) {}

    // Every account that has entries, over all slots. A nil merchant means all merchants.
    Task<std::vector<Balance>> balances(MerchantId merchant);
    // The same of what was recorded until a time: final as soon as that time is past and nothing
    // that began before it is still being written.
    Task<std::vector<Balance>> balances_as_of(MerchantId merchant, Instant until);
    Task<Balance> balance_as_of(MerchantId merchant, AccountName account, Instant until);
    // Zero when the account has no entries.
    Task<Balance> balance(MerchantId merchant, AccountName account);
    // Newest first, strictly older than the cursor.
    Task<std::vector<Entry>> entries(MerchantId merchant, AccountName account, EntryCursor before,
                                     std::int64_t limit);
    // Only the legs of these transactions, which live in one slot.
    Task<std::vector<Entry>> entries_of(MerchantId merchant, AccountName account, Slot slot,
                                        std::vector<OperationId> transactions);
    // Of strict accounts of one owner; those that were never used are left out.
    Task<std::vector<Balance>> strict_balances(MerchantId merchant,
                                               std::vector<AccountName> accounts);
    // A strict account's entries, newest first, with numbers below `before`. Without references.
    Task<std::vector<Chapter>> story(MerchantId merchant, AccountName account, std::int64_t before,
                                     std::int64_t limit);

private:
    pg::Pool& pool_;
};

}  // namespace florin::ledger
