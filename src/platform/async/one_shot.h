#pragma once

// A value that a callback sets once and one coroutine waits for. Same event loop on both sides. The
// waiting coroutine is resumed from the loop, never from inside set().

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "platform/async/task.h"

namespace florin {

template <class T>
class OneShot {
public:
    void set(T value) {
        if (waiter_) {
            std::exchange(waiter_, nullptr)->complete(nullptr, std::move(value));
        } else {
            value_.emplace(std::move(value));
        }
    }

    // Deaf to cancellation: for a value that is sure to come and whose giver points at us.
    Task<T> wait() { return wait_for_it(false); }
    // Throws boost::system::system_error when the task is cancelled meanwhile.
    Task<T> wait_or_cancel() { return wait_for_it(true); }

private:
    using Answer = std::optional<T>;

    struct Waiter {
        virtual ~Waiter() = default;
        virtual void complete(std::exception_ptr failure, Answer answer) = 0;
    };

    template <class Handler>
    struct WaiterOf : Waiter {
        explicit WaiterOf(Handler h) : handler(std::move(h)) {}
        void complete(std::exception_ptr failure, Answer answer) override {
            asio::get_associated_cancellation_slot(handler).clear();
            auto executor = asio::get_associated_executor(handler);
            asio::post(executor, [h = std::move(handler), f = std::move(failure),
                                  a = std::move(answer)]() mutable {
                std::move(h)(std::move(f), std::move(a));
            });
        }
        Handler handler;
    };

    Task<T> wait_for_it(bool cancellable) {
        if (value_) co_return std::move(*value_);
        auto start = [this, cancellable](auto handler) {
            auto slot = asio::get_associated_cancellation_slot(handler);
            waiter_ = std::make_unique<WaiterOf<decltype(handler)>>(std::move(handler));
            if (!cancellable || !slot.is_connected()) return;
            slot.assign([this](asio::cancellation_type) {
                const boost::system::system_error aborted(asio::error::operation_aborted);
                if (waiter_)
                    std::exchange(waiter_, nullptr)
                        ->complete(std::make_exception_ptr(aborted), std::nullopt);
            });
        };
        auto answer = co_await asio::async_initiate<const asio::use_awaitable_t<>&,
                                                    void(std::exception_ptr, Answer)>(
            std::move(start), asio::use_awaitable);
        co_return std::move(*answer);
    }

    std::unique_ptr<Waiter> waiter_;
    std::optional<T> value_;
};

}  // namespace florin
