#include "payments/watcher.h"

#include <boost/asio/redirect_error.hpp>

#include "base/log.h"

namespace florin::payments {

Task<> Watcher::run() {
    while (true) {
        if (watches_.empty()) {
            idle_.expires_at(Deadline::max());
            boost::system::error_code woken;
            co_await idle_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        }
        try {
            co_await look();
        } catch (const pg::Lost& e) {
            log::warn("watcher.no_database", {{"why", e.what()}});
        } catch (const pg::SqlError& e) {
            log::warn("watcher.refused", {{"state", e.state}, {"why", e.what()}});
        }
        co_await sleep_for(period_);
    }
}

Task<> Watcher::look() {
    std::vector<Standing> asked;
    for (auto at = watches_.begin(); at != watches_.end();) {
        asked.push_back(at->second->seen_);
        at = watches_.upper_bound(at->first);  // Each payment once.
    }
    if (asked.empty()) co_return;
    ++looks_;
    const auto found = co_await store_.versions(std::move(asked));
    for (const auto& one : found) tell(one.payment, one.version);
}

void Watcher::tell(PaymentId payment, std::int32_t version) {
    const auto [begin, end] = watches_.equal_range(payment);
    for (auto at = begin; at != end; ++at) {
        auto& watch = *at->second;
        if (version <= watch.seen_.version) continue;
        watch.seen_.version = version;
        watch.news_.cancel();
    }
}

void Watcher::stop() {
    stopped_ = true;
    for (const auto& [payment, watch] : watches_) watch->stop();
}

Watch::Watch(Watcher& watcher, MerchantId merchant, PaymentId payment)
    : watcher_(watcher),
      seen_{merchant, payment},
      news_(watcher.io_),
      stopped_(watcher.stopped_),
      place_(watcher.watches_.emplace(payment, this)) {
    watcher.idle_.cancel();
}

Watch::~Watch() {
    watcher_.watches_.erase(place_);
}

Task<bool> Watch::above(std::int32_t version, Deadline end) {
    while (seen_.version <= version && !stopped_ && monotonic_now() < end) {
        news_.expires_at(end);
        boost::system::error_code woken;
        co_await news_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
    co_return seen_.version > version;
}

void Watch::stop() {
    stopped_ = true;
    news_.cancel();
}

}  // namespace florin::payments
