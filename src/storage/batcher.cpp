#include "storage/batcher.h"

#include <boost/asio/this_coro.hpp>

#include <algorithm>

#include "base/log.h"

namespace florin::storage {
namespace {

constexpr int kTransientTries = 10;
constexpr std::size_t kWorthALane = 32;  // Commands.

// Serialization failure, deadlock: the same transaction may succeed now.
bool is_transient(const pg::SqlError& error) {
    return error.state == "40001" || error.state == "40P01";
}

}  // namespace

Batcher::Batcher(asio::io_context& io, BatcherOptions options, std::vector<Kind*> kinds)
    : io_(io), options_(std::move(options)), kinds_(std::move(kinds)), waiting_(kinds_.size()) {}

void Batcher::start(TaskScope& scope) {
    for (std::size_t i = 0; i < options_.lanes; ++i) scope.start("storage.lane", lane());
}

Task<> Batcher::submit(std::size_t kind, Command& command) {
    // From here on the command is in the line, and a lane will point at it.
    const bool cancellable = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    if (counts_.waiting >= options_.waiting_max)
        throw pg::Lost("too many commands wait for the database");
    waiting_[kind].push_back(&command);
    ++counts_.waiting;
    ++counts_.commands;
    if (!idle_lanes_.empty() && has_work_for_a_lane()) {
        auto* lane = idle_lanes_.front();
        idle_lanes_.pop_front();
        lane->set(true);
    }
    const auto failure = co_await command.done.wait();
    co_await asio::this_coro::throw_if_cancelled(cancellable);
    if (failure) std::rethrow_exception(failure);
}

BatcherCounts Batcher::counts() const {
    return counts_;
}

// A call costs much more than a row in it. So a second lane begins only when it has a good deal to
// carry; what waits meanwhile goes with the first, as soon as that is back.
bool Batcher::has_work_for_a_lane() const {
    return counts_.waiting >= (busy_lanes_ == 0 ? 1 : kWorthALane);
}

Task<> Batcher::wait_for_work() {
    if (has_work_for_a_lane()) co_return;
    OneShot<bool> woken;
    idle_lanes_.push_back(&woken);
    struct Leave {
        std::deque<OneShot<bool>*>& line;
        OneShot<bool>* one;
        ~Leave() { std::erase(line, one); }
    } leave{idle_lanes_, &woken};
    co_await woken.wait_or_cancel();
}

Task<> Batcher::lane() {
    std::unique_ptr<pg::Connection> connection;
    while (true) {
        co_await wait_for_work();
        if (!connection && !co_await connect(connection)) continue;
        if (!connection->is_alive()) {  // The server went away while nothing was asked of it.
            connection.reset();
            continue;
        }
        if (!has_work_for_a_lane()) continue;
        struct Busy {
            std::size_t& lanes;
            explicit Busy(std::size_t& count) : lanes(count) { ++lanes; }
            ~Busy() { --lanes; }
        } busy{busy_lanes_};
        co_await flush(connection, take());
    }
}

// Commands keep their place in the line while the database is away, until their own deadline.
Task<bool> Batcher::connect(std::unique_ptr<pg::Connection>& connection) {
    bool failed = false;
    try {
        connection = co_await pg::Connection::open(io_, options_.conninfo,
                                                   deadline_in(std::chrono::seconds(5)));
    } catch (const pg::Lost& e) {
        log::warn("storage.no_connection", {{"why", e.what()}});
        failed = true;
    }
    if (!failed) co_return true;
    drop_late();
    co_await sleep_for(std::chrono::milliseconds(200));
    co_return false;
}

void Batcher::drop_late() {
    const auto time = monotonic_now();
    for (auto& line : waiting_) {
        std::erase_if(line, [&](Command* command) {
            if (command->deadline > time) return false;
            command->done.set(std::make_exception_ptr(pg::Lost("the database is not there")));
            --counts_.waiting;
            ++counts_.failures;
            return true;
        });
    }
}

Batcher::Batch Batcher::take() {
    Batch batch;
    for (std::size_t kind = 0; kind < kinds_.size(); ++kind) {
        auto& line = waiting_[kind];
        const auto count = std::min(line.size(), options_.batch_max);
        for (std::size_t i = 0; i < count; ++i) {
            batch.push_back({kind, line.front()});
            line.pop_front();
        }
        counts_.waiting -= count;
    }
    return batch;
}

// One transaction. Throws what the connection throws; on return all commands have their rows.
Task<> Batcher::write(pg::Connection& connection, Batch& batch) {
    struct Part {
        Kind* kind;
        std::vector<Command*> commands;
        std::size_t first_call = 0, calls = 0;
    };
    std::vector<Part> parts;
    std::vector<pg::Call> calls;
    for (std::size_t kind = 0; kind < kinds_.size(); ++kind) {
        Part part{kinds_[kind], {}};
        for (const auto& item : batch) {
            if (item.kind == kind) part.commands.push_back(item.command);
        }
        if (part.commands.empty()) continue;
        part.first_call = calls.size();
        part.kind->encode(part.commands, calls);
        part.calls = calls.size() - part.first_call;
        parts.push_back(std::move(part));
    }
    const auto rows = co_await connection.run(std::move(calls));
    for (auto& part : parts)
        part.kind->decode(part.commands, std::span(rows).subspan(part.first_call, part.calls));
}

Task<> Batcher::flush(std::unique_ptr<pg::Connection>& connection, Batch batch) {
    std::exception_ptr failure;
    bool split = false;
    for (int tries = 1;; ++tries) {
        ++counts_.flushes;
        failure = nullptr;
        bool again = false;
        try {
            co_await write(*connection, batch);
        } catch (const pg::SqlError& e) {
            again = is_transient(e) && tries < kTransientTries;
            split = !again && batch.size() > 1;
            failure = std::current_exception();
        } catch (const pg::Lost& e) {
            log::warn("storage.connection_lost",
                      {{"why", e.what()}, {"commands", std::to_string(batch.size())}});
            failure = std::current_exception();
            connection.reset();
        }
        if (!again) break;
    }
    if (split) {
        ++counts_.splits;
        const auto middle = batch.begin() + static_cast<std::ptrdiff_t>(batch.size() / 2);
        Batch second(middle, batch.end());
        batch.erase(middle, batch.end());
        co_await flush(connection, std::move(batch));
        // The first half may have lost the connection; then the second goes back to the line.
        if (!connection && !co_await connect(connection)) {
            for (const auto& item : second) waiting_[item.kind].push_front(item.command);
            counts_.waiting += second.size();
            co_return;
        }
        co_await flush(connection, std::move(second));
        co_return;
    }
    if (failure) counts_.failures += batch.size();
    for (const auto& item : batch) item.command->done.set(failure);
}

}  // namespace florin::storage
