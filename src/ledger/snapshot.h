#pragma once

// One instant of the database, for questions one after the other that must agree with each other.

#include <memory>
#include <string>

#include "platform/pg/connection.h"

namespace florin::ledger {

// A transaction that reads only. It ends with the object.
class Snapshot {
public:
    // Throws pg::Lost.
    static Task<std::unique_ptr<Snapshot>> open(asio::io_context& io, std::string conninfo);

    // Throws pg::SqlError and pg::Lost; then it is of no use any more.
    Task<pg::Rows> ask(pg::Call call);

private:
    explicit Snapshot(std::unique_ptr<pg::Connection> connection)
        : connection_(std::move(connection)) {}
    std::unique_ptr<pg::Connection> connection_;
};

}  // namespace florin::ledger
