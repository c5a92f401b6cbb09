// Goal: values come back as they went, a refused statement costs nothing but itself, and a lost
// connection says so. Method: a real server whose backends are ended on purpose.

#include "platform/pg/connection.h"

#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <set>

#include "base/bytes.h"
#include "tests/kit/test_database.h"

namespace florin::pg {
namespace {

constexpr auto kSoon = std::chrono::seconds(30);
constexpr std::string_view kPid = "SELECT pg_backend_pid()";
constexpr std::string_view kOne = "SELECT 1";
constexpr std::string_view kDivide = "SELECT 1 / 0";

std::vector<Call> calls(std::initializer_list<std::string_view> statements) {
    std::vector<Call> out;
    for (const auto sql : statements) out.push_back({sql, {}});
    return out;
}

class ConnectionTest : public test::DatabaseTest {
protected:
    std::unique_ptr<Connection> open() {
        return test::run(io, Connection::open(io, database.conninfo(), deadline_in(kSoon)));
    }
    std::vector<Rows> run(Connection& connection, std::vector<Call> what) {
        return test::run(io, connection.run(std::move(what)));
    }
    Rows query(Connection& connection, std::string_view sql, Params params = {}) {
        std::vector<Call> one;
        one.push_back({sql, std::move(params)});
        return run(connection, std::move(one)).front();
    }
    // SQLSTATE of a refusal, empty when there is none.
    std::string state_of(Connection& connection, std::vector<Call> what) {
        try {
            run(connection, std::move(what));
        } catch (const SqlError& e) {
            return e.state;
        }
        return "";
    }
    void terminate(const std::string& pid) {
        ASSERT_EQ(database.ask("SELECT pg_terminate_backend(" + pid + ", 30000)"), "t");
    }
    void make_record_type() {
        run_script(database.conninfo(),
                   "CREATE TYPE one_of_each AS (b boolean, i2 smallint, i4 integer, i8 bigint, "
                   "t text, u uuid, at timestamptz, raw bytea)");
    }
    std::string pid_of(Connection& connection) {
        return std::to_string(query(connection, kPid).int32(0, 0));
    }
};

TEST_F(ConnectionTest, ScalarsComeBack) {
    const auto connection = open();
    std::string bytes;
    for (int c = 0; c < 256; ++c) bytes += static_cast<char>(c);
    const std::string text = "żółć 😀 \"quotes\" 'and' \\ \n\t\x01\x7f";
    const UuidBytes uuid = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255};
    Params params;
    params.add(true).add(std::numeric_limits<std::int16_t>::min());
    params.add(std::numeric_limits<std::int32_t>::min());
    params.add(std::numeric_limits<std::int64_t>::min()).add(text).add(uuid).add(Bytes{bytes});
    params.add(false).add("");
    const auto rows = query(*connection,
                            "SELECT $1::boolean, $2::smallint, $3::integer, $4::bigint, $5::text, "
                            "$6::uuid, $7::bytea, $8::boolean, $9::text, encode($7, 'hex')",
                            std::move(params));
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_TRUE(rows.boolean(0, 0));
    EXPECT_EQ(rows.int16(0, 1), std::numeric_limits<std::int16_t>::min());
    EXPECT_EQ(rows.int32(0, 2), std::numeric_limits<std::int32_t>::min());
    EXPECT_EQ(rows.int64(0, 3), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(rows.text(0, 4), text);
    EXPECT_EQ(rows.uuid(0, 5), uuid);
    EXPECT_EQ(rows.text(0, 6), bytes);
    EXPECT_FALSE(rows.boolean(0, 7));
    EXPECT_EQ(rows.text(0, 8), "");
    EXPECT_EQ(rows.text(0, 9), to_hex(bytes));
}

TEST_F(ConnectionTest, InstantsComeBack) {
    const auto connection = open();
    using std::chrono::microseconds;
    for (const auto at :
         {Instant(), Instant(microseconds(-1)), *instant_from("1999-12-31T23:59:59Z"),
          *instant_from("2026-11-20T12:34:56.789Z") + microseconds(123),
          *instant_from("2999-01-01T00:00:00Z"), Instant::max()}) {
        Params params;
        params.add(at);
        const auto rows = query(*connection, "SELECT $1::timestamptz", std::move(params));
        EXPECT_EQ(rows.time(0, 0), at);
    }
    Params end;
    end.add(Instant::max()).add(*instant_from("2026-11-20T12:34:56.789Z"));
    const auto rows = query(*connection,
                            "SELECT $1::timestamptz = 'infinity', "
                            "$2::timestamptz = '2026-11-20 12:34:56.789+00'",
                            std::move(end));
    EXPECT_TRUE(rows.boolean(0, 0));
    EXPECT_TRUE(rows.boolean(0, 1));
}

TEST_F(ConnectionTest, ArraysArriveElementByElement) {
    const auto connection = open();
    Params params;
    params.add(std::vector<std::int16_t>{-1, 2}).add(std::vector<UuidBytes>{UuidBytes{}});
    params.add(std::vector<std::string>{"", "NULL", "a,b", "\"{}\\", "ż"});
    params.add(std::vector<Instant>{*instant_from("2026-11-20T00:00:00Z"), Instant::max()});
    const auto rows =
        query(*connection,
              "SELECT $1::smallint[] = ARRAY[-1, 2]::smallint[],"
              " $2::uuid[] = ARRAY['00000000-0000-0000-0000-000000000000']::uuid[],"
              " $3::text[] = ARRAY['', 'NULL', 'a,b', '\"{}\\', 'ż'],"
              " $4::timestamptz[] = ARRAY['2026-11-20 00:00+00', 'infinity']::timestamptz[]",
              std::move(params));
    for (int column = 0; column < 4; ++column) EXPECT_TRUE(rows.boolean(0, column)) << column;
}

TEST_F(ConnectionTest, EmptyArraysAreEmptyAndNotNull) {
    const auto connection = open();
    make_record_type();
    Params params;
    params.add(std::vector<std::int16_t>{}).add(std::vector<UuidBytes>{});
    params.add(std::vector<std::string>{}).add(std::vector<Instant>{});
    params.add(Records("one_of_each"));
    const auto rows = query(*connection,
                            "SELECT $1::smallint[] = '{}', $2::uuid[] = '{}', $3::text[] = '{}', "
                            "$4::timestamptz[] = '{}', $5::one_of_each[] = '{}'",
                            std::move(params));
    for (int column = 0; column < 5; ++column) EXPECT_TRUE(rows.boolean(0, column)) << column;
}

TEST_F(ConnectionTest, RecordsArriveRowByRow) {
    make_record_type();
    const std::string bytes("\0\xff", 2);
    const UuidBytes uuid = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255};
    // On two connections: each asks for the type's number itself.
    for (int i = 0; i < 2; ++i) {
        const auto connection = open();
        Records records("one_of_each");
        records.add(true, std::numeric_limits<std::int16_t>::min(),
                    std::numeric_limits<std::int32_t>::max(),
                    std::numeric_limits<std::int64_t>::min(), "a,\"b\" (c) {NULL} ż", uuid,
                    *instant_from("2026-11-20T12:34:56Z"), Bytes{bytes});
        records.add(false, std::int16_t{2}, 3, std::int64_t{4}, std::string(), UuidBytes{},
                    Instant::max(), Bytes{""});
        Params params;
        params.add(std::int32_t{7}).add(std::move(records));
        const auto rows = query(*connection,
                                "SELECT b, i2, i4, i8, t, u, at, raw, $1::integer "
                                "FROM unnest($2::one_of_each[])",
                                std::move(params));
        ASSERT_EQ(rows.size(), 2U);
        EXPECT_TRUE(rows.boolean(0, 0));
        EXPECT_EQ(rows.int16(0, 1), std::numeric_limits<std::int16_t>::min());
        EXPECT_EQ(rows.int32(0, 2), std::numeric_limits<std::int32_t>::max());
        EXPECT_EQ(rows.int64(0, 3), std::numeric_limits<std::int64_t>::min());
        EXPECT_EQ(rows.text(0, 4), "a,\"b\" (c) {NULL} ż");
        EXPECT_EQ(rows.uuid(0, 5), uuid);
        EXPECT_EQ(rows.time(0, 6), *instant_from("2026-11-20T12:34:56Z"));
        EXPECT_EQ(rows.text(0, 7), bytes);
        EXPECT_EQ(rows.int32(0, 8), 7);
        EXPECT_FALSE(rows.boolean(1, 0));
        EXPECT_EQ(rows.int32(1, 2), 3);
        EXPECT_EQ(rows.text(1, 4), "");
        EXPECT_EQ(rows.time(1, 6), Instant::max());
        EXPECT_EQ(rows.text(1, 7), "");
    }
}

TEST_F(ConnectionTest, RecordsOfAnotherShapeAreRefused) {
    const auto connection = open();
    make_record_type();
    const auto state_with = [&](std::string_view type, auto... fields) {
        Records records(type);
        records.add(fields...);
        std::vector<Call> one(1);
        one[0].sql = "SELECT count(*) FROM unnest($1::one_of_each[])";
        one[0].params.add(std::move(records));
        return state_of(*connection, std::move(one));
    };
    EXPECT_EQ(state_with("one_of_each", true, std::int16_t{1}), "42804");  // Too few fields.
    EXPECT_EQ(state_with("two_of_each", true), "42704");                   // No such type.
    EXPECT_EQ(query(*connection, kOne).int32(0, 0), 1);
}

TEST_F(ConnectionTest, TextWithANulIsRefusedAndNothingElse) {
    const auto connection = open();
    Params params;
    params.add(std::string_view("a\0b", 3));
    std::vector<Call> one;
    one.push_back({"SELECT $1::text", std::move(params)});
    EXPECT_EQ(state_of(*connection, std::move(one)), "22021");
    EXPECT_EQ(query(*connection, kOne).int32(0, 0), 1);
}

TEST_F(ConnectionTest, MegabytesGoBothWays) {
    const auto connection = open();
    const std::string text(8 << 20, 'x');
    std::vector<Call> several;
    for (int i = 0; i < 3; ++i) {
        Params params;
        params.add(text);
        several.push_back({"SELECT $1::text", std::move(params)});
    }
    const auto rows = run(*connection, std::move(several));
    ASSERT_EQ(rows.size(), 3U);
    for (const auto& row : rows) EXPECT_TRUE(row.text(0, 0) == text);
}

TEST_F(ConnectionTest, EveryCallHasItsRowsInOrder) {
    const auto connection = open();
    for (int round = 0; round < 3; ++round) {  // Prepared the first time, known afterwards.
        const auto rows = run(
            *connection,
            calls({"SELECT g FROM generate_series(1, 3) g", "SELECT 7 WHERE false", kOne,
                   "CREATE TEMP TABLE IF NOT EXISTS t (n int)", "INSERT INTO t VALUES (1), (2)"}));
        ASSERT_EQ(rows.size(), 5U);
        EXPECT_EQ(rows[0].size(), 3U);
        EXPECT_EQ(rows[0].int32(2, 0), 3);
        EXPECT_TRUE(rows[1].empty());
        EXPECT_EQ(rows[2].int32(0, 0), 1);
        EXPECT_EQ(rows[4].affected(), 2U);
    }
}

TEST_F(ConnectionTest, ARefusalTakesTheWholeRunAndLeavesTheConnection) {
    database.execute("CREATE TABLE t (n integer)");
    const auto connection = open();
    EXPECT_EQ(state_of(*connection, calls({"INSERT INTO t VALUES (1)", kDivide, kOne})), "22012");
    EXPECT_TRUE(connection->is_alive());
    EXPECT_EQ(database.ask("SELECT count(*) FROM t"), "0");
    run(*connection, calls({"INSERT INTO t VALUES (1)", kOne}));
    EXPECT_EQ(database.ask("SELECT count(*) FROM t"), "1");
}

TEST_F(ConnectionTest, AStatementOfAFailedRunWorksTheNextTime) {
    const auto connection = open();
    constexpr std::string_view kBroken = "SELECT FROM WHERE";
    constexpr std::string_view kAfter = "SELECT 3";
    // kOne is prepared before the failure, kAfter never.
    EXPECT_EQ(state_of(*connection, calls({kOne, kDivide, kAfter})), "22012");
    EXPECT_EQ(state_of(*connection, calls({kOne, kBroken, kAfter})), "42601");
    for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(query(*connection, kAfter).int32(0, 0), 3);
        EXPECT_EQ(query(*connection, kOne).int32(0, 0), 1);
    }
    EXPECT_EQ(state_of(*connection, calls({kBroken})), "42601");
    EXPECT_EQ(state_of(*connection, calls({kDivide})), "22012");
}

TEST_F(ConnectionTest, LostWhenTheBackendEndsBetweenRuns) {
    const auto connection = open();
    terminate(pid_of(*connection));
    EXPECT_THROW(run(*connection, calls({kOne})), Lost);
    EXPECT_FALSE(connection->is_alive());
}

TEST_F(ConnectionTest, TheKernelKnowsThatTheServerHungUp) {
    const auto connection = open();
    EXPECT_TRUE(connection->is_alive());
    terminate(pid_of(*connection));
    EXPECT_FALSE(connection->is_alive());
}

TEST_F(ConnectionTest, LostWhenTheBackendEndsDuringARun) {
    const auto connection = open();
    const auto pid = pid_of(*connection);
    const auto wait_and_kill = [](pg::Pool& others, int process) -> Task<> {
        bool sleeps = false;
        while (!sleeps) {
            Params who;
            who.add(std::int32_t{process});
            const auto rows = co_await others.query(
                "SELECT 1 FROM pg_stat_activity WHERE pid = $1::integer AND wait_event = 'PgSleep'",
                std::move(who));
            sleeps = !rows.empty();
        }
        Params who;
        who.add(std::int32_t{process});
        co_await others.query("SELECT pg_terminate_backend($1::integer)", std::move(who));
    };
    bool lost = false;
    const auto sleep = [](Connection& one, bool& is_lost) -> Task<> {
        try {
            auto sleeping = calls({"SELECT pg_sleep(100)"});
            co_await one.run(std::move(sleeping));
        } catch (const Lost&) {
            is_lost = true;
        }
    };
    std::vector<Task<>> both;
    both.push_back(sleep(*connection, lost));
    both.push_back(wait_and_kill(pool, std::stoi(pid)));
    test::run_all(io, std::move(both));
    EXPECT_TRUE(lost);
}

std::set<int> open_sockets() {
    std::set<int> out;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone;
        if (std::filesystem::is_socket(entry.path(), gone))
            out.insert(std::stoi(entry.path().filename().string()));
    }
    return out;
}

TEST_F(ConnectionTest, ALostConnectionHarmsNoOtherSocket) {
    const auto before = open_sockets();
    auto connection = open();
    // The network goes: libpq closes the descriptor, and the kernel gives its number to the next
    // that asks.
    int lost = -1;
    for (const int fd : open_sockets()) {
        if (!before.contains(fd) && ::shutdown(fd, SHUT_RDWR) == 0) lost = fd;
    }
    EXPECT_THROW(run(*connection, calls({kOne})), Lost);
    using Socket = asio::local::stream_protocol::socket;
    std::vector<Socket> sockets;
    for (int i = 0; i < 16; ++i) sockets.emplace_back(io);
    for (std::size_t i = 0; i < 16; i += 2) asio::local::connect_pair(sockets[i], sockets[i + 1]);
    EXPECT_TRUE(std::ranges::any_of(
        sockets, [&](Socket& socket) { return socket.native_handle() == lost; }));
    int readable = 0;
    const auto listen = [](Socket& socket, int& got) -> Task<> {
        char byte = 0;
        auto count = co_await socket.async_receive(asio::buffer(&byte, 1),
                                                   asio::as_tuple(asio::use_awaitable));
        if (std::get<1>(count) == 1) ++got;
    };
    const auto talk = [](std::vector<Socket>& all, std::unique_ptr<Connection>& gone,
                         int& got) -> Task<> {
        co_await sleep_for(std::chrono::milliseconds(1));  // All listen now.
        gone.reset();
        for (auto& one : all) asio::write(one, asio::buffer("x", 1));
        const auto end = deadline_in(std::chrono::seconds(5));
        while (got < 16 && monotonic_now() < end) co_await sleep_for(std::chrono::milliseconds(1));
        for (auto& one : all) one.close();
    };
    std::vector<Task<>> tasks;
    for (auto& socket : sockets) tasks.push_back(listen(socket, readable));
    tasks.push_back(talk(sockets, connection, readable));
    test::run_all(io, std::move(tasks));
    EXPECT_EQ(readable, 16);
}

TEST_F(ConnectionTest, NoServerIsLost) {
    const auto try_it = [this](const std::string& conninfo) {
        return test::run(io, Connection::open(io, conninfo, deadline_in(std::chrono::seconds(1))));
    };
    EXPECT_THROW(try_it("host=/nonexistent user=florin dbname=florin"), Lost);
    EXPECT_THROW(try_it(database.conninfo() + "_missing"), Lost);
    EXPECT_THROW(try_it("no such keyword"), Lost);
}

TEST_F(ConnectionTest, ASilentServerIsLostAtTheDeadline) {
    const test::TempFolder folder;
    asio::local::stream_protocol::acceptor silent(io, folder.path() + "/.s.PGSQL.5432");
    const auto before = monotonic_now();
    const auto deadline = deadline_in(std::chrono::milliseconds(200));
    EXPECT_THROW(
        test::run(
            io, Connection::open(io, "port=5432 user=x dbname=x host=" + folder.path(), deadline)),
        Lost);
    EXPECT_GE(monotonic_now(), deadline);
    EXPECT_LT(monotonic_now() - before, std::chrono::seconds(30));
}

using PoolTest = ConnectionTest;

TEST_F(PoolTest, MoreQueriesThanConnectionsAreAllAnswered) {
    Pool two(io, database.conninfo(), 2);
    std::vector<int> answers;
    const auto ask = [](Pool& from, std::vector<int>& out, std::int32_t number) -> Task<> {
        Params params;
        params.add(number);
        const auto rows = co_await from.query("SELECT $1::integer", std::move(params));
        out.push_back(rows.int32(0, 0));
    };
    std::vector<Task<>> all;
    for (std::int32_t i = 0; i < 100; ++i) all.push_back(ask(two, answers, i));
    test::run_all(io, std::move(all));
    std::ranges::sort(answers);
    ASSERT_EQ(answers.size(), 100U);
    EXPECT_EQ(answers.front(), 0);
    EXPECT_EQ(answers.back(), 99);
}

TEST_F(PoolTest, ARefusedQueryGivesItsConnectionBack) {
    Pool one(io, database.conninfo(), 1);
    for (int i = 0; i < 5; ++i) {
        EXPECT_THROW(test::run(io, one.query(kDivide, {})), SqlError);
        EXPECT_EQ(test::run(io, one.query(kOne, {})).int32(0, 0), 1);
    }
}

TEST_F(PoolTest, NoQueryIsLostWhenIdleBackendsWereEnded) {
    for (int round = 0; round < 3; ++round) {
        ASSERT_EQ(test::run(io, pool.query(kOne, {})).int32(0, 0), 1);
        const auto name = "'" + database.name() + "'";
        database.ask(
            "SELECT count(pg_terminate_backend(pid, 30000)) FROM pg_stat_activity WHERE "
            "datname = " +
            name + " AND pid <> pg_backend_pid()");
        EXPECT_EQ(test::run(io, pool.query(kOne, {})).int32(0, 0), 1);
    }
}

TEST_F(PoolTest, RecoversWhenEveryBackendWasEnded) {
    for (int round = 0; round < 3; ++round) {
        ASSERT_EQ(test::run(io, pool.query(kOne, {})).int32(0, 0), 1);
        database.ask(
            "SELECT count(pg_terminate_backend(pid, 30000)) FROM pg_stat_activity WHERE datname = "
            "current_database() AND pid <> pg_backend_pid()");
        int lost = 0;  // At most one query per connection finds out.
        for (bool answered = false; !answered;) {
            try {
                answered = test::run(io, pool.query(kOne, {})).int32(0, 0) == 1;
            } catch (const Lost&) {
                ASSERT_LE(++lost, 4);
            }
        }
    }
}

TEST_F(PoolTest, IsLostWithoutAServerAndWorksWhenItIsThere) {
    Pool early(io, test::conninfo_of(database.name() + "_later"), 1);
    EXPECT_THROW(test::run(io, early.query(kOne, {})), Lost);
    test::execute(test::conninfo_of("postgres"), "CREATE DATABASE " + database.name() + "_later");
    EXPECT_EQ(test::run(io, early.query(kOne, {})).int32(0, 0), 1);
    test::execute(test::conninfo_of("postgres"),
                  "DROP DATABASE " + database.name() + "_later WITH (FORCE)");
}

TEST_F(ConnectionTest, ScriptsAreOneTransaction) {
    EXPECT_THROW(run_script(database.conninfo(), "CREATE TABLE t (n int); SELECT 1 / 0"), SqlError);
    EXPECT_EQ(database.ask("SELECT to_regclass('t')"), "");
    run_script(database.conninfo(), "CREATE TABLE t (n int); INSERT INTO t VALUES (5)");
    EXPECT_EQ(ask(database.conninfo(), "SELECT n FROM t"), "5");
    EXPECT_EQ(ask(database.conninfo(), "SELECT n FROM t WHERE false"), "");
    EXPECT_THROW(run_script("host=/nonexistent", "SELECT 1"), Lost);
}

}  // namespace
}  // namespace florin::pg
