#include "api/event_stream.h"

#include <fmt/format.h>

namespace florin::api {
namespace {

constexpr std::int64_t kEventsAtOnce = 100;
constexpr int kRetryMs = 2000;  // How long a client waits before it connects again.

}  // namespace

std::string message_of(const payments::Event& event) {
    return fmt::format("id: {}\nevent: {}\ndata: {}\n\n", event.version, event.type,
                       show_event(event));
}

EventStream::EventStream(Services& services, payments::Payment payment, std::int32_t last_seen)
    : services_(services),
      payment_(std::move(payment)),
      watch_(services.watcher, payment_.merchant, payment_.id),
      last_(last_seen),
      end_(deadline_in(services.streams.time)) {
    ++services_.streams.open;
}

EventStream::~EventStream() {
    --services_.streams.open;
}

Task<std::string> EventStream::news() {
    const auto events = co_await services_.payment_store.events(payment_, last_, kEventsAtOnce);
    std::string out;
    for (const auto& event : events) out += message_of(event);
    if (!events.empty()) last_ = events.back().version;
    co_return out;
}

// What happened before we began to watch is asked for first, so nothing falls in between.
Task<std::string> EventStream::next() {
    if (!std::exchange(greeted_, true)) {
        const auto past = co_await news();
        co_return fmt::format("retry: {}\n\n{}", kRetryMs, past);
    }
    const auto pause = std::min(end_, deadline_in(services_.streams.heartbeat));
    if (co_await watch_.above(last_, pause)) {
        auto message = co_await news();
        if (!message.empty()) co_return message;
    }
    if (watch_.stopped() || monotonic_now() >= end_) co_return "";
    co_return ": still here\n\n";
}

}  // namespace florin::api
