#pragma once

// One account's way out: everything that goes to one account at a provider passes here. It keeps to
// the account's rate together with all other processes, keeps seats free for questions, and stops
// calling an account that fails (breaker.h). What it holds back has not left us, and says so.
//
// Fairness. Orders (POST and the like: new payments, captures, refunds) and questions (GET: the
// resolver) wait in a line each. A free token goes to the lines in turn, so neither gets less than
// half while both wait; and a line has seats of its own, so calls that take long in one do not keep
// the other from starting.

#include <boost/asio/steady_timer.hpp>

#include <array>
#include <deque>
#include <functional>
#include <string>

#include "connectors/connector.h"
#include "limits/breaker.h"
#include "limits/buckets.h"
#include "platform/async/scope.h"

namespace florin::limits {

struct OutletOptions {
    std::string account;          // Its name in metrics, logs and the shared bucket.
    std::int64_t per_second = 0;  // 0 = as many as there are seats for.
    std::size_t order_seats = 192, question_seats = 64;  // Calls at once.
    std::size_t line_max = 5'000;  // Calls that wait; beyond it they are refused.
    BreakerOptions breaker = {};
};

struct OutletCounts {
    std::uint64_t calls = 0;      // Let pass.
    std::uint64_t held_open = 0;  // Refused because the circuit is open.
    std::uint64_t held_rate = 0;  // Refused because their turn did not come in time.
    std::size_t waiting = 0;
};

class Outlet : public connectors::Wire {
public:
    Outlet(asio::io_context& io, Buckets& buckets, connectors::Wire& wire, OutletOptions options);

    // Waits at most a quarter of the time that is left, so that the answer has the rest. A refusal
    // is a WireFailure with request_left_us = false.
    Task<http::Answer> send(http::Request request, Deadline deadline) override;
    // Who waits for a turn then waits in vain.
    Task<> close();

    const std::string& account() const { return options_.account; }
    // The next call would be refused because the account fails.
    bool is_shut() const { return !breaker_.would_pass(monotonic_now()); }
    Circuit circuit() const { return breaker_.circuit(); }
    OutletCounts counts() const;

private:
    struct Waiter {
        asio::steady_timer turn;
        bool called = false;
    };
    struct Line {
        std::deque<Waiter*> waiting;
        std::size_t busy = 0, seats = 0;

        bool is_free() const { return busy < seats; }
        bool wants() const { return !waiting.empty() && is_free(); }
    };

    Task<bool> wait_for_turn(Line& line, Deadline until);
    Line* next_line();
    void start_turns();
    Task<> turns();
    void note(const http::Answer& answer, std::uint64_t era);
    void tell_change(Circuit before, std::string why);

    asio::io_context& io_;
    Buckets& buckets_;
    connectors::Wire& wire_;
    OutletOptions options_;
    Limit limit_;
    Breaker breaker_;
    std::array<Line, 2> lines_;  // Orders, questions.
    std::size_t last_ = 0;       // The line that had the last turn.
    Deadline paused_until_{};    // The provider said 429.
    bool in_turns_ = false, closed_ = false;
    OutletCounts counts_;
    TaskScope scope_;
};

// What a 429 asks for: Retry-After in whole seconds, within reason; 1 s without it.
std::chrono::seconds pause_of(const http::Headers& headers);
// The limit of an account that takes `per_second`; providers forgive half a second's worth at once.
Limit outgoing_limit(std::int64_t per_second);

}  // namespace florin::limits
