#pragma once

// Signs the heads of all slots once a minute, and keeps copies of what was signed outside of the
// database. Any number of processes may run one; of two that make the same anchor the database
// takes one.

#include <chrono>
#include <optional>

#include "ledger/anchor_store.h"
#include "ledger/checkpoint.h"
#include "platform/async/task.h"

namespace florin::ledger {

struct AnchorerOptions {
    std::chrono::milliseconds period{60'000};
    std::optional<PrivateKey> key;  // Without one, no anchors are made here.
    std::string folder;             // Of the copies; empty = none are kept here.
};

class Anchorer {
public:
    Anchorer(pg::Pool& pool, AnchorerOptions options)
        : store_(pool), options_(std::move(options)) {}

    // Runs until it is cancelled.
    Task<> run();
    // One anchor, when a head has moved since the last one, and the copies that are missing after
    // the last copy. Throws pg::Lost, pg::SqlError and CopyFailed.
    Task<> anchor();

    std::uint64_t anchors() const { return anchors_; }

private:
    Task<> make();
    Task<> copy();

    AnchorStore store_;
    AnchorerOptions options_;
    std::uint64_t anchors_ = 0;
};

}  // namespace florin::ledger
