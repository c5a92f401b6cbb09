// Payouts over rails that are called (service.h): the intent is written before the first byte
// leaves, and silence is never a no.

#include "base/check.h"
#include "base/log.h"
#include "payouts/service.h"

namespace florin::payouts {
namespace {

using payout::Event;
using payout::Status;

constexpr std::chrono::hours kLookWhileInTransit{1}, kLookWhilePaid{12};

// `is_replay`: the payout was sent before, and nobody knows what became of it.
Order order_of(const Payout& payout, bool is_replay) {
    return {.payout = payout.id,
            .key = payout.id.text(),
            .amount = Money(payout.amount, payout.currency),
            .destination = payout.destination,
            .reference = payout.reference,
            .is_replay = is_replay};
}

// When to look again at a payout that is `to` now.
Instant next_look(const Payout& payout, Status to, const Rail& rail) {
    if (to == Status::paid) {
        const auto next = now() + kLookWhilePaid;
        return next < payout.sent_at + rail.return_window() ? next : Instant::max();
    }
    if (payout.status == Status::in_transit) return now() + kLookWhileInTransit;
    return now() + std::chrono::seconds(patience(payout.tries));
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
        case Status::paid:  // It may still come back.
            co_await ask(std::move(claimed));
            break;
        default:
            co_await store_.put_off(std::move(claimed), Instant::max());
    }
}

// The one that the payout was made for. Null: this installation does not have it (any more).
Rail* Service::rail_of(const Payout& payout) const {
    const auto found = rails_.find(payout.rail);
    if (found != rails_.end() && found->second->source() == payout.source) return found->second;
    log::warn("payouts.no_rail", {{"payout", payout.id.text()}, {"source", payout.source}});
    return nullptr;
}

// Whoever became suspended since the payout was made is not paid now.
Task<> Service::pay(Payout payout) {
    const auto seller = co_await sellers_.seller(payout.merchant, payout.seller);
    const auto settings = co_await store_.settings(payout.seller, payout.currency);
    auto* rail = rail_of(payout);
    const bool is_replay = payout.status == Status::unknown;
    if (!rail) co_return;  // Sent when the claim is over, by somebody who has it.
    const bool is_held = !seller || seller->state != sellers::SellerState::active || !settings ||
                         !settings->suspended.empty();
    if (is_held && !is_replay) {
        const auto later = now() + kLookWhileInTransit;
        co_await store_.put_off(std::move(payout), later);
        co_return;
    }
    News intent{.due_at = now() + lease()};
    if (!co_await take(payout, Event::sent, std::move(intent))) co_return;
    auto order = order_of(payout, is_replay);
    auto outcome = co_await rail->pay(std::move(order), deadline_in(options_.answer_time));
    // That nothing left this time says nothing of the time before.
    if (const auto* not_sent = std::get_if<connectors::NotSent>(&outcome); not_sent && is_replay)
        outcome = connectors::Unknown{not_sent->why};
    co_await record(std::move(payout), std::move(outcome), *rail);
}

Task<> Service::ask(Payout payout) {
    auto* rail = rail_of(payout);
    if (!rail) co_return;  // Asked again when the claim is over, by somebody who has it.
    auto order = order_of(payout, true);
    auto outcome = co_await rail->find(std::move(order), deadline_in(options_.answer_time));
    // What is nowhere to be found is not refused: while the rail honours the key it is sent again.
    const bool may_replay = std::holds_alternative<connectors::NotFound>(outcome) &&
                            payout.status == Status::unknown &&
                            now() < payout.sent_at + rail->key_window();
    if (may_replay) {
        co_await pay(std::move(payout));
        co_return;
    }
    co_await record(std::move(payout), std::move(outcome), *rail);
}

Task<> Service::record(Payout payout, connectors::Outcome outcome, Rail& rail) {
    auto news = heard(payout, outcome);
    const auto* unknown = std::get_if<connectors::Unknown>(&outcome);
    if (unknown && unknown->needs_review)
        log::warn("payouts.needs_review", {{"payout", payout.id.text()}, {"why", unknown->why}});
    if (!news) {
        const auto later = next_look(payout, payout.status, rail);
        co_await store_.put_off(std::move(payout), later);
        co_return;
    }
    const auto to = next(payout::kTransitions, payout.status, news->event);
    check(to.has_value(), "what a rail says fits into the machine");
    if (*to == Status::approved || *to == Status::unknown || *to == Status::in_transit ||
        *to == Status::paid)
        news->news.due_at = next_look(payout, *to, rail);
    co_await take(payout, news->event, std::move(news->news));
}

}  // namespace florin::payouts
