#pragma once

// The nouns of payments. Amounts are minor units of the payment's currency; instants are UTC.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "connectors/types.h"
#include "domain/ids.h"
#include "domain/money.h"
#include "domain/operation.h"
#include "ledger/types.h"

namespace florin::payments {

using connectors::Action;

// A client's key for one request. The same key and the same hash mean: the same request again.
struct ClientKey {
    std::string key;
    Hash request_hash{};
};

struct NewOrder {
    std::string reference;  // The shop's payment_order_id.
    std::string seller_account;
    Money amount;
};

struct NewPayment {
    MerchantId merchant;
    bool livemode = false;
    ClientKey key;
    std::string checkout_id, buyer_id, buyer_email, method_type, method_token;
    std::string return_url;  // Where the buyer comes back after authentication; may be empty.
    bool capture_later = false;
    Currency currency;
    std::vector<NewOrder> orders;  // At least one, all of `currency`.
};

struct PaymentOrder {
    PaymentOrderId id;
    std::string reference, seller_account;
    std::int64_t amount;
};

// One call to the outside world (domain/operation.h).
struct Operation {
    OperationId id;
    Action kind{};
    operation::State state{};
    std::int16_t generation = 0;
    std::string provider, provider_key, provider_reference;
    std::int64_t amount = 0;
    Instant sent_at;  // Of the first send that may have arrived.
    Instant due_at;   // The end of the lease, or the next look; Instant::max() = never.
    std::int16_t tries = 0;
    bool review = false;  // A person should look; nothing stops because of it.
    std::string next_action;
    std::string decline_code, decline_detail;
    std::string reason;                // Of a refund, in the client's word.
    std::vector<std::int64_t> shares;  // `amount` by order; empty where it is each order's whole.
    bool is_final = true;              // A capture: the rest is let go.
    std::string why;                   // What made the outcome unknown, or kept it from being sent.
    connectors::Proof proof;
    std::int32_t ended_version = 0;  // The version whose event is the answer; 0 = not ended.
};

enum class Status : std::uint8_t {
    processing,
    requires_action,
    authorized,
    partially_captured,
    succeeded,
    canceling,
    canceled,
    failed,
};

struct Counters {
    std::int64_t authorized = 0, capture_reserved = 0, captured = 0, voided = 0;
    std::int64_t refund_reserved = 0, refunded = 0, disputed = 0;
};

struct Payment {
    PaymentId id;
    MerchantId merchant;
    std::int32_t version = 0;
    std::string checkout_id, buyer_id, buyer_email, method_type, method_token, return_url;
    bool capture_later = false;
    bool livemode = false;
    Currency currency;
    std::int64_t amount = 0;
    Counters counters;
    std::optional<Action> doing;  // What is under way; one at a time.
    std::string waiting_for;      // "customer" or "provider" while the provider takes its time.
    Instant created_at, updated_at;
    std::vector<PaymentOrder> orders;
    OperationId main;                // The latest operation that is not a refund.
    std::string provider_reference;  // The provider's id of the payment, as `main` knows it.
    Operation operation;             // The one that this is about: `main`, or a refund.

    Money money(std::int64_t minor) const { return {minor, currency}; }
};

// Derived from the counters and from what is under way. The database keeps a copy for searches.
Status status_of(const Payment& payment);
std::string_view name(Status status);
std::optional<Status> status_from(std::string_view text);

// The outcome of the operation under way cannot be told: nobody may pay again.
bool outcome_unknown(const Payment& payment);

// Our word for an order, and the four words of the original requirements.
std::string_view order_status(const Payment& payment);
std::string_view execution_status(const Payment& payment);

// Routes whose keys must not meet: part of the key of a stored answer. Never change a number.
enum class Scope : std::int16_t { none = 0, create = 1, capture = 2, cancel = 3, refund = 4 };
Scope scope_of(Action action);

// Several refunds may be under way at once, of all else only one.
constexpr bool is_main(Action action) {
    return action != Action::refund;
}

// What could still be captured or refunded, in minor units.
std::int64_t capturable(const Counters& counters);
std::int64_t refundable(const Counters& counters);

// One step of a payment: what is written together, or not at all.
struct Change {
    Payment after;  // Its version is one above that of the payment before.
    bool operation_is_new = false;
    EventId event;
    std::string event_type;
    std::optional<ledger::Posting> posting = {};
    Scope scope = Scope::none;
    ClientKey key = {};
};

// An operation of the payment, as far as it counts for the next one.
struct Part {
    Action kind{};
    operation::State state{};
    std::vector<std::int64_t> shares = {};
    OperationId id = {};
};

struct Event {
    EventId id;
    std::int32_t version;
    OperationId operation;
    std::string type;
    std::string data;  // The payment at that version, as JSON.
    Instant at;
};

}  // namespace florin::payments
