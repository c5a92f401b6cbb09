#pragma once

// The provider's objects and errors as Stripe-shaped JSON.

#include <span>
#include <string>

#include "sandbox/problem.h"
#include "sandbox/store.h"

namespace florin::sandbox {

inline constexpr std::string_view kApiVersion = "2026-10-28.endive";

// Which references are shown as whole objects.
struct Expand {
    bool latest_charge = false;
    bool payment_method = false;
    bool charge = false;
    bool payment_intent = false;
    bool none() const { return !latest_charge && !payment_method && !charge && !payment_intent; }
};

std::string render(const Store& store, const PaymentIntent& intent, Expand expand = {});
std::string render(const Store& store, const Charge& charge);
std::string render(const Store& store, const Refund& refund, Expand expand = {});
std::string render(const Store& store, const Dispute& dispute, Expand expand = {});
std::string render(const Store& store, const File& file);
std::string render(const PaymentMethod& method);
std::string render(const Store& store, const Problem& problem);

// `kind` is "list" or "search_result".
std::string render_list(std::string_view kind, std::string_view url,
                        std::span<const std::string> objects, bool has_more,
                        std::string_view next_page = {});

struct EventFacts {
    std::string id;
    std::string type;
    std::string account = {};  // The connected account that it is of; empty: the platform.
    std::int64_t created = 0;
    std::string request_id;
    std::string idempotency_key;
};
std::string render_event(const EventFacts& facts, std::string_view object_json);

// One line of the truth log: a charge that the provider made, as money, without Stripe's shape.
std::string render_truth(const Store& store, const Charge& charge);
// The same of a file: what its bytes were, and the key that it came under.
std::string render_truth(const File& file);

}  // namespace florin::sandbox
