#pragma once

// A circuit breaker: when an account at a provider fails again and again, calls are refused at once
// for a while instead of each waiting for its time-out; then one call at a time finds out whether
// it works again. Values only, the clock is a parameter.

#include <chrono>
#include <cstdint>
#include <string_view>

#include "base/clock.h"

namespace florin::limits {

struct BreakerOptions {
    std::int64_t failures_in_a_row = 10;
    std::int64_t calls_least = 20;  // Before the ratio says anything.
    std::int64_t failed_percent = 50;
    std::chrono::milliseconds window{10'000};      // Over which the ratio is taken.
    std::chrono::milliseconds open_first{1000};    // Doubled each time a probe fails,
    std::chrono::milliseconds open_max{30'000};    // up to this.
    std::chrono::milliseconds probe_time{60'000};  // A probe of which nothing is heard is given up.
};

enum class Circuit { closed, half_open, open };

constexpr std::string_view name(Circuit circuit) {
    switch (circuit) {
        case Circuit::closed:
            return "closed";
        case Circuit::half_open:
            return "half_open";
        case Circuit::open:
            return "open";
    }
    return "";
}

class Breaker {
public:
    explicit Breaker(BreakerOptions options = {}) : options_(options) {}

    // May a call leave? After a yes tell what became of it, with the era of the yes. While half
    // open, one call at a time may: the probe.
    bool lets_pass(Deadline now);
    // The same question without taking the probe's place.
    bool would_pass(Deadline now) const;
    // What became of a call. Failed: no connection, no answer in time, or a 5xx. What was let pass
    // in an earlier era says nothing about now.
    void note(bool failed, std::uint64_t era, Deadline now);

    Circuit circuit() const { return circuit_; }
    std::uint64_t era() const { return era_; }  // Counts how often it opened.

private:
    void open(Deadline now);

    BreakerOptions options_;
    Circuit circuit_ = Circuit::closed;
    std::int64_t in_a_row_ = 0, calls_ = 0, failed_ = 0;
    Deadline window_ends_{};
    Deadline closed_until_{};  // Open: until then nothing passes. Half open: the probe's time.
    std::chrono::milliseconds open_time_{0};
    std::uint64_t era_ = 0;
};

}  // namespace florin::limits
