#pragma once

// The owner of background tasks: every started task belongs to a scope, and a scope that is closed
// has none left. The only place, besides run.h, that starts coroutines.

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <list>
#include <string>

#include "platform/async/task.h"

namespace florin {

class TaskScope {
public:
    explicit TaskScope(asio::io_context& io) : io_(io), empty_(io) {}
    ~TaskScope();
    TaskScope(const TaskScope&) = delete;

    // Runs `task` until it ends or the scope closes. A task that ends with an exception is logged
    // under `name`; it is not started again.
    void start(std::string name, Task<> task);

    // Cancels what runs and waits until all has ended. Nothing can be started afterwards.
    Task<> close();

    std::size_t size() const { return tasks_.size(); }

private:
    struct Entry {
        std::string name;
        asio::cancellation_signal cancel;
    };

    asio::io_context& io_;
    asio::steady_timer empty_;  // Wakes close() when the last task ends.
    std::list<Entry> tasks_;
    bool closed_ = false;
};

// Waits. Throws boost::system::system_error when the scope closes meanwhile.
Task<> sleep_for(std::chrono::milliseconds time);

}  // namespace florin
