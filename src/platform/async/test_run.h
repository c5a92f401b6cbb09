#pragma once

// For tests: runs coroutines to their end on a loop that has other work, too.

#include <exception>
#include <optional>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "platform/async/scope.h"

namespace florin::test {

inline Task<> keep_failure(Task<> task, std::exception_ptr& failure) {
    try {
        co_await std::move(task);
    } catch (...) {
        if (!failure) failure = std::current_exception();
    }
}

template <class T>
Task<> keep_result(Task<T> task, std::optional<T>& result) {
    result.emplace(co_await std::move(task));
}

// Runs the loop until all these have ended and throws the first failure. A test that hangs ends
// the program, so that it is seen.
inline void run_all(asio::io_context& io, std::vector<Task<>> tasks) {
    std::exception_ptr failure;
    TaskScope scope(io);
    for (auto& task : tasks) scope.start("test", keep_failure(std::move(task), failure));
    const auto end = deadline_in(std::chrono::minutes(3));
    io.restart();
    while (scope.size() > 0) check(io.run_one_until(end) > 0, "a test ends in time");
    if (failure) std::rethrow_exception(failure);
}

inline void run(asio::io_context& io, Task<> task) {
    std::vector<Task<>> one;
    one.push_back(std::move(task));
    run_all(io, std::move(one));
}

template <class T>
T run(asio::io_context& io, Task<T> task) {
    std::optional<T> result;
    run(io, keep_result(std::move(task), result));
    return std::move(*result);
}

}  // namespace florin::test
