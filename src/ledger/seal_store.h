#pragma once

// Blocks and what they are made of, in the database. The statements are made and read here, so that
// who verifies can run them in a transaction of its own.

#include <optional>
#include <string>
#include <vector>

#include "ledger/seal.h"
#include "platform/pg/pool.h"

namespace florin::ledger {

// A slot with work: its next block will hold all transactions with after.hi_xid <= xid < hi_xid.
struct Due {
    Block after;  // The slot's last block; number 0 when it has none. Only what follows it is set.
    std::int16_t epoch = 0;
    std::int64_t hi_xid = 0;
    std::int64_t n = 0;  // About how many transactions.
};

// All transactions of a slot with lo_xid <= xid < hi_xid; `number` comes back with each.
struct Range {
    Slot slot = 0;
    std::int64_t number = 0, lo_xid = 0, hi_xid = 0;
};

// A transaction as it is stored now, and where it belongs.
struct Sealable {
    std::int64_t number = 0;  // Of its range.
    std::int64_t xid = 0;
    StoredTransaction transaction;
};

// A block with its leaves, as they are stored.
struct StoredBlock {
    Block block;
    std::string leaves;
};

// By range, then by (xid, id).
pg::Call read_call(const std::vector<Range>& ranges, std::int64_t limit);
std::vector<Sealable> read_sealables(const pg::Rows& rows);
// A page of blocks above a number, in order: at most so many.
pg::Call blocks_call(Slot slot, std::int64_t above, std::int64_t limit = 256);
std::vector<StoredBlock> read_blocks(const pg::Rows& rows, Slot slot);

class SealStore {
public:
    explicit SealStore(pg::Pool& pool) : pool_(pool) {}

    // Slots where something was recorded before `older_than`, or `n_max` transactions wait.
    Task<std::vector<Due>> due(Instant older_than, std::int64_t n_max);
    Task<std::vector<Sealable>> read(std::vector<Range> ranges);
    // When the transaction was recorded that has been waiting to be sealed for longest.
    Task<std::optional<Instant>> oldest_waiting();
    // How many were written; the others were there already.
    Task<std::size_t> add(std::vector<StoredBlock> blocks, Instant now);

private:
    static constexpr std::int64_t kSlotsMax = 256;  // Of one question.
    pg::Pool& pool_;
};

}  // namespace florin::ledger
