// Goal: a coroutine's end is the end of the call, whatever else waits on the loop. Method:
// examples.

#include "platform/async/run.h"

#include <gtest/gtest.h>

#include <boost/asio/steady_timer.hpp>

#include <stdexcept>

#include "platform/async/scope.h"

namespace florin {
namespace {

Task<int> seven() {
    co_await sleep_for(std::chrono::milliseconds(1));
    co_return 7;
}

Task<int> fails() {
    co_await sleep_for(std::chrono::milliseconds(1));
    throw std::runtime_error("no number");
}

TEST(RunToEnd, GivesWhatTheTaskGives) {
    asio::io_context io(1);
    EXPECT_EQ(run_to_end(io, seven()), 7);
}

TEST(RunToEnd, ThrowsWhatTheTaskThrows) {
    asio::io_context io(1);
    EXPECT_THROW(run_to_end(io, fails()), std::runtime_error);
}

TEST(RunToEnd, WaitsForNothingElse) {
    asio::io_context io(1);
    asio::steady_timer later(io, std::chrono::hours(1));
    bool rang = false;
    later.async_wait([&](boost::system::error_code) { rang = true; });
    EXPECT_EQ(run_to_end(io, seven()), 7);
    EXPECT_FALSE(rang);
}

}  // namespace
}  // namespace florin
