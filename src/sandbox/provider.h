#pragma once

// The provider itself: takes a command, moves its objects, tells what happened. It knows nothing of
// HTTP, files or time: the same commands in the same order always give the same answers, and that
// is how the journal restores it.

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sandbox/checks.h"
#include "sandbox/connected.h"
#include "sandbox/idempotency.h"
#include "sandbox/store.h"

namespace florin::sandbox {

// A POST that is about to be executed.
struct Command {
    std::int64_t at_us = 0;
    std::string request_id;
    std::string path;
    std::string form;
    std::string key;          // The idempotency key, if there is one.
    std::string account;      // The connected account that is acted for; empty: the platform.
    bool answer_500 = false;  // Execute, but answer 500.
};

// A rendered object; events, kept answers and the wire share it.
using Body = std::shared_ptr<const std::string>;
inline Body share(std::string text) {
    return std::make_shared<const std::string>(std::move(text));
}

struct Event {
    EventFacts facts;
    Body object;  // As it was then.
    std::string text() const { return render_event(facts, *object); }
};

class Provider {
public:
    static constexpr std::size_t kEventsMax = 10'000;  // Older ones are forgotten.

    explicit Provider(std::uint64_t salt) : store_(salt), connected_(store_) {}

    Reply post(const Command& command, const Params& params);
    // `newest_us`: payments created later are not in the search yet.
    // `account`: the connected account that is acted for.
    Reply get(const std::string& path, const Params& params, std::int64_t newest_us,
              const std::string& account = {}) const;

    const Store& store() const { return store_; }
    void set_base_url(std::string url) { store_.base_url = std::move(url); }
    // How long a new authorization may be captured, as charges say in capture_before.
    void set_authorization_seconds(std::int64_t seconds) { authorization_seconds_ = seconds; }
    // Called for every event, in order.
    std::function<void(const Event&)> on_event;

private:
    using Json = Checked<Body>;         // What a POST shows,
    using Text = Checked<std::string>;  // and a GET.

    Json route_post(const Command& command, const Params& params);
    Json route_intent(const Command& command, const Params& params);
    Json route_dispute(const Command& command, const Params& params);
    Json create_intent(const Command& command, const Params& params);
    Json confirm_intent(const Command& command, const Params& params, PaymentIntent& intent);
    Json capture_intent(const Command& command, const Params& params, PaymentIntent& intent);
    Json increment_intent(const Command& command, const Params& params, PaymentIntent& intent);
    Json cancel_intent(const Command& command, const Params& params, PaymentIntent& intent);
    Json create_method(const Command& command, const Params& params);
    Json create_refund(const Command& command, const Params& params);
    Json update_refund(const Command& command, const Params& params, const std::string& id);
    Json create_file(const Command& command, const Params& params);
    Json update_dispute(const Command& command, const Params& params, Dispute& dispute);
    Json close_dispute(const Command& command, const Params& params, Dispute& dispute);
    Json advance(const Command& command, const Params& params);
    Json set_due_by(const Command& command, const Params& params);
    Json finish_challenge(const Command& command, const Params& params, PaymentIntent& intent);

    // A payment method that a request names: one that exists, or a test token.
    struct Method {
        std::uint32_t existing = kNone;
        const Card* card = nullptr;
    };
    Checked<Method> find_method(const Params& params) const;
    std::uint32_t take_method(const Method& method, const Command& command);
    Json attempt(const Command& command, PaymentIntent& intent, Presence presence);
    Problem fail_attempt(const Command& command, PaymentIntent& intent, const Decline& why,
                         std::uint32_t charge);
    Json announce_capture(const Command& command, const PaymentIntent& intent, const Charge& charge,
                          Expand expand);
    Checked<std::uint32_t> find_charge(const Params& params) const;
    Checked<std::optional<std::vector<std::uint32_t>>> find_charges(const Params& params) const;
    void settle_refund(const Command& command, Refund& refund);
    // Opens the dispute that the card stands for, once there is money to dispute.
    void dispute_captured(const Command& command, std::uint32_t charge);
    void withdraw(const Command& command, Dispute& dispute);
    bool decide_dispute(const Command& command, Dispute& dispute);
    void emit(const Command& command, std::string_view type, Body object,
              std::string_view account = {});
    Json post_connected(const Command& command, const Params& params);

    Text route_get(const std::string& path, const Params& params, std::int64_t newest_us) const;
    Text list_intents(const Params& params) const;
    Text search_intents(const Params& params, std::int64_t newest_us) const;
    Text list_charges(const Params& params) const;
    template <class T>
    struct Shelf;  // The objects of one kind that hang on charges.
    template <class T>
    Text list_shelf(const Params& params, const Shelf<T>& shelf) const;
    Text list_files(const Params& params) const;
    Text get_file(const Params& params, const std::string& id) const;
    Text list_events(const Params& params) const;
    Text get_one(const std::string& path, const Params& params) const;
    Reply reply_of(Json result) const;

    Store store_;
    Connected connected_;
    std::int64_t authorization_seconds_ = 7 * 24 * 3600;
    std::deque<Event> events_;
};

std::unexpected<Problem> wrong_state(const PaymentIntent& intent, std::string message);
Problem missing_object(int status, std::string_view kind, const std::string& id,
                       std::string_view param);
Problem unknown_address(std::string_view method, const std::string& path);

}  // namespace florin::sandbox
