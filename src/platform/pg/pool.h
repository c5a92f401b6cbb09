#pragma once

// Connections for reads and small single writes. Who finds none idle waits in a bounded line.

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "platform/async/one_shot.h"
#include "platform/pg/connection.h"

namespace florin::pg {

class Pool {
public:
    Pool(asio::io_context& io, std::string conninfo, std::size_t size)
        : io_(io), conninfo_(std::move(conninfo)), seats_(size) {}

    // One transaction of several statements. Throws SqlError or Lost.
    Task<std::vector<Rows>> run(std::vector<Call> calls);
    // outlives: the statement is a constant (Call).
    Task<Rows> query(std::string_view sql, Params params);

private:
    struct Seat {
        std::unique_ptr<Connection> connection;
        bool taken = false;
    };
    static constexpr std::size_t kWaitingMax = 10'000;

    Task<Seat*> take();
    void give_back(Seat* seat);

    asio::io_context& io_;
    std::string conninfo_;
    std::vector<Seat> seats_;
    std::deque<std::shared_ptr<OneShot<Seat*>>> waiting_;
};

}  // namespace florin::pg
