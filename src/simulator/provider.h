#pragma once

// A payment provider on virtual time: the truth about money. It keeps idempotency keys for their
// window, decides some things later, hides what happened for a while, ends authorizations, passes
// on what banks want, and tells by webhook. How its messages travel is another's business
// (connector.h).

#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "connectors/types.h"
#include "simulator/profile.h"
#include "simulator/scheduler.h"

namespace florin::simulator {

// With this card the provider always takes its time.
inline constexpr std::string_view kSlowCard = "pm_slow_card";

// What one order did to money, or did not.
struct Effect {
    enum class State { pending, done, declined };

    std::string key;
    std::string reference;
    std::string payment;  // Our id, as it was given.
    connectors::Action action;
    std::int64_t amount;
    bool is_final;
    State state;
    Instant visible_at;  // To find().
    std::size_t charge;
    std::string waiting_for;
    std::int64_t captured_before = 0;  // As it was given.
    bool in_place = true;
    bool returned = false;  // A refund that the bank sent back.
    bool fenced = false;    // Nothing will come of it any more.
    bool was_held = false;  // And something had: it was authorized until then.
};

// A payment at the provider. Minor units.
struct Charge {
    std::string reference;
    std::string payment;
    std::int64_t authorized = 0, captured = 0, voided = 0, refunded = 0;
    std::int64_t returned = 0;  // Of what was refunded.
    bool can_increment = false;
    bool lapsed = false;
    bool canceled = false;  // Before anything was captured.
    Instant until = {};     // The authorization ends then.

    std::int64_t held() const { return authorized - captured - voided; }
};

class Provider {
public:
    // `told`: an event that the provider wants to tell: its id, type and our payment.
    Provider(Scheduler& scheduler, const Profile& profile, const Faults& faults,
             std::function<void(connectors::Hint)> told);

    connectors::Outcome perform(const connectors::Order& order);
    connectors::Outcome find(const connectors::Order& order) const;
    // Cancels what is not decided, or only authorized.
    connectors::Outcome fence(const connectors::Order& order);
    connectors::DisputeAnswer read_dispute(const std::string& reference) const;

    const std::vector<Effect>& effects() const { return effects_; }
    const std::vector<Charge>& charges() const { return charges_; }
    const std::vector<connectors::DisputeFacts>& disputes() const { return disputes_; }
    // Whether anything ever came with this key.
    bool knows(const std::string& key) const { return by_key_.contains(key); }
    const Charge* charge(const std::string& reference) const;
    // Orders that came with a key that had stood for another order.
    int misused_keys() const { return misused_keys_; }
    bool has_undecided() const { return undecided_ > 0; }

private:
    struct Remembered {
        std::size_t effect;
        connectors::Outcome reply;
        Instant at;
    };

    std::size_t add_effect(const connectors::Order& order);
    bool is_forgotten(const Effect& effect) const;
    bool can_apply(const Effect& effect) const;
    void apply(Effect& effect);
    void decide(std::size_t effect, bool yes);
    void expect_yes_after_no(std::size_t effect);
    void lapse(std::size_t charge);
    void expect_bank(std::size_t effect);
    void return_refund(std::size_t effect);
    Instant time_for_evidence();
    void open_dispute(std::size_t charge);
    void move_dispute(std::size_t dispute, int step);
    void move_funds(std::size_t dispute);
    void tell(const Effect& effect);
    void tell_later(std::string_view type, const std::string& payment, connectors::About about,
                    const std::string& object);
    connectors::Outcome answer(const Effect& effect) const;

    Scheduler& scheduler_;
    const Profile& profile_;
    const Faults& faults_;
    std::function<void(connectors::Hint)> told_;
    std::vector<Effect> effects_;
    std::vector<Charge> charges_;
    std::vector<connectors::DisputeFacts> disputes_;
    std::unordered_map<std::string, Remembered> keys_;
    std::unordered_map<std::string, std::vector<std::size_t>> by_key_;
    std::unordered_map<std::string, std::size_t> by_reference_;  // Charges.
    int misused_keys_ = 0;
    int undecided_ = 0;
    int told_count_ = 0;
};

}  // namespace florin::simulator
