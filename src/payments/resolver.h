#pragma once

// The resolver is not a safety net but half of the protocol: without it a crash would leave money
// in doubt for ever. Any number of processes may run one; a claim decides who looks.

#include <chrono>

#include "payments/service.h"
#include "platform/async/scope.h"

namespace florin::payments {

struct ResolverOptions {
    std::chrono::milliseconds period{500};
    // Looks at once of each kind: enough to keep the seats for questions of an account's outlet
    // busy while others read and write (limits/outlet.h).
    std::size_t at_once_max = 128;
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
    // What comes due is of five kinds. Each has its own room, so that a long line of one does not
    // keep the others from being looked at.
    struct Line {
        std::size_t busy = 0;
        bool more = false;  // There may be more than it had room for.
    };

    // Each takes over what is due and starts to look at it.
    Task<> operations();
    Task<> payments();
    Task<> events();
    Task<> disputes();
    Task<> releases();
    void start(Line& line, std::string name, std::string what, Task<> look);
    Task<> attempt(Line& line, std::string what, Task<> look);
    Task<> rest();
    bool can_go_on(const Line& line) const {
        return line.more && line.busy <= options_.at_once_max / 2;
    }
    std::size_t room(const Line& line) const { return options_.at_once_max - line.busy; }
    Instant claimed_until() const { return now() + 2 * service_.lease(); }

    Service& service_;
    ResolverOptions options_;
    TaskScope scope_;
    Line operations_, payments_, events_, disputes_, releases_;
    std::uint64_t looks_ = 0;
};

}  // namespace florin::payments
