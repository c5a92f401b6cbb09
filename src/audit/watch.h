#pragma once

// The continuous audit: one pass after the other, step by step, with metrics and alarms.

#include <deque>
#include <functional>

#include "audit/known.h"
#include "audit/pass.h"
#include "platform/metrics/metrics.h"

namespace florin::audit {

struct WatchOptions {
    std::chrono::milliseconds period{
        10'000};             // From the start of a pass to that of the next, at least.
    int slots_max = kSlots;  // At a time.
};

// Sends one alarm; false = try again later.
using SendAlarm = std::function<Task<bool>(std::string body)>;

class Watch {
public:
    // `send` may be empty: then alarms are log lines only.
    Watch(Reader& reader, metrics::Registry& metrics, SendAlarm send, WatchOptions options);

    // Until it is cancelled. A database that does not answer is asked again.
    Task<> run();

    // Findings that stand, for who wants to look.
    const Known& known() const { return known_; }

private:
    static constexpr std::size_t kWaitingMax = 1'000;

    Task<> pass();
    Task<bool> step(Slot first);
    void tell(const Known::News& news);
    void measure();
    Task<> send_waiting();

    Reader& reader_;
    metrics::Registry& metrics_;
    SendAlarm send_;
    WatchOptions options_;
    Stride stride_{0, 1};
    Known known_;
    Slot next_ = 0;
    std::deque<std::string> waiting_;  // Alarms that the URL has not taken.
    Deadline passed_at_;               // When the last pass ended.
    bool has_passed_ = false;
};

}  // namespace florin::audit
