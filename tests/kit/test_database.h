#pragma once

// A database for each test. One private PostgreSQL serves the whole test program; it is stopped and
// its folder removed when the program ends.

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "platform/async/scope.h"
#include "platform/async/test_run.h"
#include "platform/pg/pool.h"

namespace florin::test {

// A folder under /tmp that every user may enter, since PostgreSQL may run as another one.
class TempFolder {
public:
    TempFolder();
    ~TempFolder();
    TempFolder(const TempFolder&) = delete;
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

// The seed of a test that draws: FLORIN_TEST_SEED or a new one, printed when the test fails.
std::uint64_t seed();

enum class Schema { migrated, empty };

// A new database on the program's PostgreSQL.
class Database {
public:
    explicit Database(Schema schema = Schema::migrated);
    ~Database();
    Database(const Database&) = delete;

    const std::string& conninfo() const { return conninfo_; }
    const std::string& name() const { return name_; }
    // One value as text.
    std::string ask(const std::string& sql) const { return pg::ask(conninfo_, sql); }
    // For statements without rows, each in a transaction of its own.
    void execute(const std::string& sql) const;

private:
    std::string name_, conninfo_;
};

// The same for a database that no object owns, by its connection string.
void execute(const std::string& conninfo, const std::string& sql);
std::string conninfo_of(const std::string& database);

// What most tests want: a migrated database, a loop, connections, and a scope for background tasks.
class DatabaseTest : public ::testing::Test {
protected:
    void TearDown() override { run(io, scope.close()); }

    Database database;
    asio::io_context io;
    pg::Pool pool{io, database.conninfo(), 4};
    TaskScope scope{io};
};

}  // namespace florin::test
