#pragma once

// Sends events to one webhook endpoint, signed as Stripe signs them. A few tries with growing
// pauses; what waits is bounded and lost with the process.

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "platform/async/scope.h"
#include "platform/http/client.h"
#include "sandbox/faults.h"
#include "sandbox/provider.h"

namespace florin::sandbox {

// "t=1700000000,v1=<hex HMAC-SHA256 of "{t}.{body}" with the whole secret>"
std::string sign(std::string_view secret, std::int64_t time, std::string_view body);

struct WebhookCounts {
    std::uint64_t delivered = 0;
    std::uint64_t retried = 0;
    std::uint64_t given_up = 0;
    std::uint64_t overflowed = 0;
};

class Webhooks {
public:
    static constexpr std::size_t kWaitingMax = 200'000;
    static constexpr int kTriesMax = 6;
    static constexpr int kSendersMax = 8;  // At the same time.

    Webhooks(asio::io_context& io, std::string url, std::string secret, Faults& faults);

    void send(const Event& event);
    const WebhookCounts& counts() const { return counts_; }
    std::size_t waiting() const { return ready_.size() + later_; }
    Task<> close();  // What waits is dropped.

private:
    struct Delivery {
        std::shared_ptr<const std::string> body;
        int tries = 0;
    };
    void push(Delivery delivery);
    void push_later(Delivery delivery, std::chrono::milliseconds time);
    Task<> hold(Delivery delivery, std::chrono::milliseconds time);
    Task<> send_ready();
    Task<bool> deliver(std::shared_ptr<const std::string> body);

    std::string url_;
    std::string secret_;
    Faults& faults_;
    http::Client client_;
    std::deque<Delivery> ready_;
    std::size_t later_ = 0;
    int senders_ = 0;
    bool closing_ = false;
    WebhookCounts counts_;
    TaskScope scope_;
};

}  // namespace florin::sandbox
