#include "payments/resolver.h"

#include "base/log.h"

namespace florin::payments {

Task<> Resolver::run() {
    while (true) {
        bool more = false;
        try {
            more = co_await operations();
            more |= co_await payments();
            more |= co_await events();
        } catch (const pg::Lost& e) {
            log::warn("resolver.no_database", {{"why", e.what()}});
        } catch (const pg::SqlError& e) {  // A deadlock with a lane, for instance: look again.
            log::warn("resolver.refused", {{"state", e.state}, {"why", e.what()}});
        }
        co_await sleep_for(more ? std::chrono::milliseconds(1) : options_.period);
    }
}

Task<bool> Resolver::operations() {
    const auto wanted = room();
    if (wanted == 0) co_return false;
    auto& records = service_.records();
    auto due = co_await records.due(now(), static_cast<std::int64_t>(wanted));
    if (due.empty()) co_return false;
    // The claim covers the question, the answer and, after it, sending once more.
    const auto claimed = co_await records.claim(std::move(due), claimed_until());
    for (const auto& one : claimed) {
        ++looks_;
        scope_.start("payments.resolve", attempt(one.operation.text(), service_.resolve(one)));
    }
    co_return claimed.size() == wanted;
}

Task<bool> Resolver::payments() {
    const auto wanted = room();
    if (wanted == 0) co_return false;
    const auto claimed = co_await service_.records().claim_chores(
        now(), claimed_until(), static_cast<std::int64_t>(wanted));
    for (const auto& one : claimed)
        scope_.start("payments.chore", attempt(one.payment.text(), service_.do_chore(one)));
    co_return claimed.size() == wanted;
}

Task<bool> Resolver::events() {
    const auto wanted = room();
    if (wanted == 0) co_return false;
    const auto claimed = co_await service_.records().claim_events(
        now(), claimed_until(), static_cast<std::int64_t>(wanted));
    for (const auto& one : claimed)
        scope_.start("payments.event", attempt(one.id, service_.digest(one)));
    co_return claimed.size() == wanted;
}

// What fails is looked at again when its claim has ended.
Task<> Resolver::attempt(std::string what, Task<> look) {
    try {
        co_await std::move(look);
    } catch (const std::exception& e) {
        log::warn("resolver.failed", {{"object", what}, {"why", e.what()}});
    }
}

}  // namespace florin::payments
