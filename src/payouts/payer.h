#pragma once

// The worker of payouts: makes what schedules ask for, tells and asks rails, gives reserves back,
// and puts payouts into files. Any number of processes may run one; each timer is a row that one
// of them claims.

#include <chrono>

#include "payouts/service.h"
#include "platform/async/scope.h"

namespace florin::payouts {

class Payer {
public:
    Payer(asio::io_context& io, Service& service, std::chrono::milliseconds period)
        : service_(service), period_(period), scope_(io) {}

    // Runs until it is cancelled.
    Task<> run();
    // One look at everything: how much was done. Throws pg::Lost and pg::SqlError.
    Task<std::size_t> pass();
    // Waits for what pass() has started.
    Task<> settle();
    Task<> close() { co_await scope_.close(); }

    std::uint64_t runs() const { return runs_; }

private:
    Task<> attempt(Payout payout);
    Task<std::size_t> release_reserves();

    Service& service_;
    std::chrono::milliseconds period_;
    TaskScope scope_;
    std::uint64_t runs_ = 0;
};

}  // namespace florin::payouts
