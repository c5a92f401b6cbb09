#include "limits/breaker.h"

#include <algorithm>

namespace florin::limits {

bool Breaker::would_pass(Deadline now) const {
    return circuit_ == Circuit::closed || now >= closed_until_;
}

bool Breaker::lets_pass(Deadline now) {
    if (!would_pass(now)) return false;
    if (circuit_ == Circuit::closed) return true;
    circuit_ = Circuit::half_open;
    closed_until_ = now + options_.probe_time;
    return true;
}

void Breaker::open(Deadline now) {
    open_time_ = circuit_ == Circuit::closed ? options_.open_first
                                             : std::min(open_time_ * 2, options_.open_max);
    circuit_ = Circuit::open;
    closed_until_ = now + open_time_;
    ++era_;
}

void Breaker::note(bool failed, std::uint64_t era, Deadline now) {
    if (era != era_) return;
    if (circuit_ == Circuit::half_open) {
        if (failed) return open(now);
        circuit_ = Circuit::closed;
        in_a_row_ = calls_ = failed_ = 0;
        return;
    }
    if (now >= window_ends_) {
        window_ends_ = now + options_.window;
        calls_ = failed_ = 0;
    }
    ++calls_;
    failed_ += failed ? 1 : 0;
    in_a_row_ = failed ? in_a_row_ + 1 : 0;
    const bool too_many =
        calls_ >= options_.calls_least && failed_ * 100 >= calls_ * options_.failed_percent;
    if (failed && (too_many || in_a_row_ >= options_.failures_in_a_row)) open(now);
}

}  // namespace florin::limits
