// Goal: a PostgreSQL of our own that keeps what was committed through stops and crashes. Method:
// real ones, in folders of their own, stopped and killed.

#include "platform/pg/private_server.h"

#include <signal.h>
#include <sys/wait.h>

#include <filesystem>

#include "platform/pg/connection.h"
#include "tests/kit/test_database.h"

namespace florin::pg {
namespace {

class PrivateServerTest : public ::testing::Test {
protected:
    std::unique_ptr<PrivateServer> open() {
        auto opened = PrivateServer::open(data);
        EXPECT_TRUE(opened.has_value()) << opened.error().detail;
        return opened ? std::move(*opened) : nullptr;
    }

    test::TempFolder folder;
    std::string data = folder.path() + "/a folder with spaces/data";
};

TEST_F(PrivateServerTest, TheSecondJoinsAndTheDataSurvivesAStop) {
    std::string socket;
    {
        const auto first = open();
        ASSERT_TRUE(first);
        EXPECT_TRUE(first->is_ours());
        EXPECT_GT(first->process(), 0);
        run_script(first->conninfo(), "CREATE TABLE t (n int); INSERT INTO t VALUES (7)");
        EXPECT_EQ(ask(first->conninfo(), "SHOW synchronous_commit"), "on");
        EXPECT_EQ(ask(first->conninfo(), "SHOW fsync"), "on");
        EXPECT_EQ(ask(first->conninfo(), "SHOW data_checksums"), "on");
        EXPECT_EQ(ask(first->conninfo(), "SHOW listen_addresses"), "");
        {
            const auto second = open();
            ASSERT_TRUE(second);
            EXPECT_FALSE(second->is_ours());
            EXPECT_EQ(second->process(), 0);
            EXPECT_EQ(ask(second->conninfo(), "SELECT n FROM t"), "7");
        }
        EXPECT_EQ(ask(first->conninfo(), "SELECT n FROM t"),
                  "7");  // It was not the second's to stop.
        socket = first->conninfo();
    }
    EXPECT_THROW(ask(socket, "SELECT 1"), Lost);
    const auto again = open();
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->is_ours());
    EXPECT_EQ(again->conninfo(), socket);
    EXPECT_EQ(ask(again->conninfo(), "SELECT n FROM t"), "7");
}

TEST_F(PrivateServerTest, AKilledOneIsRecovered) {
    for (int round = 1; round <= 3; ++round) {
        const auto server = open();
        ASSERT_TRUE(server);
        EXPECT_TRUE(server->is_ours());
        run_script(server->conninfo(),
                   "CREATE TABLE IF NOT EXISTS t (n int); INSERT INTO t VALUES (1)");
        EXPECT_EQ(ask(server->conninfo(), "SELECT sum(n) FROM t"), std::to_string(round));
        ASSERT_EQ(kill(server->process(), SIGKILL), 0);
        siginfo_t ended{};  // The server's object reaps it; here we only wait for the end.
        const auto process = static_cast<id_t>(server->process());
        ASSERT_EQ(waitid(P_PID, process, &ended, WEXITED | WNOWAIT), 0);
    }
}

TEST_F(PrivateServerTest, AFolderThatCannotBeIsExplained) {
    const auto opened = PrivateServer::open("/proc/florin");
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code, "postgres_failed");
    EXPECT_NE(opened.error().detail.find("/proc/florin"), std::string::npos);
}

TEST_F(PrivateServerTest, AHalfMadeClusterIsMadeAgain) {
    std::filesystem::create_directories(data + "/postgres.new/base");
    const auto server = open();
    ASSERT_TRUE(server);
    EXPECT_EQ(ask(server->conninfo(), "SELECT 1"), "1");
}

}  // namespace
}  // namespace florin::pg
