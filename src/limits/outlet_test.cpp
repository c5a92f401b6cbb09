// Goal: what an outlet holds back has not left, an account that fails is left alone, a provider's
// 429 is heeded, and neither orders nor questions keep the other from starting. Method: a wire that
// answers when the test says so.

#include "limits/outlet.h"

#include <gtest/gtest.h>
#include <boost/asio/redirect_error.hpp>

#include <map>
#include <vector>

#include "platform/async/test_run.h"

namespace florin::limits {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct FakeWire : connectors::Wire {
    explicit FakeWire(asio::io_context& io) : gate(io, Deadline::max()) {}

    // Answers at once with `status`, 0 = no connection; or when the gate is opened.
    Task<http::Answer> send(http::Request request, Deadline) override {
        ++sent[request.method];
        ++under_way;
        while (shut) {
            boost::system::error_code woken;
            co_await gate.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        }
        --under_way;
        if (status == 0) {
            http::WireFailure failure{false, "nobody there"};
            co_return std::unexpected(std::move(failure));
        }
        http::Response response;
        response.status = status;
        if (status == 429) response.headers.add("Retry-After", "1");
        co_return response;
    }

    void open() {
        shut = false;
        gate.cancel();
    }

    std::map<std::string, int> sent;
    int status = 200, under_way = 0;
    bool shut = false;
    asio::steady_timer gate;
};

class OutletTest : public ::testing::Test {
protected:
    void TearDown() override { test::run(io, outlet.close()); }

    Task<> call(std::string method, milliseconds time) {
        http::Request request;
        request.method = method;
        auto answer = co_await outlet.send(std::move(request), deadline_in(time));
        if (answer) {
            ++answered[method];
        } else {
            EXPECT_FALSE(answer.error().request_left_us);
            ++refused[method];
        }
    }

    void calls(const std::string& method, int count, milliseconds time) {
        for (int i = 0; i < count; ++i) tasks.push_back(call(method, time));
    }
    void run_all() { test::run_all(io, std::move(tasks)), tasks.clear(); }

    asio::io_context io;
    pg::Pool nowhere{io, "host=/nonexistent", 1};
    Buckets buckets{io, nowhere};
    FakeWire wire{io};
    Outlet outlet{io,
                  buckets,
                  wire,
                  {.account = "acme", .order_seats = 3, .question_seats = 2, .line_max = 50}};
    std::vector<Task<>> tasks;
    std::map<std::string, int> answered, refused;
};

Task<> open_later(FakeWire& wire, milliseconds time) {
    co_await sleep_for(time);
    wire.open();
}

TEST_F(OutletTest, OrdersThatHangLeaveRoomForQuestionsAndTheOtherWayRound) {
    for (const auto* hanging : {"POST", "GET"}) {
        wire.sent = {}, answered = {}, refused = {}, wire.shut = true;
        const std::string other = hanging == std::string("POST") ? "GET" : "POST";
        calls(hanging, 20, milliseconds(400));
        calls(other, 1, milliseconds(400));
        tasks.push_back(open_later(wire, milliseconds(300)));
        run_all();
        const int seats = hanging == std::string("POST") ? 3 : 2;
        EXPECT_EQ(wire.sent[hanging], seats) << "the others waited 100 ms for a seat";
        EXPECT_EQ(refused[hanging], 20 - seats);
        EXPECT_EQ(answered[other], 1);
    }
    EXPECT_EQ(outlet.counts().held_rate, 17U + 18U);
    EXPECT_EQ(outlet.circuit(), Circuit::closed) << "what is held back is no failure";
}

TEST_F(OutletTest, WhoWaitsTakesTheSeatThatBecomesFree) {
    wire.shut = true;
    calls("POST", 20, seconds(20));
    tasks.push_back(open_later(wire, milliseconds(20)));
    run_all();
    EXPECT_EQ(answered["POST"], 20);
    EXPECT_EQ(outlet.counts().waiting, 0U);
}

TEST_F(OutletTest, ALineThatIsTooLongRefusesAtOnce) {
    wire.shut = true;
    calls("POST", 60, seconds(20));
    tasks.push_back(open_later(wire, milliseconds(20)));
    run_all();
    EXPECT_EQ(answered["POST"], 53);
    EXPECT_EQ(refused["POST"], 7);
}

TEST_F(OutletTest, AnAccountThatFailsIsLeftAlone) {
    wire.status = 0;
    for (int i = 0; i < 10; ++i) test::run(io, call("POST", seconds(20)));
    EXPECT_EQ(outlet.circuit(), Circuit::open);
    const auto began = monotonic_now();
    calls("POST", 5, seconds(20));
    calls("GET", 5, seconds(20));
    run_all();
    EXPECT_LT(monotonic_now() - began, milliseconds(500));
    EXPECT_EQ(wire.sent["POST"], 10);
    EXPECT_EQ(wire.sent["GET"], 0);
    EXPECT_EQ(outlet.counts().held_open, 10U);
    wire.status = 503;  // An answer, and a failure all the same.
    test::run(io, sleep_for(milliseconds(1000)));
    test::run(io, call("POST", seconds(20)));
    EXPECT_EQ(outlet.circuit(), Circuit::open);
}

TEST_F(OutletTest, OneCallTriesAndOpensTheWayAgain) {
    wire.status = 500;
    for (int i = 0; i < 10; ++i) test::run(io, call("GET", seconds(20)));
    EXPECT_EQ(outlet.circuit(), Circuit::open);
    test::run(io, sleep_for(milliseconds(1000)));
    wire.status = 200, wire.shut = true;
    calls("POST", 3, seconds(20));
    tasks.push_back(open_later(wire, milliseconds(20)));
    run_all();
    EXPECT_EQ(wire.sent["POST"], 1) << "the probe";
    EXPECT_EQ(outlet.circuit(), Circuit::closed);
    test::run(io, call("POST", seconds(20)));
    EXPECT_EQ(answered["POST"], 2);
}

TEST_F(OutletTest, A429MakesItWait) {
    wire.status = 429;
    test::run(io, call("POST", seconds(20)));
    wire.status = 200;
    test::run(io, call("POST", milliseconds(400)));
    EXPECT_EQ(refused["POST"], 1) << "a quarter of 400 ms is shorter than the second it asked for";
    const auto began = monotonic_now();
    test::run(io, call("GET", seconds(20)));
    EXPECT_GE(monotonic_now() - began, milliseconds(500));
    EXPECT_EQ(answered["GET"], 1);
    EXPECT_EQ(outlet.circuit(), Circuit::closed);
}

TEST(Pause, IsWithinReason) {
    const std::pair<std::string, int> rows[] = {{"", 1},
                                                {"0", 1},
                                                {"7", 7},
                                                {"3600", 60},
                                                {"-5", 1},
                                                {"Fri, 31 Dec 1999 23:59:59 GMT", 1},
                                                {"99999999999999999999", 1}};
    for (const auto& [text, pause] : rows) {
        http::Headers headers;
        if (!text.empty()) headers.add("Retry-After", text);
        EXPECT_EQ(pause_of(headers), seconds(pause)) << text;
    }
}

}  // namespace
}  // namespace florin::limits
