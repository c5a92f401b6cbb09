#pragma once

// Reads the feed of a merchant.

#include <map>
#include <utility>
#include <vector>

#include "events/types.h"
#include "payments/store.h"
#include "payouts/store.h"
#include "platform/pg/pool.h"

namespace florin::events {

struct Page {
    std::vector<Item> items;  // By position.
    std::int64_t last = 0;    // Where to go on from: the position of the last of them.
    bool more = false;        // There are more already.
};

class Store {
public:
    Store(pg::Pool& pool, payments::Store& payments, payouts::Store& payouts)
        : pool_(pool), payments_(payments), payouts_(payouts) {}

    // What follows on the position `after`, at most `limit` events.
    Task<Page> page(MerchantId merchant, std::int64_t after, std::int64_t limit);

private:
    using Key = std::pair<Uuid, std::int32_t>;  // Ids of payments and payouts differ.
    struct Entry {
        std::int64_t position;
        Object object;
        Key key;
    };

    static std::vector<Entry> read_entries(const pg::Rows& rows);
    Task<std::map<Key, Item>> items_of(MerchantId merchant, std::vector<Entry> entries);

    pg::Pool& pool_;
    payments::Store& payments_;
    payouts::Store& payouts_;
};

}  // namespace florin::events
