#pragma once

// A coroutine as an ordinary call, for programs that do one thing and end.

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <optional>
#include <utility>

#include "platform/async/task.h"

namespace florin {

// Runs the loop until `task` has ended, and gives what it gave or throws what it threw. Whatever
// else it started has to have ended with it: nothing runs afterwards.
template <class T>
T run_to_end(asio::io_context& io, Task<T> task) {
    std::exception_ptr failure;
    std::optional<T> result;
    asio::co_spawn(io, std::move(task), [&](std::exception_ptr e, T value) {
        failure = e;
        result.emplace(std::move(value));
        io.stop();
    });
    io.run();
    if (failure) std::rethrow_exception(failure);
    return std::move(*result);
}

}  // namespace florin
