#include "payouts/payer.h"

#include "base/log.h"

namespace florin::payouts {
namespace {

constexpr std::int64_t kRunsAtOnce = 256, kReservesAtOnce = 256;
constexpr std::size_t kPayoutsAtOnce = 32;

}  // namespace

Task<> Payer::run() {
    while (true) {
        std::size_t done = 0;
        try {
            done = co_await pass();
        } catch (const pg::Lost& e) {
            log::warn("payer.no_database", {{"why", e.what()}});
        } catch (const pg::SqlError& e) {
            log::warn("payer.refused", {{"state", e.state}, {"why", e.what()}});
        }
        // While there is more to do, it is done.
        co_await sleep_for(done > 0 ? std::chrono::milliseconds(5) : period_);
    }
}

Task<std::size_t> Payer::pass() {
    auto& store = service_.store();
    const auto at = now();
    auto due = co_await store.claim_runs(at, at + service_.lease(), kRunsAtOnce);
    std::size_t done = due.size();
    runs_ += due.size();
    if (!due.empty()) co_await service_.make_due(std::move(due));
    const auto room = static_cast<std::int64_t>(kPayoutsAtOnce - scope_.size());
    if (room > 0) {
        // The claim covers the question, and sending once more after it.
        const auto claimed = co_await store.claim(at, at + 2 * service_.lease(), room);
        done += claimed.size();
        for (const auto& one : claimed) scope_.start("payouts.advance", attempt(one));
    }
    done += co_await release_reserves();
    done += static_cast<std::size_t>(co_await service_.make_batches(at));
    co_return done;
}

Task<> Payer::settle() {
    while (scope_.size() > 0) co_await sleep_for(std::chrono::milliseconds(5));
}

// What fails is looked at again when its claim is over.
Task<> Payer::attempt(Payout payout) {
    const auto id = payout.id.text();
    try {
        co_await service_.advance(std::move(payout));
    } catch (const pg::Lost& e) {
        log::warn("payer.failed", {{"payout", id}, {"why", e.what()}});
    } catch (const pg::SqlError& e) {
        log::warn("payer.failed", {{"payout", id}, {"why", e.what()}});
    }
}

Task<std::size_t> Payer::release_reserves() {
    auto& store = service_.store();
    const auto at = now();
    const auto due = co_await store.due_reserves(at, kReservesAtOnce);
    std::size_t done = 0;
    for (const auto& one : due) done += co_await store.release(one, at) ? 1U : 0U;
    co_return done;
}

}  // namespace florin::payouts
