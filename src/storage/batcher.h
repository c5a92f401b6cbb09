#pragma once

// Many commands, one transaction. Commands from concurrent requests wait in one line per kind; a
// lane (one per connection) takes everything that waits as soon as it is idle, without a timer, and
// sends it as set-based calls in one pipeline: one round trip, one commit. Each command gets its
// own answer; when the database refuses a batch it is halved until the culprit stands alone.

#include <boost/asio/steady_timer.hpp>

#include <array>
#include <deque>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "platform/async/one_shot.h"
#include "platform/async/scope.h"
#include "platform/pg/connection.h"

namespace florin::storage {

// Lives in the coroutine that submits it, until its answer is there.
struct Command {
    virtual ~Command() = default;
    Deadline deadline;
    OneShot<std::exception_ptr> done;  // Null = written.
};

// How the commands of one kind become calls, and how the rows come back to them. Stateless but for
// caches; used from one event loop.
class Kind {
public:
    virtual ~Kind() = default;
    // Adds the calls of these commands, which may be reordered (sorted, so that two lanes cannot
    // deadlock).
    virtual void encode(std::span<Command*> commands, std::vector<pg::Call>& calls) = 0;
    // The rows of exactly the calls that encode() added.
    virtual void decode(std::span<Command*> commands, std::span<const pg::Rows> rows) = 0;
};

struct BatcherOptions {
    std::string conninfo;
    std::size_t lanes = 2;
    std::size_t batch_max = 256;       // Commands of one kind in one transaction.
    std::size_t waiting_max = 20'000;  // Beyond it, submit() refuses.
};

struct BatcherCounts {
    std::uint64_t commands = 0;
    std::uint64_t flushes = 0;
    std::uint64_t splits = 0;
    std::uint64_t failures = 0;
    std::size_t waiting = 0;
};

class Batcher {
public:
    // `kinds` in the order in which their calls run inside a transaction.
    Batcher(asio::io_context& io, BatcherOptions options, std::vector<Kind*> kinds);

    void start(TaskScope& scope);
    // Returns when the command is committed. Throws pg::SqlError when the database refuses this
    // very command, pg::Lost when nobody knows, or nothing was sent before its deadline.
    Task<> submit(std::size_t kind, Command& command);

    BatcherCounts counts() const;

private:
    struct Item {
        std::size_t kind;
        Command* command;
    };
    using Batch = std::vector<Item>;

    Task<> lane();
    bool has_work_for_a_lane() const;
    Task<> wait_for_work();
    Task<bool> connect(std::unique_ptr<pg::Connection>& connection);
    Batch take();
    Task<> flush(std::unique_ptr<pg::Connection>& connection, Batch batch);
    Task<> write(pg::Connection& connection, Batch& batch);
    void drop_late();

    asio::io_context& io_;
    BatcherOptions options_;
    std::vector<Kind*> kinds_;
    std::vector<std::deque<Command*>> waiting_;
    std::deque<OneShot<bool>*> idle_lanes_;
    std::size_t busy_lanes_ = 0;
    BatcherCounts counts_;
};

}  // namespace florin::storage
