#include "platform/pg/connection.h"

#include <libpq-fe.h>
#include <poll.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>

#include <bit>
#include <charconv>
#include <cstring>
#include <limits>

#include "base/check.h"
#include "base/log.h"

namespace florin::pg {
namespace {

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kUnpreparedPerRun = 128;

template <class T>
T integer(const char* bytes) {
    std::make_unsigned_t<T> big;
    std::memcpy(&big, bytes, sizeof big);
    if constexpr (sizeof(T) == 2) big = __builtin_bswap16(big);
    if constexpr (sizeof(T) == 4) big = __builtin_bswap32(big);
    if constexpr (sizeof(T) == 8) big = __builtin_bswap64(big);
    return static_cast<T>(big);
}

// Without the final line feed, and without CONTEXT and HINT, which may name hosts and rows.
std::string message_of(const PGresult* result) {
    const char* text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    return text ? text : "no message";
}

}  // namespace

Rows::Rows(pg_result* result)
    : result_(result, Clear{}), count_(static_cast<std::size_t>(PQntuples(result))) {}

void Rows::Clear::operator()(pg_result* result) const {
    PQclear(result);
}

std::string_view Rows::text(std::size_t row, int column) const {
    const int at = static_cast<int>(row);
    check(row < count_ && column < PQnfields(result_.get()), "the row and the column exist");
    return {PQgetvalue(result_.get(), at, column),
            static_cast<std::size_t>(PQgetlength(result_.get(), at, column))};
}

bool Rows::boolean(std::size_t row, int column) const {
    return text(row, column) == "\1";
}

std::int16_t Rows::int16(std::size_t row, int column) const {
    const auto bytes = text(row, column);
    check(bytes.size() == 2, "the column is a smallint");
    return integer<std::int16_t>(bytes.data());
}

std::int32_t Rows::int32(std::size_t row, int column) const {
    const auto bytes = text(row, column);
    check(bytes.size() == 4, "the column is an integer");
    return integer<std::int32_t>(bytes.data());
}

std::int64_t Rows::int64(std::size_t row, int column) const {
    const auto bytes = text(row, column);
    check(bytes.size() == 8, "the column is a bigint");
    return integer<std::int64_t>(bytes.data());
}

UuidBytes Rows::uuid(std::size_t row, int column) const {
    const auto bytes = text(row, column);
    check(bytes.size() == 16, "the column is a uuid");
    UuidBytes out;
    std::memcpy(out.data(), bytes.data(), out.size());
    return out;
}

Instant Rows::time(std::size_t row, int column) const {
    constexpr auto epoch = std::chrono::sys_days(std::chrono::year(2000) / 1 / 1);
    const auto count = int64(row, column);
    if (count == std::numeric_limits<std::int64_t>::max()) return Instant::max();  // 'infinity'
    return Instant(epoch) + std::chrono::microseconds(count);
}

std::vector<std::int64_t> Rows::int64s(std::size_t row, int column) const {
    // array_send: dimensions, has nulls, type, length, lower bound; then length and bytes of each.
    constexpr std::size_t kHead = 20, kEach = 12;
    const auto bytes = text(row, column);
    if (bytes.size() < kHead) return {};  // No dimension: empty.
    const auto count = static_cast<std::size_t>(integer<std::int32_t>(bytes.data() + 12));
    check(bytes.size() == kHead + count * kEach, "the column is a bigint[] without nulls");
    std::vector<std::int64_t> out;
    for (std::size_t i = 0; i < count; ++i)
        out.push_back(integer<std::int64_t>(bytes.data() + kHead + i * kEach + 4));
    return out;
}

std::size_t Rows::affected() const {
    const std::string_view text = PQcmdTuples(result_.get());
    std::size_t count = 0;
    std::from_chars(text.data(), text.data() + text.size(), count);
    return count;
}

Connection::Connection(asio::io_context& io, pg_conn* connection)
    : io_(io), connection_(connection), socket_(io), watchdog_(io) {}

Connection::~Connection() {
    if (socket_.is_open()) socket_.release();  // libpq closes it.
    PQfinish(connection_);
}

void Connection::on_notice(void* self, const PGresult* notice) {
    const char* state = PQresultErrorField(notice, PG_DIAG_SQLSTATE);
    // "canceling wait for synchronous replication": committed here, perhaps nowhere else.
    if (state && std::string_view(state) == "01000") {
        static_cast<Connection*>(self)->unreplicated_ = true;
        log::warn("pg.notice", {{"state", state}, {"message", message_of(notice)}});
    }
}

Task<std::unique_ptr<Connection>> Connection::open(asio::io_context& io, std::string conninfo,
                                                   Deadline deadline) {
    PGconn* raw = PQconnectStart(conninfo.c_str());
    check(raw != nullptr, "libpq has memory");
    std::unique_ptr<Connection> connection(new Connection(io, raw));
    co_await connection->finish_connecting(deadline);
    co_return connection;
}

Task<> Connection::finish_connecting(Deadline deadline) {
    if (PQstatus(connection_) == CONNECTION_BAD) lose();
    using namespace asio::experimental::awaitable_operators;
    auto step = PGRES_POLLING_WRITING;
    asio::steady_timer timer(io_, deadline);
    while (step != PGRES_POLLING_OK) {
        // The socket may change while libpq tries one address after the other.
        if (socket_.is_open()) socket_.release();
        socket_.assign(PQsocket(connection_));
        const auto kind = step == PGRES_POLLING_READING
                              ? asio::posix::stream_descriptor::wait_read
                              : asio::posix::stream_descriptor::wait_write;
        auto first = co_await (socket_.async_wait(kind, kNoThrow) || timer.async_wait(kNoThrow));
        if (first.index() == 1) throw Lost("no connection to PostgreSQL before the deadline");
        step = PQconnectPoll(connection_);
        if (step == PGRES_POLLING_FAILED) lose();
    }
    if (socket_.is_open()) socket_.release();
    socket_.assign(PQsocket(connection_));
    PQsetnonblocking(connection_, 1);
    PQsetNoticeReceiver(connection_, &Connection::on_notice, this);
    check(PQenterPipelineMode(connection_) == 1, "an idle connection enters pipeline mode");
    usable_ = true;
}

void Connection::lose() {
    let_go();
    std::string why = PQerrorMessage(connection_);
    while (!why.empty() && why.back() == '\n') why.pop_back();
    throw Lost(why.empty() ? "the connection to PostgreSQL is gone" : why);
}

bool Connection::is_alive() {
    // An idle server has nothing to say; if it does, it is a notice or the end.
    while (usable_) {
        pollfd waiting{PQsocket(connection_), POLLIN, 0};
        if (poll(&waiting, 1, 0) <= 0) return true;
        if (!PQconsumeInput(connection_) || PQstatus(connection_) == CONNECTION_BAD) let_go();
    }
    return false;
}

// libpq has closed its socket or is about to: the loop must forget the number before somebody else
// gets it.
void Connection::let_go() {
    usable_ = false;
    stop_watchdog();
    if (socket_.is_open()) socket_.release();
}

// Wakes whoever waits for a silent server by closing the socket under it.
void Connection::start_watchdog() {
    watchdog_.expires_after(kRunTime);
    watched_ = std::make_shared<bool>(true);
    watchdog_.async_wait([socket = PQsocket(connection_), watched = std::weak_ptr<bool>(watched_)](
                             boost::system::error_code stopped) {
        if (!stopped && !watched.expired()) shutdown(socket, SHUT_RDWR);
    });
}

void Connection::stop_watchdog() {
    watched_.reset();
    watchdog_.cancel();
}

bool Connection::send(const Call& call) {
    const auto count = static_cast<int>(call.params.size());
    const char* key = call.sql.data();
    const bool is_new = !prepared_.contains(key) && !preparing_.contains(key);
    if (is_new) {
        const auto& fresh = preparing_[key] = fmt::format("s{}", ++names_);
        const std::string text(call.sql);
        if (!PQsendPrepare(connection_, fresh.c_str(), text.c_str(), count,
                           call.params.types().data()))
            lose();
    }
    const auto& name = prepared_.contains(key) ? prepared_[key] : preparing_[key];
    std::vector<const char*> values;
    std::vector<int> lengths;
    const std::vector<int> formats(call.params.size(), 1);
    for (const auto& value : call.params.values()) {
        values.push_back(value.data());
        lengths.push_back(static_cast<int>(value.size()));
    }
    if (!PQsendQueryPrepared(connection_, name.c_str(), count, values.data(), lengths.data(),
                             formats.data(), 1))
        lose();
    return is_new;
}

Task<> Connection::flush() {
    while (true) {
        const int left = PQflush(connection_);
        if (left == 0) co_return;
        if (left < 0) lose();
        // The server may stop reading until we read: take what it says meanwhile.
        using namespace asio::experimental::awaitable_operators;
        using Socket = asio::posix::stream_descriptor;
        auto ready = co_await (socket_.async_wait(Socket::wait_write, kNoThrow) ||
                               socket_.async_wait(Socket::wait_read, kNoThrow));
        if (ready.index() == 1 && !PQconsumeInput(connection_)) lose();
    }
}

Task<std::vector<Rows>> Connection::receive(std::size_t statements) {
    std::vector<Rows> rows;
    std::string state, message;
    std::size_t ended = 0;  // Statements whose closing NULL was seen.
    while (true) {
        while (PQisBusy(connection_)) {
            auto ready =
                co_await socket_.async_wait(asio::posix::stream_descriptor::wait_read, kNoThrow);
            if (std::get<0>(ready) || !PQconsumeInput(connection_)) lose();
        }
        PGresult* result = PQgetResult(connection_);
        if (!result) {
            check(++ended <= statements, "every statement ends once");
            continue;
        }
        switch (PQresultStatus(result)) {
            case PGRES_PIPELINE_SYNC:
                PQclear(result);
                if (!state.empty()) throw SqlError(state, message);
                co_return rows;
            case PGRES_TUPLES_OK:
                rows.emplace_back(result);
                break;
            case PGRES_COMMAND_OK:
                rows.emplace_back(result);
                break;
            case PGRES_PIPELINE_ABORTED:
                PQclear(result);
                break;
            default: {
                const char* code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
                if (state.empty()) {
                    state = code ? code : "";
                    message = message_of(result);
                }
                PQclear(result);
                if (state.empty() || PQstatus(connection_) == CONNECTION_BAD) lose();
                // 57P01..57P03: the server goes away; nothing more will come.
                if (state.starts_with("57P")) lose();
            }
        }
    }
}

// Asks once per connection and type; migrations add types and never replace one.
Task<> Connection::fill_in_types(std::vector<Call>& calls) {
    for (auto& call : calls) {
        for (const auto& [parameter, type] : call.params.composites()) {
            auto known = composite_types_.find(type);
            if (known == composite_types_.end()) {
                std::vector<Call> question(1);
                question[0].sql = "SELECT $1::text::regtype::oid::bigint";
                question[0].params.add(type);
                const auto rows = co_await run(std::move(question));
                const auto oid = static_cast<unsigned>(rows[0].int64(0, 0));
                known = composite_types_.emplace(type, oid).first;
            }
            call.params.set_element_type(parameter, known->second);
        }
    }
}

Task<std::vector<Rows>> Connection::run(std::vector<Call> calls) {
    co_await fill_in_types(calls);
    check(usable_, "a lost connection runs nothing");
    check(calls.size() <= kUnpreparedPerRun, "a run has few statements");
    usable_ = false;  // Until the answer is complete: a cancelled run leaves it unusable.
    start_watchdog();
    preparing_.clear();
    // Which results belong to PREPARE and carry no rows of a call.
    std::vector<bool> is_prepare;
    for (const auto& call : calls) {
        if (send(call)) is_prepare.push_back(true);
        is_prepare.push_back(false);
    }
    if (!PQpipelineSync(connection_)) lose();
    co_await flush();
    std::vector<Rows> all;
    try {
        all = co_await receive(is_prepare.size());
    } catch (const SqlError&) {
        stop_watchdog();
        usable_ = true;
        throw;
    }
    stop_watchdog();
    if (unreplicated_) throw Lost("the commit did not wait for the synchronous standby");
    prepared_.merge(preparing_);
    std::vector<Rows> rows;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (!is_prepare[i]) rows.push_back(std::move(all[i]));
    }
    check(rows.size() == calls.size(), "every call has its rows");
    usable_ = true;
    co_return rows;
}

namespace {

struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
};

std::unique_ptr<PGconn, Finish> connect_now(const std::string& conninfo) {
    std::unique_ptr<PGconn, Finish> connection(PQconnectdb(conninfo.c_str()));
    if (PQstatus(connection.get()) != CONNECTION_OK) {
        std::string why = PQerrorMessage(connection.get());
        while (!why.empty() && why.back() == '\n') why.pop_back();
        throw Lost(why);
    }
    PQsetNoticeProcessor(connection.get(), [](void*, const char*) {}, nullptr);
    return connection;
}

}  // namespace

void run_script(const std::string& conninfo, const std::string& sql) {
    const auto connection = connect_now(conninfo);
    PGresult* result = PQexec(connection.get(), ("BEGIN;" + sql + ";COMMIT").c_str());
    const auto status = PQresultStatus(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return PQclear(result);
    const char* code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const SqlError error(code ? code : "", message_of(result));
    PQclear(result);
    throw error;
}

std::string ask(const std::string& conninfo, const std::string& sql) {
    const auto connection = connect_now(conninfo);
    PGresult* result = PQexec(connection.get(), sql.c_str());
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        const char* code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
        const SqlError error(code ? code : "", message_of(result));
        PQclear(result);
        throw error;
    }
    std::string out = PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "";
    PQclear(result);
    return out;
}

}  // namespace florin::pg
