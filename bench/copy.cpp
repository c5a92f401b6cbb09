// `florin-bench copy`: what the database could do at best. Rows that payments wrote are read into
// memory, and COPYed back into empty clones of their tables, one durable transaction per batch. No
// check, no update, no decision: the engine is measured against this in the same run.

#include <fmt/format.h>
#include <libpq-fe.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "commands.h"

namespace florin::bench {
namespace {

// COPY's binary form: a head, then per row a 16-bit count of fields and each field behind its
// 32-bit length (-1 is NULL), then -1 as the count.
constexpr std::string_view kHead("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
constexpr std::string_view kTail("\377\377", 2);
constexpr std::string_view kCloneSchema = "bench_copy";

struct Plan {
    std::string database;
    std::string schema;
    std::vector<std::string> tables;
    std::size_t payments = 0;
    std::size_t batch = 0;
    std::size_t connections = 0;
    bool as_json = false;
};

struct Table {
    std::string name;
    std::string columns;            // Generated columns cannot be copied in.
    std::string bytes;              // All rows, as COPY gave them.
    std::vector<std::size_t> rows;  // Where each row begins, and the end of the last.

    std::size_t row_count() const { return rows.size() - 1; }
    // The rows of payments [first, last) out of `all`: each payment has its share.
    std::string_view share(std::size_t first, std::size_t last, std::size_t all) const {
        const auto begin = rows[row_count() * first / all];
        return std::string_view(bytes).substr(begin, rows[row_count() * last / all] - begin);
    }
};

struct Outcome {
    double seconds = 0;
    std::size_t payments = 0;
    std::size_t rows = 0;
    std::uint64_t wal_bytes = 0;
};

class Connection {
public:
    explicit Connection(const std::string& database) : handle_(PQconnectdb(database.c_str())) {
        if (PQstatus(handle_.get()) != CONNECTION_OK) fail("cannot connect");
    }

    // Runs statements without parameters; the first field of the first row, if there is one.
    std::string run(const std::string& statements) {
        const Answer answer(PQexec(handle_.get(), statements.c_str()));
        const auto status = PQresultStatus(answer.get());
        if (status == PGRES_TUPLES_OK) {
            return PQntuples(answer.get()) > 0 ? PQgetvalue(answer.get(), 0, 0) : "";
        }
        if (status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY) fail(statements);
        return "";
    }

    std::string copy_out(const std::string& statement) {
        expect(statement, PGRES_COPY_OUT);
        std::string bytes;
        char* chunk = nullptr;
        for (int size = 0; (size = PQgetCopyData(handle_.get(), &chunk, 0)) > 0;) {
            bytes.append(chunk, static_cast<std::size_t>(size));
            PQfreemem(chunk);
        }
        finish(statement);
        return bytes;
    }

    void copy_in(const std::string& statement, std::string_view rows) {
        expect(statement, PGRES_COPY_IN);
        put(statement, kHead);
        put(statement, rows);
        put(statement, kTail);
        if (PQputCopyEnd(handle_.get(), nullptr) != 1) fail(statement);
        finish(statement);
    }

private:
    using Answer = std::unique_ptr<PGresult, decltype([](PGresult* r) { PQclear(r); })>;
    using Handle = std::unique_ptr<PGconn, decltype([](PGconn* c) { PQfinish(c); })>;

    [[noreturn]] void fail(std::string_view doing) {
        throw std::runtime_error(fmt::format("{}: {}", doing, PQerrorMessage(handle_.get())));
    }
    void expect(const std::string& statement, ExecStatusType wanted) {
        const Answer answer(PQexec(handle_.get(), statement.c_str()));
        if (PQresultStatus(answer.get()) != wanted) fail(statement);
    }
    void put(const std::string& statement, std::string_view bytes) {
        const int size = static_cast<int>(bytes.size());
        if (PQputCopyData(handle_.get(), bytes.data(), size) != 1) fail(statement);
    }
    void finish(const std::string& statement) {
        for (;;) {
            const Answer answer(PQgetResult(handle_.get()));
            if (!answer) return;
            if (PQresultStatus(answer.get()) != PGRES_COMMAND_OK) fail(statement);
        }
    }

    Handle handle_;
};

// A big-endian number of COPY's form; all ones are -1.
template <class T>
T number_at(std::string_view bytes, std::size_t at) {
    if (at + sizeof(T) > bytes.size()) throw std::runtime_error("COPY data ends too early");
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
    }
    return static_cast<T>(value);
}

std::vector<std::size_t> row_starts(std::string_view bytes) {
    constexpr std::size_t kExtension = 15;  // Where the head tells the length of its extension.
    std::size_t at = kHead.size() + number_at<std::uint32_t>(bytes, kExtension);
    std::vector<std::size_t> starts{at};
    for (;;) {
        const auto fields = number_at<std::int16_t>(bytes, at);
        if (fields < 0) return starts;
        at += sizeof(fields);
        for (int i = 0; i < fields; ++i) {
            const auto length = number_at<std::int32_t>(bytes, at);
            at += sizeof(length) + static_cast<std::size_t>(std::max(length, 0));
        }
        starts.push_back(at);
    }
}

std::string quoted(std::string_view name) {
    return fmt::format("\"{}\"", name);
}

std::size_t count_rows(Connection& connection, std::string_view schema, std::string_view table) {
    return std::stoul(
        connection.run(fmt::format("select count(*) from {}.{}", quoted(schema), quoted(table))));
}

// Reads `rows` rows, and makes the empty clone with the same columns, indexes and storage settings.
Table load(Connection& connection, const Plan& plan, const std::string& name, std::size_t rows) {
    Table table;
    table.name = name;
    const auto source = quoted(plan.schema) + "." + quoted(name);
    table.columns = connection.run(fmt::format(
        "select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute"
        " where attrelid = '{}'::regclass and attnum > 0 and not attisdropped"
        " and attgenerated = ''",
        source));
    table.bytes = connection.copy_out(
        fmt::format("copy (select {} from {} limit {}) to stdout (format binary)", table.columns,
                    source, rows));
    table.rows = row_starts(table.bytes);
    const auto clone = fmt::format("{}.{}", kCloneSchema, quoted(name));
    connection.run(fmt::format("create table {} (like {} including all)", clone, source));
    const auto settings = connection.run(fmt::format(
        "select array_to_string(reloptions, ', ') from pg_class where oid = '{}'::regclass",
        source));
    if (!settings.empty()) connection.run(fmt::format("alter table {} set ({})", clone, settings));
    return table;
}

std::vector<Table> load_all(Connection& connection, const Plan& plan, std::size_t payments) {
    connection.run(
        fmt::format("drop schema if exists {0} cascade; create schema {0}", kCloneSchema));
    const auto all = count_rows(connection, plan.schema, plan.tables.front());
    std::vector<Table> tables;
    for (const auto& name : plan.tables) {
        const auto rows = count_rows(connection, plan.schema, name) * payments / all;
        tables.push_back(load(connection, plan, name, rows));
    }
    return tables;
}

// One lane: takes the next batch until none is left.
void write_batches(const Plan& plan, const std::vector<Table>& tables, std::size_t payments,
                   std::atomic<std::size_t>& next) {
    Connection connection(plan.database);
    for (;;) {
        const auto first = next.fetch_add(plan.batch);
        if (first >= payments) return;
        const auto last = std::min(first + plan.batch, payments);
        connection.run("begin");
        for (const Table& table : tables) {
            const auto statement = fmt::format("copy {}.{} ({}) from stdin (format binary)",
                                               kCloneSchema, quoted(table.name), table.columns);
            connection.copy_in(statement, table.share(first, last, payments));
        }
        connection.run("commit");
    }
}

Outcome measure(Connection& connection, const Plan& plan, const std::vector<Table>& tables,
                std::size_t payments) {
    const auto wal = [&] {
        return std::stoull(connection.run("select pg_current_wal_insert_lsn() - '0/0'"));
    };
    const auto wal_before = wal();
    const auto begin = monotonic_now();
    std::atomic<std::size_t> next = 0;
    std::vector<std::exception_ptr> failures(plan.connections);
    {
        std::vector<std::jthread> lanes;
        for (auto& failure : failures) {
            lanes.emplace_back([&] {
                try {
                    write_batches(plan, tables, payments, next);
                } catch (...) {
                    failure = std::current_exception();
                }
            });
        }
    }
    for (const auto& failure : failures) {
        if (failure) std::rethrow_exception(failure);
    }
    Outcome outcome;
    outcome.seconds = std::chrono::duration<double>(monotonic_now() - begin).count();
    outcome.wal_bytes = wal() - wal_before;
    outcome.payments = payments;
    for (const Table& table : tables) {
        outcome.rows += table.row_count();
        if (count_rows(connection, kCloneSchema, table.name) != table.row_count()) {
            throw std::runtime_error(fmt::format("not every row of {} arrived", table.name));
        }
    }
    return outcome;
}

std::vector<std::string> split(std::string_view list) {
    std::vector<std::string> names;
    for (std::size_t at = 0; at <= list.size();) {
        const auto comma = std::min(list.find(',', at), list.size());
        const auto name = list.substr(at, comma - at);
        if (name.empty() || name.find('"') != std::string_view::npos) {
            throw std::invalid_argument("--tables is a list of names like payment,payment_order");
        }
        names.emplace_back(name);
        at = comma + 1;
    }
    return names;
}

Plan plan_from(Flags& flags) {
    Plan plan;
    plan.database = flags.required("database");
    plan.schema = flags.text("schema", "florin");
    plan.tables = split(flags.required("tables"));
    plan.payments = static_cast<std::size_t>(flags.number("payments", 50'000, 1, 1'000'000));
    plan.batch = static_cast<std::size_t>(flags.number("batch", 200, 1, 10'000));
    plan.connections = static_cast<std::size_t>(flags.number("connections", 2, 1, 64));
    plan.as_json = flags.has("json");
    flags.finish();
    return plan;
}

void print(const Plan& plan, const Outcome& outcome) {
    const auto payments = static_cast<double>(outcome.payments);
    const auto rate = payments / outcome.seconds;
    const auto wal = static_cast<double>(outcome.wal_bytes) / payments;
    const auto rows = static_cast<double>(outcome.rows) / payments;
    if (!plan.as_json) {
        fmt::print("payments/s {:.0f}   rows each {:.1f}   WAL bytes each {:.0f}   payments {}\n",
                   rate, rows, wal, outcome.payments);
        return;
    }
    json::Writer out;
    out.begin_object().field("payments", outcome.payments);
    out.field("batch", plan.batch).field("connections", plan.connections);
    out.key("seconds").raw(fmt::format("{:.3f}", outcome.seconds));
    out.key("per_second").raw(fmt::format("{:.1f}", rate));
    out.key("rows_per_payment").raw(fmt::format("{:.2f}", rows));
    out.key("wal_bytes_per_payment").raw(fmt::format("{:.0f}", wal));
    fmt::print("{}\n", out.end_object().text());
}

}  // namespace

int copy_main(int count, char** arguments) {
    Flags flags(count, arguments, {"json"});
    const Plan plan = plan_from(flags);
    Connection connection(plan.database);
    connection.run("set client_min_messages = warning");
    const auto there = count_rows(connection, plan.schema, plan.tables.front());
    const auto payments = std::min(plan.payments, there);
    if (payments == 0) {
        throw std::runtime_error("there are no payments to copy: make some with load or engine");
    }
    const auto tables = load_all(connection, plan, payments);
    print(plan, measure(connection, plan, tables, payments));
    connection.run(fmt::format("drop schema {} cascade", kCloneSchema));
    return 0;
}

}  // namespace florin::bench
