#include "payments/resolver.h"

#include "base/log.h"

namespace florin::payments {

Task<> Resolver::run() {
    while (true) {
        bool more = false;
        try {
            more = co_await round();
            co_await chores();
        } catch (const pg::Lost& e) {
            log::warn("resolver.no_database", {{"why", e.what()}});
        } catch (const pg::SqlError& e) {  // A deadlock with a lane, for instance: look again.
            log::warn("resolver.refused", {{"state", e.state}, {"why", e.what()}});
        }
        co_await sleep_for(more ? std::chrono::milliseconds(1) : options_.period);
    }
}

// True when there may be more to do at once.
Task<bool> Resolver::round() {
    if (scope_.size() >= options_.at_once_max) co_return false;
    const auto room = options_.at_once_max - scope_.size();
    auto& records = service_.records();
    auto due = co_await records.due(now(), static_cast<std::int64_t>(room));
    if (due.empty()) co_return false;
    // The claim covers the question, the answer and, after it, sending once more.
    const auto claimed = co_await records.claim(std::move(due), now() + 2 * service_.lease());
    for (const auto& one : claimed) {
        ++looks_;
        scope_.start("payments.resolve", look(one));
    }
    co_return claimed.size() == room;
}

Task<> Resolver::chores() {
    if (scope_.size() >= options_.at_once_max) co_return;
    const auto room = options_.at_once_max - scope_.size();
    const auto time = now();
    const auto claimed = co_await service_.records().claim_chores(time, time + 2 * service_.lease(),
                                                                  static_cast<std::int64_t>(room));
    for (const auto& one : claimed) scope_.start("payments.chore", do_chore(one));
}

Task<> Resolver::do_chore(DuePayment claimed) {
    try {
        co_await service_.do_chore(claimed);
    } catch (const std::exception& e) {  // Its claim ends by itself, then somebody looks again.
        log::warn("resolver.failed", {{"payment", claimed.payment.text()}, {"why", e.what()}});
    }
}

Task<> Resolver::look(Due claimed) {
    try {
        co_await service_.resolve(claimed);
    } catch (const std::exception& e) {  // Its claim ends by itself, then somebody looks again.
        log::warn("resolver.failed", {{"operation", claimed.operation.text()}, {"why", e.what()}});
    }
}

}  // namespace florin::payments
