#pragma once

// Puts events into the feeds of their merchants, behind the horizon like the sealer, so that a
// reader never misses what was committed late. Any number of processes may run one.

#include <chrono>
#include <cstdint>

#include "platform/pg/pool.h"

namespace florin::events {

struct RelayOptions {
    std::chrono::milliseconds period{500};
    std::int64_t at_once = 4096;  // Events of one step, about.
};

class Relay {
public:
    Relay(pg::Pool& pool, RelayOptions options) : pool_(pool), options_(options) {}

    // Runs until it is cancelled.
    Task<> run();
    // Puts everything into the feeds that the horizon allows now: how many events. Throws pg::Lost
    // and pg::SqlError; what was put before that stays.
    Task<std::int64_t> relay();

    // Events that this process has put into feeds.
    std::uint64_t relayed() const { return relayed_; }
    // Of the event that waits for longest, when run() looked last; 0 = none waits. It grows while a
    // transaction of the database stays open, or is prepared: nothing above it is relayed.
    std::chrono::seconds oldest() const { return oldest_; }

private:
    struct Moved {
        std::int64_t slots = 0, events = 0;
        bool has_left = false;  // There was more in a slot than goes into one step.
    };
    Task<Moved> pass();
    Task<> look_at_oldest();

    pg::Pool& pool_;
    RelayOptions options_;
    std::uint64_t relayed_ = 0;
    std::chrono::seconds oldest_{0};
};

}  // namespace florin::events
