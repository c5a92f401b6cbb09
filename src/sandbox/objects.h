#pragma once

// What the provider keeps, and how a payment moves from state to state. Values and pure functions:
// no store, no clock, no wire.

#include <cstdint>
#include <optional>
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
    std::int64_t amount = 0;  // Authorized, with its increments.
    std::int64_t amount_first = 0;
    std::int64_t amount_captured = 0;
    std::int64_t released = 0;  // By a single partial capture or a cancel; shown as refunded.
    std::int64_t refunded = 0;  // By refunds that did not fail.
    std::int64_t created = 0;
    const Decline* failure = nullptr;
    bool multicapture = false;
    bool incremental = false;
    std::int64_t capture_before = 0;  // Unix time; the sandbox never ends it by itself.
    bool captured = false;            // Finally: nothing more can be captured.
    bool canceled = false;
    int captures = 0;
    std::vector<std::uint32_t> refunds;
    std::vector<std::uint32_t> disputes;  // At most one.
};

struct PaymentIntent {
    std::string id;
    std::uint32_t index = kNone;
    Status status = Status::requires_payment_method;
    bool manual_capture = false;
    bool wants_multicapture = false;
    bool wants_increments = false;
    int increments = 0;  // Tries, declined ones too.
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

enum class RefundStatus { pending, succeeded, failed };
std::string_view name_of(RefundStatus status);

struct Refund {
    std::string id;
    std::uint32_t charge = kNone;
    std::int64_t amount = 0;
    std::int64_t created = 0;
    std::string reason;
    std::string key;  // The idempotency key that it was made under.
    Pairs metadata;
    RefundStatus status = RefundStatus::succeeded;
    std::optional<RefundStatus> later;  // What becomes of it when the bank speaks again.
};

enum class DisputeStatus {
    needs_response,
    under_review,
    won,
    lost,
    warning_needs_response,  // An inquiry: no money was taken.
    warning_under_review,
    warning_closed,
};
std::string_view name_of(DisputeStatus status);

struct Dispute {
    std::string id;
    std::uint32_t charge = kNone;
    std::int64_t amount = 0;
    std::int64_t created = 0;
    std::int64_t due_by = 0;  // The end of the time for evidence. The sandbox does nothing then.
    std::string_view reason;
    DisputeStatus status = DisputeStatus::needs_response;
    Pairs evidence;
    Pairs metadata;
    int submissions = 0;
    // The movements of our balance, by id; empty while there is none.
    std::string withdrawal;
    std::string reinstatement;
    std::int64_t withdrawn_at = 0;
    std::int64_t reinstated_at = 0;
};

// The facts about an uploaded file; its bytes are not kept.
struct File {
    std::string id;
    std::string filename;
    std::string type;    // "pdf", "png" or "jpg".
    std::string sha256;  // In hex.
    std::string key;     // The idempotency key that it was made under.
    std::int64_t size = 0;
    std::int64_t created = 0;
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
// The last capture releases what is left; only multicapture has others, and may end with 0.
void capture(PaymentIntent& intent, Charge& charge, std::int64_t amount, bool last = true);
// To the new total.
void increment(PaymentIntent& intent, Charge& charge, std::int64_t amount);
// `charge` is null when nothing was authorized yet. After a capture the payment has succeeded.
void cancel(PaymentIntent& intent, Charge* charge, std::string reason, std::int64_t at);

void refund(Charge& charge, Refund& refund, AfterRefund after);
// The change that was to come later.
void settle(Charge& charge, Refund& refund);

bool may_answer(const Dispute& dispute);
bool is_under_review(const Dispute& dispute);
// Whether the buyer can still be paid back by a refund.
bool leaves_refundable(const Dispute& dispute);
void submit(Dispute& dispute);
void accept(Dispute& dispute);
// What the bank makes of the submitted evidence; false when it needs longer.
bool decide(Dispute& dispute);

inline std::int64_t refundable(const Charge& charge) {
    return charge.amount_captured - charge.refunded;
}
inline bool is_refunded(const Charge& charge) {
    return charge.canceled || (charge.captured && refundable(charge) == 0);
}

}  // namespace florin::sandbox
