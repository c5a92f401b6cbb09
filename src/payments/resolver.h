#pragma once

// The resolver is not a safety net but half of the protocol: without it a crash would leave money
// in doubt for ever. Any number of processes may run one; a claim decides who looks.

#include <chrono>

#include "payments/service.h"
#include "platform/async/scope.h"

namespace florin::payments {

struct ResolverOptions {
    std::chrono::milliseconds period{500};
    std::size_t at_once_max = 32;
};

class Resolver {
public:
    Resolver(asio::io_context& io, Service& service, ResolverOptions options)
        : service_(service), options_(options), scope_(io) {}

    // Runs until it is cancelled.
    Task<> run();
    // Waits for the looks that are under way.
    Task<> close() { return scope_.close(); }

    std::uint64_t looks() const { return looks_; }

private:
    // Each takes over what is due and starts to look at it. True when there may be more at once.
    Task<bool> operations();
    Task<bool> payments();
    Task<bool> events();
    std::size_t room() const { return options_.at_once_max - scope_.size(); }
    Instant claimed_until() const { return now() + 2 * service_.lease(); }
    Task<> attempt(std::string what, Task<> look);

    Service& service_;
    ResolverOptions options_;
    TaskScope scope_;
    std::uint64_t looks_ = 0;
};

}  // namespace florin::payments
