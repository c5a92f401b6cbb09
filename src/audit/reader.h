#pragma once

// Looks at some slots with all checks, in one snapshot that nobody can write in, as the role that
// may only read.

#include <memory>
#include <string>
#include <vector>

#include "audit/types.h"
#include "base/result.h"
#include "platform/pg/connection.h"

namespace florin::audit {

struct ReaderOptions {
    std::string conninfo;
    bool writer_allowed = false;      // Go on although the role could write.
    std::int64_t findings_max = 100;  // Of one check in one look.
};

class Reader {
public:
    Reader(asio::io_context& io, ReaderOptions options) : io_(io), options_(std::move(options)) {}

    // Connects if need be. Failure: audit_may_write. Throws pg::Lost.
    Task<Result<void>> open();

    // About how many rows the database has; known once it is open.
    std::int64_t rows() const { return rows_; }

    // One verdict per check. `open` first. Throws pg::SqlError (57014: it took too long) or
    // pg::Lost; then open again.
    Task<std::vector<Verdict>> look(Slot first, Slot last, Instant now);

private:
    Task<std::vector<pg::Rows>> run(std::vector<pg::Call> calls);

    asio::io_context& io_;
    ReaderOptions options_;
    std::unique_ptr<pg::Connection> connection_;
    std::int64_t rows_ = 0;
    bool steps_down_ = false;  // To the role of the auditor, in each transaction.
};

}  // namespace florin::audit
