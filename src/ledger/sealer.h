#pragma once

// Seals what has been booked, beside the payments and never in their way. Any number of processes
// may run one: of two that write the same block the database takes one, and both were right.

#include <chrono>

#include "ledger/seal_store.h"
#include "platform/async/task.h"

namespace florin::ledger {

struct SealerOptions {
    std::chrono::milliseconds age{10'000};  // A transaction is sealed when it is older,
    std::int64_t n_max = 512;               // or when so many wait, which is the most of a block.
    std::chrono::milliseconds period{1'000};
};

// The next block of each slot, from all transactions of these slots in that order. A slot without
// transactions gets none.
std::vector<StoredBlock> make_blocks(const std::vector<Due>& due,
                                     const std::vector<Sealable>& transactions);

class Sealer {
public:
    Sealer(pg::Pool& pool, SealerOptions options) : store_(pool), options_(options) {}

    // Runs until it is cancelled.
    Task<> run();
    // Seals everything that was recorded before a time, or waits in a long enough line, and that
    // the horizon allows: how many blocks it has written. Throws pg::Lost and pg::SqlError.
    Task<std::size_t> seal(Instant older_than);

    std::uint64_t blocks() const { return blocks_; }
    // Of the transaction that waits for longest, when run() looked last; 0 = none waits. It grows
    // while a transaction of the database stays open, or is prepared: nothing above it is sealed.
    std::chrono::seconds oldest() const { return oldest_; }

private:
    Task<std::size_t> seal_some(std::vector<Due> due);
    Task<> look_at_oldest();

    SealStore store_;
    SealerOptions options_;
    std::uint64_t blocks_ = 0;
    std::chrono::seconds oldest_{0};
};

}  // namespace florin::ledger
