#include "platform/async/scope.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/check.h"
#include "base/log.h"

namespace florin {

TaskScope::~TaskScope() {
    check(tasks_.empty(), "a scope is closed before it is destroyed");
}

void TaskScope::start(std::string name, Task<> task) {
    check(!closed_, "a closed scope starts nothing");
    const auto entry = tasks_.emplace(tasks_.end());
    entry->name = std::move(name);
    auto done = [this, entry](std::exception_ptr failure) {
        if (failure && !closed_) {
            try {
                std::rethrow_exception(failure);
            } catch (const std::exception& e) {
                log::error("task.failed", {{"task", entry->name}, {"why", e.what()}});
            }
        }
        tasks_.erase(entry);
        if (tasks_.empty()) empty_.cancel();
    };
    asio::co_spawn(io_, std::move(task),
                   asio::bind_cancellation_slot(entry->cancel.slot(), std::move(done)));
}

Task<> TaskScope::close() {
    closed_ = true;
    for (auto& entry : tasks_) entry.cancel.emit(asio::cancellation_type::terminal);
    while (!tasks_.empty()) {
        empty_.expires_after(std::chrono::hours(1));
        boost::system::error_code woken;
        co_await empty_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
}

Task<> sleep_for(std::chrono::milliseconds time) {
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(asio::use_awaitable);
}

}  // namespace florin
