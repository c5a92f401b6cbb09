// Goal: processes on one account keep to its rate together, and questions are asked while orders
// crowd. Method: two outlets with buckets of their own on one real table, a wire that counts.

#include "limits/outlet.h"

#include <memory>

#include "tests/kit/test_database.h"

namespace florin::limits {
namespace {

using std::chrono::seconds;

struct CountingWire : connectors::Wire {
    Task<http::Answer> send(http::Request request, Deadline) override {
        (request.method == "GET" ? questions : orders) += 1;
        http::Response response;
        co_return response;
    }
    int orders = 0, questions = 0;
};

struct Process {
    Process(asio::io_context& io, const std::string& conninfo, connectors::Wire& wire)
        : pool(io, conninfo, 1),
          buckets(io, pool),
          outlet(io, buckets, wire, {.account = "acme", .per_second = 20}) {}
    pg::Pool pool;
    Buckets buckets;
    Outlet outlet;
};

class OutletPgTest : public test::DatabaseTest {
protected:
    static Task<> ask(Outlet& outlet, std::string method, Deadline end) {
        while (monotonic_now() < end) {
            http::Request request;
            request.method = method;
            const auto answer = co_await outlet.send(std::move(request), deadline_in(seconds(20)));
            EXPECT_TRUE(answer) << "five seconds are enough for its turn";
        }
    }

    CountingWire wire;
    std::vector<std::unique_ptr<Process>> processes;
};

TEST_F(OutletPgTest, OrdersInACrowdLeaveQuestionsTheirHalf) {
    for (int i = 0; i < 2; ++i) {
        processes.push_back(std::make_unique<Process>(io, database.conninfo(), wire));
        scope.start("buckets", processes.back()->buckets.run());
    }
    const auto began = monotonic_now();
    const auto end = began + seconds(4);
    std::vector<Task<>> tasks;
    for (auto& process : processes) {
        for (int i = 0; i < 15; ++i) tasks.push_back(ask(process->outlet, "POST", end));
        tasks.push_back(ask(process->outlet, "GET", end));
    }
    test::run_all(io, std::move(tasks));
    const std::chrono::duration<double> took = monotonic_now() - began;
    const auto all = wire.orders + wire.questions;
    EXPECT_LE(all, 10 + 20 * took.count()) << "the account's limit, by both";
    EXPECT_GE(all, 20 * took.count() * 0.6);
    EXPECT_GE(wire.questions * 3, all) << "two that ask get a good part of the turns beside thirty";
    for (auto& process : processes) test::run(io, process->outlet.close());
}

}  // namespace
}  // namespace florin::limits
