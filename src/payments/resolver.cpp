#include "payments/resolver.h"

#include <algorithm>

#include "base/log.h"
#include "payments/deadline.h"

namespace florin::payments {

Task<> Resolver::run() {
    while (true) {
        for (auto* line : {&operations_, &payments_, &events_, &disputes_, &releases_})
            line->more = false;
        try {
            co_await operations();
            co_await payments();
            co_await events();
            co_await disputes();
            co_await releases();
        } catch (const pg::Lost& e) {
            log::warn("resolver.no_database", {{"why", e.what()}});
        } catch (const pg::SqlError& e) {  // A deadlock with a lane, for instance: look again.
            log::warn("resolver.refused", {{"state", e.state}, {"why", e.what()}});
        }
        co_await rest();
    }
}

Task<> Resolver::operations() {
    const auto wanted = room(operations_);
    operations_.more = wanted == 0;
    if (wanted == 0) co_return;
    auto& records = service_.records();
    auto due = co_await records.due(now(), static_cast<std::int64_t>(wanted));
    if (due.empty()) co_return;
    const bool more = due.size() == wanted;
    // The claim covers the question, the answer and, after it, sending once more.
    const auto claimed = co_await records.claim(std::move(due), claimed_until());
    operations_.more = more;
    for (const auto& one : claimed) {
        ++looks_;
        start(operations_, "payments.resolve", one.operation.text(), service_.resolve(one));
    }
}

Task<> Resolver::payments() {
    const auto wanted = room(payments_);
    payments_.more = wanted == 0;
    if (wanted == 0) co_return;
    const auto claimed = co_await service_.records().claim_chores(
        now(), claimed_until(), static_cast<std::int64_t>(wanted));
    payments_.more = claimed.size() == wanted;
    for (const auto& one : claimed)
        start(payments_, "payments.chore", one.payment.text(), service_.do_chore(one));
}

Task<> Resolver::events() {
    const auto wanted = room(events_);
    events_.more = wanted == 0;
    if (wanted == 0) co_return;
    const auto claimed = co_await service_.records().claim_events(
        now(), claimed_until(), static_cast<std::int64_t>(wanted));
    events_.more = claimed.size() == wanted;
    for (const auto& one : claimed) start(events_, "payments.event", one.id, service_.digest(one));
}

Task<> Resolver::disputes() {
    const auto wanted = room(disputes_);
    disputes_.more = wanted == 0;
    if (wanted == 0) co_return;
    const auto claimed = co_await service_.records().claim_disputes(
        now(), now() + kDeadlineRetry, static_cast<std::int64_t>(wanted));
    disputes_.more = claimed.size() == wanted;
    for (const auto& one : claimed)
        start(disputes_, "payments.deadline", one.dispute.text(), service_.meet_deadline(one));
}

Task<> Resolver::releases() {
    const auto wanted = room(releases_);
    releases_.more = wanted == 0;
    if (wanted == 0) co_return;
    const auto claimed = co_await service_.records().claim_releases(
        now(), claimed_until(), static_cast<std::int64_t>(wanted));
    releases_.more = claimed.size() == wanted;
    for (const auto& one : claimed)
        start(releases_, "payments.release", one.payment.text(), service_.do_release(one));
}

void Resolver::start(Line& line, std::string name, std::string what, Task<> look) {
    ++line.busy;
    scope_.start(std::move(name), attempt(line, std::move(what), std::move(look)));
}

// What fails is looked at again when its claim has ended.
Task<> Resolver::attempt(Line& line, std::string what, Task<> look) {
    struct Leave {
        Line& line;
        ~Leave() { --line.busy; }
    } leave{line};
    try {
        co_await std::move(look);
    } catch (const std::exception& e) {
        log::warn("resolver.failed", {{"object", what}, {"why", e.what()}});
    }
}

// Until something may be due, or until half of what is under way has ended while more waits: claims
// of one by one would cost as much as the looks.
Task<> Resolver::rest() {
    constexpr std::chrono::milliseconds nap{5};
    auto left = options_.period;
    while (left.count() > 0) {
        bool more = false;
        for (const auto* line : {&operations_, &payments_, &events_, &disputes_, &releases_}) {
            if (can_go_on(*line)) co_return;
            more |= line->more;
        }
        const auto time = more ? std::min(nap, left) : left;
        co_await sleep_for(time);
        left -= time;
    }
}

}  // namespace florin::payments
