#include "simulator/provider.h"

#include <algorithm>
#include <ranges>

namespace florin::simulator {

using namespace std::chrono_literals;
using connectors::Action;
using connectors::Outcome;
using State = Effect::State;

namespace {

constexpr std::size_t kNoCharge = static_cast<std::size_t>(-1);

bool begins(Action action, bool in_place) {
    return action == Action::authorize || action == Action::sale ||
           (action == Action::adjust && !in_place);
}

// Money that was given back already can be given back again: nothing happens.
bool gives_back(Action action) {
    return action == Action::cancel || action == Action::release;
}

bool is_same(const Effect& effect, const connectors::Order& order) {
    return effect.action == order.action && effect.amount == order.amount.minor() &&
           effect.payment == order.payment && effect.is_final == order.is_final &&
           effect.in_place == order.in_place;
}

}  // namespace

Provider::Provider(Scheduler& scheduler, const Profile& profile, const Faults& faults,
                   std::function<void(connectors::Hint)> told)
    : scheduler_(scheduler), profile_(profile), faults_(faults), told_(std::move(told)) {}

Outcome Provider::perform(const connectors::Order& order) {
    const auto now = scheduler_.now();
    const auto known = keys_.find(order.key);
    if (known != keys_.end() && now - known->second.at < profile_.key_window) {
        const auto& effect = effects_[known->second.effect];
        if (!is_same(effect, order)) ++misused_keys_;
        if (!is_forgotten(effect)) return known->second.reply;
    }
    const auto index = add_effect(order);
    auto& effect = effects_[index];
    auto& dice = scheduler_.dice();
    // Where a no is forgotten at once nothing is left pending (docs/simulation.md).
    const bool is_slow = order.token == kSlowCard && !profile_.forgets_declines;
    const bool refuses = !gives_back(effect.action) && dice.chance(faults_.declined);
    if (!can_apply(effect) || refuses) {
        effect.state = State::declined;
        tell(effect);
        expect_yes_after_no(index);
    } else if (is_slow || dice.chance(faults_.pending)) {
        effect.waiting_for = dice.below(2) == 0 ? "customer" : "provider";
        const auto wait = dice.below(4) == 0 ? dice.between(1min, profile_.decision_max)
                                             : dice.between(1s, 20min);
        const bool yes = gives_back(effect.action) || dice.below(3) != 0;
        ++undecided_;
        scheduler_.at(now + wait, kWorld, [this, index, yes] { decide(index, yes); });
        tell(effect);
    } else {
        apply(effect);
        tell(effect);
    }
    auto reply = answer(effect);
    keys_[order.key] = {index, reply, now};
    return reply;
}

// A no that was given at once leaves nothing behind at such a provider.
bool Provider::is_forgotten(const Effect& effect) const {
    return profile_.forgets_declines && effect.state == State::declined &&
           effect.waiting_for.empty();
}

std::size_t Provider::add_effect(const connectors::Order& order) {
    auto& dice = scheduler_.dice();
    const auto index = effects_.size();
    const auto hidden = dice.chance(faults_.invisible)
                            ? dice.between(microseconds(0), profile_.visibility)
                            : microseconds(0);
    std::size_t charge = kNoCharge;
    if (begins(order.action, order.in_place)) {
        charge = charges_.size();
        charges_.push_back({.reference = "ch_" + std::to_string(charge),
                            .payment = order.payment,
                            .can_increment = profile_.increments && dice.below(2) == 0});
        by_reference_[charges_.back().reference] = charge;
    } else if (const auto found = by_reference_.find(order.reference);
               found != by_reference_.end()) {
        charge = found->second;
    }
    const auto reference = begins(order.action, order.in_place) || charge == kNoCharge
                               ? "ch_" + std::to_string(charge)
                           : order.action == Action::refund ? "re_" + std::to_string(index)
                                                            : charges_[charge].reference;
    effects_.push_back({.key = order.key,
                        .reference = reference,
                        .payment = order.payment,
                        .action = order.action,
                        .amount = order.amount.minor(),
                        .is_final = order.is_final,
                        .state = State::pending,
                        .visible_at = scheduler_.now() + hidden,
                        .charge = charge,
                        .waiting_for = {},
                        .captured_before = order.captured_before,
                        .in_place = order.in_place});
    by_key_[order.key].push_back(index);
    return index;
}

bool Provider::can_apply(const Effect& effect) const {
    if (effect.charge == kNoCharge) return false;
    const auto& charge = charges_[effect.charge];
    switch (effect.action) {
        case Action::authorize:
        case Action::sale:
        case Action::release:
            return true;
        case Action::capture:
            return effect.amount <= charge.held();
        case Action::cancel:
            // The rest has gone with the capture that the caller knows of: nothing happens.
            return charge.lapsed || charge.canceled || effect.amount <= charge.held() ||
                   (charge.held() == 0 && charge.captured > 0 &&
                    charge.captured == effect.captured_before);
        case Action::refund:
            return effect.amount <= charge.captured - charge.refunded;
        case Action::adjust:
            return !effect.in_place || (charge.can_increment && charge.held() > 0 &&
                                        charge.held() == charge.authorized);
    }
    return false;
}

void Provider::apply(Effect& effect) {
    auto& charge = charges_[effect.charge];
    effect.state = State::done;
    switch (effect.action) {
        case Action::authorize:
        case Action::adjust:
            charge.authorized = effect.amount;
            break;
        case Action::sale:
            charge.authorized = charge.captured = effect.amount;
            break;
        case Action::capture:
            charge.captured += effect.amount;
            if (effect.is_final) charge.voided = charge.authorized - charge.captured;
            break;
        case Action::cancel:
        case Action::release:
            charge.voided += charge.held();
            break;
        case Action::refund:
            charge.refunded += effect.amount;
            break;
    }
    expect_bank(static_cast<std::size_t>(&effect - effects_.data()));
}

// What follows from it by itself, days later.
void Provider::expect_bank(std::size_t index) {
    auto& dice = scheduler_.dice();
    const auto& effect = effects_[index];
    const auto number = effect.charge;
    const auto now = scheduler_.now();
    if (effect.action != Action::sale && begins(effect.action, effect.in_place)) {
        charges_[number].until = now + profile_.authorization_life;
        scheduler_.at(charges_[number].until, kWorld, [this, number] { lapse(number); });
    }
    if (effect.action == Action::refund && dice.chance(faults_.returned))
        scheduler_.at(now + dice.between(6h, 48h), kWorld, [this, index] { return_refund(index); });
    const bool takes = effect.action == Action::sale || effect.action == Action::capture;
    if (takes && dice.chance(faults_.disputed))
        scheduler_.at(now + dice.between(1min, 48h), kWorld,
                      [this, number] { open_dispute(number); });
}

// The charge stays open at the provider, and the buyer tries again there.
void Provider::expect_yes_after_no(std::size_t index) {
    auto& dice = scheduler_.dice();
    if (!begins(effects_[index].action, effects_[index].in_place)) return;
    if (!dice.chance(faults_.yes_after_no)) return;
    const auto wait = dice.below(2) == 0 ? dice.between(1ms, 10s) : dice.between(10s, 48h);
    scheduler_.at(scheduler_.now() + wait, kWorld, [this, index] {
        if (effects_[index].fenced) return;
        apply(effects_[index]);
        tell(effects_[index]);
    });
}

void Provider::lapse(std::size_t number) {
    auto& charge = charges_[number];
    if (charge.held() == 0) return;
    charge.voided += charge.held();
    charge.lapsed = true;
    tell_later("authorization.ended", charge.payment, connectors::About::lapse, charge.reference);
}

void Provider::return_refund(std::size_t index) {
    auto& effect = effects_[index];
    effect.returned = true;
    charges_[effect.charge].returned += effect.amount;
    tell_later("refund.failed", effect.payment, connectors::About::refund, effect.reference);
}

// Mostly longer than the bank then waits with its next step, and sometimes there is none.
Instant Provider::time_for_evidence() {
    auto& dice = scheduler_.dice();
    return dice.below(4) == 0 ? Instant::max() : scheduler_.now() + dice.between(1min, 96h);
}

void Provider::open_dispute(std::size_t number) {
    auto& dice = scheduler_.dice();
    const auto& charge = charges_[number];
    static const Currency euro = *currency_from("EUR");
    const bool asks_first = dice.below(3) == 0;
    const auto amount = dice.below(2) == 0 ? charge.captured : dice.between(1, charge.captured);
    disputes_.push_back({.reference = "dp_" + std::to_string(disputes_.size()),
                         .payment = charge.payment,
                         .status = asks_first ? "inquiry" : "needs_response",
                         .reason = "fraudulent",
                         .amount = Money(amount, euro),
                         .withdrawn = asks_first ? 0 : amount,
                         .fee = asks_first ? 0 : 1500,
                         .evidence_due_at = time_for_evidence()});
    move_dispute(disputes_.size() - 1, 0);
}

// Tells what it is now, and draws what comes next.
void Provider::move_dispute(std::size_t index, int step) {
    constexpr int kStepsMax = 8;
    auto& dice = scheduler_.dice();
    const auto& now_is = disputes_[index];
    tell_later("dispute." + now_is.status, now_is.payment, connectors::About::dispute,
               now_is.reference);
    struct Line {
        std::string_view from, to;
        std::uint32_t percent;  // Else the next line of the same status; none = it stays.
    };
    static constexpr auto kLines = std::to_array<Line>({
        {"inquiry", "needs_response", 50},
        {"inquiry", "inquiry_closed", 50},
        {"inquiry", "prevented", 80},
        {"needs_response", "under_review", 50},
        {"needs_response", "won", 40},
        {"needs_response", "lost", 80},
        {"under_review", "needs_response", 20},
        {"under_review", "won", 50},
        {"under_review", "lost", 100},
        {"won", "lost", 10},
        {"lost", "won", 10},
    });
    for (const auto& line : kLines) {
        if (line.from != now_is.status || dice.below(100) >= line.percent) continue;
        if (step == kStepsMax) return;
        const auto wait = dice.below(4) == 0 ? dice.between(1s, 1min) : dice.between(1min, 24h);
        scheduler_.at(scheduler_.now() + wait, kWorld, [this, index, step, to = line.to] {
            auto& dispute = disputes_[index];
            dispute.status = to;
            auto& dice = scheduler_.dice();
            if (to == "needs_response") dispute.evidence_due_at = time_for_evidence();
            const auto minor = dispute.amount.minor();
            if (dice.below(8) == 0)
                dispute.amount = Money(minor - minor / 2, dispute.amount.currency());
            move_dispute(index, step + 1);
            const auto later = dice.below(2) == 0 ? Instant::duration(0) : dice.between(1s, 48h);
            scheduler_.at(scheduler_.now() + later, kWorld, [this, index] { move_funds(index); });
        });
        return;
    }
}

// The money follows the word, at once or days later; the fee stays sometimes.
void Provider::move_funds(std::size_t index) {
    auto& dispute = disputes_[index];
    const bool away = dispute.status == "needs_response" || dispute.status == "under_review" ||
                      dispute.status == "lost";
    const auto has = dispute.withdrawn - dispute.reinstated;
    if (away == (has > 0)) return;
    (away ? dispute.withdrawn : dispute.reinstated) += away ? dispute.amount.minor() : has;
    dispute.fee = away || scheduler_.dice().below(2) == 0 ? 1500 : 0;
    tell_later("dispute.funds", dispute.payment, connectors::About::dispute, dispute.reference);
}

connectors::DisputeAnswer Provider::read_dispute(const std::string& reference) const {
    const auto found =
        std::ranges::find(disputes_, reference, &connectors::DisputeFacts::reference);
    if (found == disputes_.end()) return connectors::NotFound{};
    return *found;
}

const Charge* Provider::charge(const std::string& reference) const {
    const auto found = by_reference_.find(reference);
    return found == by_reference_.end() ? nullptr : &charges_[found->second];
}

void Provider::decide(std::size_t index, bool yes) {
    auto& effect = effects_[index];
    if (effect.fenced) return;
    --undecided_;
    if (yes && can_apply(effect)) {
        apply(effect);
    } else {
        effect.state = State::declined;
    }
    tell(effect);
}

Outcome Provider::fence(const connectors::Order& order) {
    const auto known = by_key_.find(order.key);
    if (known == by_key_.end()) return connectors::NotFound{};
    auto& effect = effects_[known->second.back()];
    auto& charge = charges_[effect.charge];
    const bool is_held = effect.state == State::done && charge.held() > 0 && charge.captured == 0;
    if (effect.state == State::done && !is_held) return answer(effect);
    undecided_ -= effect.state == State::pending ? 1 : 0;
    charge.voided += charge.held();
    charge.canceled = true;
    effect.was_held = is_held;
    effect.fenced = true;
    effect.state = State::declined;
    tell(effect);
    return answer(effect);
}

// A charge that stands is told until it is heard: nobody asks about what was declined.
void Provider::tell(const Effect& effect) {
    const bool stands = effect.state == State::done && begins(effect.action, effect.in_place);
    const std::string_view what = effect.state == State::done       ? ".succeeded"
                                  : effect.state == State::declined ? ".failed"
                                                                    : ".pending";
    told_({.id = "evt_" + std::to_string(told_count_++),
           .type = std::string(connectors::name(effect.action)) + std::string(what),
           .payment = effect.payment,
           .about = stands ? connectors::About::charge : connectors::About::nothing_more,
           .object = effect.reference});
}

// What nobody asked about is told until it is heard.
void Provider::tell_later(std::string_view type, const std::string& payment,
                          connectors::About about, const std::string& object) {
    told_({.id = "evt_" + std::to_string(told_count_++),
           .type = std::string(type),
           .payment = payment,
           .about = about,
           .object = object});
}

Outcome Provider::answer(const Effect& effect) const {
    if (effect.returned)
        return connectors::Declined{"refund_failed", "", effect.reference, {"answer", "", ""}};
    switch (effect.state) {
        case State::done: {
            const auto& charge = charges_[effect.charge];
            return connectors::Succeeded{
                effect.reference, {"answer", "", ""}, {"visa", charge.until, charge.can_increment}};
        }
        case State::declined:
            return connectors::Declined{"card_declined", "", effect.reference, {"answer", "", ""}};
        case State::pending:
            break;
    }
    return connectors::Pending{effect.reference, effect.waiting_for, ""};
}

Outcome Provider::find(const connectors::Order& order) const {
    const auto known = by_key_.find(order.key);
    // Asked about an authorization that is no more: nothing will be captured of it.
    const auto* held = order.action == Action::capture ? charge(order.reference) : nullptr;
    const bool is_gone = held && (held->lapsed || held->canceled);
    const connectors::Declined gone{"already_canceled", "", order.reference, {"query", "", ""}};
    if (known == by_key_.end() || effects_[known->second.back()].action != order.action)
        return is_gone ? Outcome(gone) : Outcome(connectors::NotFound{});
    for (const auto index : known->second | std::views::reverse) {
        const auto& effect = effects_[index];
        if (effect.visible_at <= scheduler_.now() && !is_forgotten(effect)) return answer(effect);
    }
    return connectors::NotFound{};
}

}  // namespace florin::simulator
