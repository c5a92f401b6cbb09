#pragma once

// Recomputes everything that was ever sealed from what is stored now, in one snapshot and bounded
// memory.

#include <functional>
#include <string>
#include <vector>

#include "ledger/checkpoint.h"
#include "ledger/inspect.h"

namespace florin::ledger {

struct Verified {
    std::int64_t slots = 0, blocks = 0, transactions = 0;  // That were looked at.
    std::int64_t anchors = 0, copies = 0;
    std::int64_t count = 0;         // Of all findings.
    std::vector<Finding> findings;  // The first of them.
    double seconds = 0;
};

struct VerifyOptions {
    Instant unsealed_before;      // What is older has to be sealed.
    std::vector<PublicKey> keys;  // Without one, signatures are not checked.
    std::string folder;           // Of copies of anchors; empty = none are compared.
    std::size_t findings_max = 1000;
    std::function<void(const Verified&)> on_progress;
};

// Throws pg::Lost, pg::SqlError, and CopyFailed when the folder cannot be read.
Task<Verified> verify(asio::io_context& io, std::string conninfo, VerifyOptions options);

}  // namespace florin::ledger
