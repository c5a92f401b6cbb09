#include "tests/kit/test_database.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <random>

#include "base/check.h"
#include "platform/pg/private_server.h"
#include "storage/migrate.h"

namespace florin::test {
namespace {

constexpr std::string_view kTemplate = "florin";  // The one that PrivateServer makes.

// Started by the first test that asks, stopped when the program ends.
class Server : public ::testing::Environment {
public:
    void TearDown() override {
        server_.reset();
        folder_.reset();
    }

    const std::string& conninfo() {
        if (server_) return server_->conninfo();
        folder_ = std::make_unique<TempFolder>();
        auto opened = pg::PrivateServer::open(folder_->path() + "/data");
        if (!opened) std::cerr << opened.error().detail << '\n';
        check(opened.has_value(), "the tests have a PostgreSQL");
        server_ = std::move(*opened);
        check(storage::migrate(server_->conninfo()).has_value(), "the template is migrated");
        // Vacuum's transactions would hold back the horizon, and what is counted up to there. And
        // nothing here is about losing power.
        for (const auto* setting : {"autovacuum", "fsync", "full_page_writes"})
            execute(conninfo_of("postgres"), "ALTER SYSTEM SET " + std::string(setting) + " = off");
        execute(conninfo_of("postgres"), "SELECT pg_reload_conf()");
        return server_->conninfo();
    }

private:
    std::unique_ptr<TempFolder> folder_;
    std::unique_ptr<pg::PrivateServer> server_;
};

// gtest owns it.
Server& server() {
    static auto* const only =
        static_cast<Server*>(::testing::AddGlobalTestEnvironment(new Server()));
    return *only;
}
[[maybe_unused]] Server& registered_before_main = server();

}  // namespace

TempFolder::TempFolder() {
    std::string pattern = "/tmp/florin-test-XXXXXX";
    check(mkdtemp(pattern.data()) != nullptr, "/tmp has room for a folder");
    check(chmod(pattern.c_str(), 0755) == 0, "the folder is ours");
    path_ = pattern;
}

TempFolder::~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::uint64_t seed() {
    const char* wanted = std::getenv("FLORIN_TEST_SEED");
    const auto number = wanted ? std::strtoull(wanted, nullptr, 10) : std::random_device()();
    std::cout << "FLORIN_TEST_SEED=" << number << '\n';
    return number;
}

std::string conninfo_of(const std::string& database) {
    const auto& base = server().conninfo();
    return base.substr(0, base.find(" dbname=")) + " dbname=" + database;
}

void execute(const std::string& conninfo, const std::string& sql) {
    try {
        pg::ask(conninfo, sql);
    } catch (const pg::SqlError& e) {
        if (!e.state.empty()) throw;  // No state: there was no row, as it should be.
    }
}

Database::Database(Schema schema) {
    static int count = 0;
    name_ = "test_" + std::to_string(++count);
    conninfo_ = conninfo_of(name_);
    const auto from = schema == Schema::migrated ? std::string(kTemplate) : "template0";
    test::execute(conninfo_of("postgres"), "CREATE DATABASE " + name_ + " TEMPLATE " + from);
}

Database::~Database() {
    test::execute(conninfo_of("postgres"), "DROP DATABASE " + name_ + " WITH (FORCE)");
}

void Database::execute(const std::string& sql) const {
    test::execute(conninfo_, sql);
}

}  // namespace florin::test
