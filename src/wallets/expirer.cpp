#include "wallets/expirer.h"

#include <algorithm>

#include "base/log.h"
#include "base/random.h"
#include "platform/async/scope.h"
#include "wallets/rules.h"

namespace florin::wallets {
namespace {

constexpr std::int64_t kLotsAtOnce = 256;
constexpr std::chrono::seconds kPatience{30};

}  // namespace

Task<> Expirer::run() {
    while (options_.terms) {
        try {
            co_await expire(now());
        } catch (const pg::Lost& e) {
            log::warn("expirer.no_database", {{"why", e.what()}});
        } catch (const pg::SqlError& e) {
            log::warn("expirer.refused", {{"state", e.state}, {"why", e.what()}});
        }
        co_await sleep_for(options_.period);
    }
}

Task<std::int64_t> Expirer::expire(Instant now) {
    std::int64_t count = 0;
    while (true) {
        auto owners = co_await engine_.store().claim_due(now, now + options_.again, kLotsAtOnce);
        if (owners.empty()) co_return count;  // Nothing is left, or somebody else is at it.
        for (auto& owner : owners) co_await expire_of(std::move(owner), now);
        count += static_cast<std::int64_t>(owners.size());
    }
}

// Between the reads and the step the owner may spend: then less is there to expire, the step is
// refused, and the next look sees why. What is held is not touched in any case.
Task<> Expirer::expire_of(Owner owner, Instant now) {
    const auto due = co_await engine_.store().points_due(owner, now);
    const auto holdings = co_await engine_.store().holdings(owner);
    const auto points = std::ranges::find(holdings, kPoints, &Holding::asset);
    const auto held = points == holdings.end() ? 0 : points->held;
    auto step = wallets::expire(std::move(owner), due, held, *options_.terms, now, random_u64());
    if (!step) co_return;
    auto wanted = std::move(*step);
    const auto done = co_await engine_.carry_out(std::move(wanted), deadline_in(kPatience));
    if (done && !done->refusal.empty())
        log::info("points.not_expired", {{"movement", done->id.text()}, {"code", done->refusal}});
}

}  // namespace florin::wallets
