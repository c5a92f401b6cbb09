// Payouts over rails that are called (service.h): the intent is written before the first byte
// leaves, and silence is never a no.

#include "base/check.h"
#include "base/log.h"
#include "payouts/service.h"

namespace florin::payouts {
namespace {

using payout::Event;
using payout::Status;

constexpr std::chrono::hours kLookWhileInTransit{1};

Order order_of(const Payout& payout) {
    return {.payout = payout.id,
            .key = payout.id.text(),
            .amount = Money(payout.amount, payout.currency),
            .destination = payout.destination,
            .reference = payout.reference};
}

}  // namespace

// True: `payout` is the one after the step. False: somebody else has moved it.
Task<bool> Service::take(Payout& payout, Event event, News news) {
    auto step = payouts::step(payout, event, std::move(news), now());
    if (!step) co_return false;
    auto after = step->after;
    std::vector<Step> steps;
    steps.push_back(std::move(*step));
    const bool done = co_await store_.write(std::move(steps));
    if (done) payout = std::move(after);
    co_return done;
}

Task<> Service::advance(Payout claimed) {
    switch (claimed.status) {
        case Status::approved:
            co_await pay(std::move(claimed));
            break;
        case Status::sending: {  // Who sent it has not told the end of it.
            News news{.reason = "the sender went away", .due_at = claimed.due_at};
            if (co_await take(claimed, Event::outcome_unknown, std::move(news)))
                co_await ask(std::move(claimed));
            break;
        }
        case Status::unknown:
        case Status::in_transit:
            co_await ask(std::move(claimed));
            break;
        default:
            co_await store_.put_off(std::move(claimed), Instant::max());
    }
}

// Whoever became suspended since the payout was made is not paid now.
Task<> Service::pay(Payout payout) {
    const auto seller = co_await sellers_.seller(payout.merchant, payout.seller);
    const auto settings = co_await store_.settings(payout.seller, payout.currency);
    const auto rail = rails_.find(payout.rail);
    const bool is_held = !seller || seller->state != sellers::SellerState::active || !settings ||
                         !settings->suspended.empty() || rail == rails_.end();
    if (is_held && payout.status == Status::approved) {
        const auto later = now() + kLookWhileInTransit;
        co_await store_.put_off(std::move(payout), later);
        co_return;
    }
    News intent{.due_at = now() + lease()};
    if (!co_await take(payout, Event::sent, std::move(intent))) co_return;
    auto outcome = co_await rail->second->pay(order_of(payout), deadline_in(options_.answer_time));
    co_await record(std::move(payout), std::move(outcome));
}

Task<> Service::ask(Payout payout) {
    const auto rail = rails_.find(payout.rail);
    if (rail == rails_.end()) {
        log::warn("payouts.no_rail", {{"payout", payout.id.text()}});
        co_return;  // Asked again when the claim is over, by somebody who has it.
    }
    auto outcome = co_await rail->second->find(order_of(payout), deadline_in(options_.answer_time));
    // What is nowhere to be found is not refused: while the rail honours the key it is sent again.
    const bool may_replay = std::holds_alternative<connectors::NotFound>(outcome) &&
                            payout.status == Status::unknown &&
                            now() < payout.sent_at + rail->second->key_window();
    if (may_replay) {
        co_await pay(std::move(payout));
        co_return;
    }
    co_await record(std::move(payout), std::move(outcome));
}

Task<> Service::record(Payout payout, connectors::Outcome outcome) {
    auto news = heard(payout, outcome);
    const auto later = payout.status == Status::in_transit
                           ? now() + kLookWhileInTransit
                           : now() + std::chrono::seconds(patience(payout.tries));
    if (!news) {
        co_await store_.put_off(std::move(payout), later);
        co_return;
    }
    const auto to = next(payout::kTransitions, payout.status, news->event);
    check(to.has_value(), "what a rail says fits into the machine");
    if (*to == Status::approved || *to == Status::unknown || *to == Status::in_transit)
        news->news.due_at = later;
    co_await take(payout, news->event, std::move(news->news));
}

}  // namespace florin::payouts
