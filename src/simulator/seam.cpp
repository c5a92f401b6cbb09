// Time, chance and background tasks of a simulated world. Linked into florin-simulator instead of
// base/clock.cpp, base/random.cpp and platform/async/scope.cpp: the product knows nothing of it.

#include <boost/asio/co_spawn.hpp>

#include "base/random.h"
#include "platform/async/scope.h"
#include "simulator/scheduler.h"

namespace florin {

using simulator::Scheduler;

Instant now() {
    return Scheduler::current().local_now();
}

Deadline monotonic_now() {
    return Deadline(Scheduler::current().now().time_since_epoch());
}

Deadline deadline_in(std::chrono::milliseconds time) {
    return monotonic_now() + time;
}

std::uint64_t random_u64() {
    return Scheduler::current().random();
}

std::string random_bytes(std::size_t count) {
    std::string out(count, '\0');
    for (auto& byte : out) byte = static_cast<char>(random_u64());
    return out;
}

// A scope whose process was killed holds entries of tasks that are no more.
TaskScope::~TaskScope() = default;

void TaskScope::start(std::string name, Task<> task) {
    auto& scheduler = Scheduler::current();
    const auto entry = tasks_.emplace(tasks_.end());
    entry->name = std::move(name);
    asio::co_spawn(simulator::Executor(scheduler, scheduler.running()), std::move(task),
                   [this, entry](const std::exception_ptr&) { tasks_.erase(entry); });
}

// The only one who waits like this is the resolver between two polls.
Task<> sleep_for(std::chrono::milliseconds time) {
    auto start = [time](auto handler) {
        auto& scheduler = Scheduler::current();
        const auto jitter = scheduler.dice().between(simulator::microseconds(0), time);
        scheduler.poll_at(scheduler.now() + time, jitter, scheduler.running(),
                          [h = std::move(handler)]() mutable { std::move(h)(); });
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(std::move(start),
                                                                          asio::use_awaitable);
}

}  // namespace florin
