#pragma once

// What the provider keeps, and how a payment moves from state to state. Values and pure functions:
// no store, no clock, no wire.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/cards.h"
#include "sandbox/params.h"

namespace florin::sandbox {

constexpr std::uint32_t kNone = UINT32_MAX;  // No such charge, no such payment method.

enum class Status {
    requires_payment_method,
    requires_confirmation,
    requires_action,
    requires_capture,
    succeeded,
    canceled,
};
std::string_view name_of(Status status);

struct PaymentMethod {
    std::string id;
    const Card* card = nullptr;
    int exp_month = 0;
    int exp_year = 0;
    std::int64_t created = 0;
    Pairs metadata;
};

struct Charge {
    std::string id;
    std::uint32_t intent = kNone;
    std::uint32_t method = kNone;
    std::int64_t amount = 0;
    std::int64_t amount_captured = 0;
    std::int64_t amount_refunded = 0;  // Holds what a partial capture or a cancel released, too.
    std::int64_t created = 0;
    const Decline* failure = nullptr;
    bool captured = false;
    bool canceled = false;
};

struct PaymentIntent {
    std::string id;
    std::uint32_t index = kNone;
    Status status = Status::requires_payment_method;
    bool manual_capture = false;
    std::string capture_method;
    std::int64_t amount = 0;
    std::int64_t amount_capturable = 0;
    std::int64_t amount_received = 0;
    std::string currency;
    std::string description;
    std::string return_url;
    std::string cancellation_reason;
    std::int64_t canceled_at = 0;
    std::int64_t created_us = 0;
    Pairs metadata;
    std::uint32_t method = kNone;
    std::uint32_t latest_charge = kNone;
    std::vector<std::uint32_t> charges;
    // The last failure: why, with which payment method, and the charge if it came to one.
    const Decline* error = nullptr;
    std::uint32_t error_method = kNone;
    std::uint32_t error_charge = kNone;
};

struct Refund {
    std::string id;
    std::uint32_t charge = kNone;
    std::int64_t amount = 0;
    std::int64_t created = 0;
    std::string reason;
    Pairs metadata;
};

bool may_confirm(Status status);
bool may_capture(Status status);
bool may_cancel(Status status);

// What confirming with a card comes to.
enum class Outcome { approved, declined, challenged, authentication_missing };
struct Presence {
    bool authenticated = false;  // The buyer has passed 3-D Secure.
    bool can_challenge = true;   // There is a buyer who could.
};
Outcome judge(const Card& card, Presence presence);

// Each moves the payment, and the charge that it is about, one step.
void approve(PaymentIntent& intent, Charge& charge);
void decline(PaymentIntent& intent, const Decline& why);
void challenge(PaymentIntent& intent);
void capture(PaymentIntent& intent, Charge& charge, std::int64_t amount);
// `charge` is null when nothing was authorized yet.
void cancel(PaymentIntent& intent, Charge* charge, std::string reason, std::int64_t at);

inline std::int64_t refundable(const Charge& charge) {
    return charge.captured ? charge.amount - charge.amount_refunded : 0;
}

}  // namespace florin::sandbox
