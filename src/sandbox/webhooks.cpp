#include "sandbox/webhooks.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"
#include "platform/crypto/hash.h"

namespace florin::sandbox {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPatience{5000};
constexpr milliseconds kReorderHold{250};
constexpr milliseconds kFirstPause{200};  // Then four times as long after each try.

}  // namespace

std::string sign(std::string_view secret, std::int64_t time, std::string_view body) {
    const auto signed_text = fmt::format("{}.{}", time, body);
    return fmt::format("t={},v1={}", time, to_hex(crypto::hmac_sha256(secret, signed_text)));
}

Webhooks::Webhooks(asio::io_context& io, std::string url, std::string secret, Faults& faults)
    : url_(std::move(url)),
      secret_(std::move(secret)),
      faults_(faults),
      client_(io, http::ClientOptions{}),
      scope_(io) {}

void Webhooks::send(const Event& event) {
    if (url_.empty() || closing_) return;
    Delivery delivery{std::make_shared<const std::string>(event.text())};
    if (faults_.draw(Fault::duplicate_webhook)) push(delivery);
    if (faults_.draw(Fault::reorder_webhook)) {
        push_later(std::move(delivery), kReorderHold);
    } else {
        push(std::move(delivery));
    }
}

void Webhooks::push(Delivery delivery) {
    if (waiting() >= kWaitingMax) {
        if (counts_.overflowed++ == 0)
            log::warn("webhooks.overflow", {{"waiting", std::to_string(waiting())}});
        return;
    }
    ready_.push_back(std::move(delivery));
    if (senders_ >= kSendersMax) return;
    ++senders_;
    scope_.start("webhooks.sender", send_ready());
}

void Webhooks::push_later(Delivery delivery, milliseconds time) {
    ++later_;
    scope_.start("webhooks.hold", hold(std::move(delivery), time));
}

Task<> Webhooks::hold(Delivery delivery, milliseconds time) {
    co_await sleep_for(time);
    --later_;
    push(std::move(delivery));
}

Task<> Webhooks::send_ready() {
    while (!ready_.empty() && !closing_) {
        Delivery delivery = std::move(ready_.front());
        ready_.pop_front();
        const bool taken = co_await deliver(delivery.body);
        if (closing_) break;
        if (taken) {
            ++counts_.delivered;
        } else if (++delivery.tries < kTriesMax) {
            ++counts_.retried;
            push_later(delivery, kFirstPause * (1 << (2 * (delivery.tries - 1))));
        } else {
            ++counts_.given_up;
            log::warn("webhooks.given_up", {{"tries", std::to_string(delivery.tries)}});
        }
    }
    --senders_;
}

Task<> Webhooks::close() {
    closing_ = true;
    co_await scope_.close();
}

Task<bool> Webhooks::deliver(std::shared_ptr<const std::string> body) {
    http::Request request;
    request.method = "POST";
    request.target = url_;
    request.body = *body;
    const auto time = std::chrono::duration_cast<std::chrono::seconds>(now().time_since_epoch());
    request.headers.add("Content-Type", "application/json; charset=utf-8");
    request.headers.add("User-Agent", "florin-sandbox");
    request.headers.add("Stripe-Signature", sign(secret_, time.count(), request.body));
    const auto answer = co_await client_.send(std::move(request), deadline_in(kPatience));
    co_return answer && answer->status >= 200 && answer->status < 300;
}

}  // namespace florin::sandbox
