#pragma once

// One connection to PostgreSQL, in pipeline mode on the event loop. What is sent in one run() is
// one transaction and one round trip.

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "platform/async/task.h"
#include "platform/pg/params.h"

struct pg_conn;
struct pg_result;

namespace florin::pg {

// The server refused a statement; nothing of the run was written.
struct SqlError : std::runtime_error {
    SqlError(std::string sql_state, const std::string& message)
        : std::runtime_error(message), state(std::move(sql_state)) {}
    std::string state;  // SQLSTATE; match on this, never on the text.
};

// No answer. What was sent may have been committed or not: look it up, never assume.
struct Lost : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Binary rows of one statement.
class Rows {
public:
    explicit Rows(pg_result* result);
    std::size_t size() const { return count_; }
    bool empty() const { return count_ == 0; }

    bool boolean(std::size_t row, int column) const;
    std::int16_t int16(std::size_t row, int column) const;
    std::int32_t int32(std::size_t row, int column) const;
    std::int64_t int64(std::size_t row, int column) const;
    std::string_view text(std::size_t row, int column) const;  // Also bytea. Lives with the Rows.
    UuidBytes uuid(std::size_t row, int column) const;
    Instant time(std::size_t row, int column) const;
    std::vector<std::int64_t> int64s(std::size_t row, int column) const;
    std::size_t affected() const;  // Of UPDATE, INSERT and DELETE.

private:
    struct Clear {
        void operator()(pg_result* result) const;
    };
    std::shared_ptr<pg_result> result_;
    std::size_t count_ = 0;
};

// `sql` must be a constant that lives for ever: its address names the prepared statement.
struct Call {
    std::string_view sql;
    Params params;
};

class Connection {
public:
    // Throws Lost when there is no connection by the deadline.
    static Task<std::unique_ptr<Connection>> open(asio::io_context& io, std::string conninfo,
                                                  Deadline deadline);
    ~Connection();
    Connection(const Connection&) = delete;

    // One transaction. Throws SqlError (rolled back) or Lost (outcome unknown, connection dead).
    // One run at a time.
    Task<std::vector<Rows>> run(std::vector<Call> calls);

    // False when it is lost or was closed by the server meanwhile. Asks the kernel, not the server.
    bool is_alive();

    // A server that is silent for longer is lost.
    static constexpr std::chrono::seconds kRunTime{30};

private:
    Connection(asio::io_context& io, pg_conn* connection);
    Task<> finish_connecting(Deadline deadline);
    Task<> fill_in_types(std::vector<Call>& calls);
    // True when it had to be prepared first, which adds a result.
    bool send(const Call& call);
    Task<> flush();
    Task<std::vector<Rows>> receive(std::size_t statements);
    [[noreturn]] void lose();
    void let_go();
    void start_watchdog();
    void stop_watchdog();
    static void on_notice(void* self, const pg_result* notice);

    asio::io_context& io_;
    pg_conn* connection_;
    asio::posix::stream_descriptor socket_;
    asio::steady_timer watchdog_;
    std::shared_ptr<bool> watched_;  // Gone = a late watchdog must not bite.
    // By the address of the text. A statement whose run failed may or may not be prepared, so it
    // gets a new name the next time.
    std::map<const char*, std::string> prepared_;
    std::map<const char*, std::string> preparing_;
    std::size_t names_ = 0;
    std::map<std::string_view, unsigned> composite_types_;
    bool usable_ = false;
    bool unreplicated_ = false;
};

// Runs a script of many statements in one transaction, blocking. For migrations at start.
void run_script(const std::string& conninfo, const std::string& sql);
// One value of one row as text, blocking; empty when there is no row.
std::string ask(const std::string& conninfo, const std::string& sql);

}  // namespace florin::pg
