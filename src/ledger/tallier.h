#pragma once

// Rolls entries up into balances, behind the horizon like the sealer, so that reading a balance
// does not add up all history. Any number of processes may run one.

#include <chrono>
#include <cstdint>

#include "base/clock.h"
#include "platform/pg/pool.h"

namespace florin::ledger {

struct TallierOptions {
    std::chrono::milliseconds period{2'000};
    // A slot is rolled up when its oldest transaction is older, or when so many wait: often enough
    // for reads, rarely enough to cost little beside the bookings.
    std::chrono::seconds age{300};
    std::int64_t enough = 64;
    std::int64_t at_once = 4096;  // The most of a slot in one step.
};

class Tallier {
public:
    Tallier(pg::Pool& pool, TallierOptions options) : pool_(pool), options_(options) {}

    // Runs until it is cancelled.
    Task<> run();
    // Rolls up all slots where something was recorded before a time, or enough waits, as far as the
    // horizon allows: how many steps it took. Throws pg::Lost and pg::SqlError.
    Task<std::int64_t> tally(Instant older_than);

private:
    Task<std::int64_t> step(Instant older_than);

    pg::Pool& pool_;
    TallierOptions options_;
};

}  // namespace florin::ledger
