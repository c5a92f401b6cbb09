#include "simulator/provider.h"

#include <ranges>

namespace florin::simulator {

using namespace std::chrono_literals;
using connectors::Action;
using connectors::Outcome;
using State = Effect::State;

namespace {

constexpr std::size_t kNoCharge = static_cast<std::size_t>(-1);

bool begins(Action action) {
    return action == Action::authorize || action == Action::sale;
}

bool is_same(const Effect& effect, const connectors::Order& order) {
    return effect.action == order.action && effect.amount == order.amount.minor() &&
           effect.payment == order.payment && effect.is_final == order.is_final;
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
    if (!can_apply(effect) || dice.chance(faults_.declined)) {
        effect.state = State::declined;
        tell(effect);
    } else if (dice.chance(faults_.pending)) {
        effect.waiting_for = dice.below(2) == 0 ? "customer" : "provider";
        const auto wait = dice.below(4) == 0 ? dice.between(1min, profile_.decision_max)
                                             : dice.between(1s, 20min);
        const bool yes = dice.below(3) != 0;
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
    if (begins(order.action)) {
        charge = charges_.size();
        charges_.push_back({.reference = "ch_" + std::to_string(charge)});
        by_reference_[charges_.back().reference] = charge;
    } else if (const auto found = by_reference_.find(order.reference);
               found != by_reference_.end()) {
        charge = found->second;
    }
    const auto reference = begins(order.action) || charge == kNoCharge
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
                        .waiting_for = {}});
    by_key_[order.key].push_back(index);
    return index;
}

bool Provider::can_apply(const Effect& effect) const {
    if (effect.charge == kNoCharge) return false;
    const auto& charge = charges_[effect.charge];
    const auto left = charge.authorized - charge.captured - charge.voided;
    switch (effect.action) {
        case Action::authorize:
        case Action::sale:
            return true;
        case Action::capture:
        case Action::cancel:
            return effect.amount <= left;
        case Action::refund:
            return effect.amount <= charge.captured - charge.refunded;
    }
    return false;
}

void Provider::apply(Effect& effect) {
    auto& charge = charges_[effect.charge];
    effect.state = State::done;
    switch (effect.action) {
        case Action::authorize:
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
            charge.voided += effect.amount;
            break;
        case Action::refund:
            charge.refunded += effect.amount;
            break;
    }
}

void Provider::decide(std::size_t index, bool yes) {
    --undecided_;
    auto& effect = effects_[index];
    if (yes && can_apply(effect)) {
        apply(effect);
    } else {
        effect.state = State::declined;
    }
    tell(effect);
}

void Provider::tell(const Effect& effect) {
    const std::string_view what = effect.state == State::done       ? ".succeeded"
                                  : effect.state == State::declined ? ".failed"
                                                                    : ".pending";
    told_({.id = "evt_" + std::to_string(told_count_++),
           .type = std::string(connectors::name(effect.action)) + std::string(what),
           .payment = effect.payment});
}

Outcome Provider::answer(const Effect& effect) const {
    switch (effect.state) {
        case State::done:
            return connectors::Succeeded{effect.reference, {"answer", "", ""}};
        case State::declined:
            return connectors::Declined{"card_declined", "", effect.reference, {"answer", "", ""}};
        case State::pending:
            break;
    }
    return connectors::Pending{effect.reference, effect.waiting_for, ""};
}

Outcome Provider::find(const connectors::Order& order) const {
    const auto known = by_key_.find(order.key);
    if (known == by_key_.end()) return connectors::NotFound{};
    for (const auto index : known->second | std::views::reverse) {
        const auto& effect = effects_[index];
        if (effect.visible_at <= scheduler_.now() && !is_forgotten(effect)) return answer(effect);
    }
    return connectors::NotFound{};
}

}  // namespace florin::simulator
