#pragma once

// The nouns of payments. Amounts are minor units of the payment's currency; instants are UTC.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "connectors/types.h"
#include "domain/dispute.h"
#include "domain/ids.h"
#include "domain/money.h"
#include "domain/operation.h"
#include "domain/payment.h"
#include "domain/refund.h"
#include "domain/shipment.h"
#include "fx/types.h"
#include "ledger/types.h"
#include "sellers/rules.h"

namespace florin::payments {

using connectors::Action;

// A client's key for one request. The same key and the same hash mean: the same request again.
struct ClientKey {
    std::string key;
    Hash request_hash{};
};

struct NewOrder {
    std::string reference;       // The shop's payment_order_id.
    std::string seller_account;  // Who gets the money. Of a top-up: the buyer whose wallet it is.
    Money amount;
    std::string category = {};  // The shop's word for what is sold; rules of fees may name it.
    bool is_top_up = false;     // Nothing is sold: it goes into a wallet as soon as it is captured.
};

// What is paid from the buyer's points or stored value beside the payment's method (split tender).
// Amounts in minor units of the payment's currency, multiples of `unit`: the worth of a point.
struct Tender {
    std::string
        provider;  // Of the wallet: "points" or "wallet"; empty = all is paid by the method.
    std::int64_t amount = 0, unit = 1;
    std::string reference;      // The wallet's id of the charge, once it holds the amount.
    std::int64_t captured = 0;  // Of `amount`.
    std::int64_t returned = 0;  // Of `captured`: refunded, or about to be.
};

// The buyer's side of a payment that he pays in another currency, at the price of a quote
// (docs/fx.md). Minor units of `currency`; spreads in those of the payment's.
struct Presentment {
    FxQuoteId quote;
    Currency currency;
    std::int64_t amount = 0, spread = 0;  // Of all of it.
    Instant expires_at;                   // Of the quote: no further attempt begins after it.
    std::int64_t captured = 0, captured_spread = 0;
    std::int64_t returned = 0, returned_spread = 0;  // Refunded, or about to be.
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
    Tender tender = {};
    std::optional<Presentment> presentment = {};
    // For the choice of an account only, not kept. Empty = not known.
    std::string buyer_country = {}, card_brand = {};
};

// The way of an order to its buyer, and of its money to the seller (domain/shipment.h).
struct Shipment {
    shipment::Status status{};
    std::string carrier, tracking_number;
    std::string evidence;  // What the shop keeps as proof, in its words.
    Instant shipped_at = Instant::max(), estimated_at = Instant::max();
    Instant delivered_at = Instant::max(), returned_at = Instant::max();
    Instant release_at = Instant::max();  // Not before it.
    Instant due_at = Instant::max();      // When there is something to release; max = nothing is.
    // Who gets what of the order as it was when it was first shipped.
    sellers::Fees fees = {};
    // How much of the order is released and not taken back, in minor units. It counts down when a
    // refund or a lost dispute takes money back from the seller.
    std::int64_t released = 0;
    std::int16_t movements = 0;  // How often it was booked.

    friend bool operator==(const Shipment&, const Shipment&) = default;
};

struct PaymentOrder {
    PaymentOrderId id;
    std::string reference, seller_account;
    std::int64_t amount;
    std::int64_t first_amount = 0;  // As it was created, if that was another; 0 = the same.
    std::string category = {};
    bool is_top_up = false;  // As in NewOrder.
    Shipment shipment = {};
};

// A second person's word on a refund above the limit (approval.h).
struct Approval {
    // Stored: never change a number.
    enum class State : std::int16_t { not_needed = 0, waiting = 1, approved = 2, rejected = 3 };
    State state = State::not_needed;
    KeyId asked_by, decided_by;  // decided_by is nil while it waits.
    Instant decided_at = Instant::max();
    std::string reason = {};  // Why it was rejected, if the second person said so.
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
    std::string reason;                // Of a refund or a cancellation, in the client's word.
    std::vector<std::int64_t> shares;  // `amount` by order; empty where it is each order's whole.
    // Of a refund: what of its shares had been released and comes from the sellers; empty =
    // nothing.
    std::vector<std::int64_t> taken_back = {};
    bool is_final = true;  // A capture: the rest is let go.
    // The provider's reference of a charge that is not the payment's: what an adjustment replaces,
    // what a release gives back, the late success that a refund returns.
    std::string about;
    bool returned = false;           // A refund that was paid out and came back from the bank.
    bool by_itself = false;          // Nobody asked for it and nobody waits: it is never given up.
    Approval approval = {};          // Of a refund.
    std::int64_t tender_amount = 0;  // What of `amount` is the tender's (Tender).
    std::string tender_key;          // Our key there; empty = it has no part in it.
    // What the buyer pays or gets of `amount` in his currency, and the spread of it (Presentment).
    std::int64_t presented = 0, spread = 0;
    std::string why;  // What made the outcome unknown, or kept it from being sent.
    connectors::Proof proof;
    std::int32_t ended_version = 0;  // The version whose event is the answer; 0 = not ended.
};

using payment::Status;

// What sellers (seller_account) are to be paid out, in minor units. Who is not in it has nothing.
using Payables = std::map<std::string, std::int64_t>;

// A bank wants money back (domain/dispute.h). Amounts in minor units of the payment's currency.
struct Dispute {
    DisputeId id;
    std::string provider, reference;  // The provider's id of it.
    dispute::Status status{};
    std::string reason;
    std::int64_t amount = 0, fee = 0;
    std::int64_t withdrawn = 0;  // What the bank has taken and not given back.
    // Of a payment in the buyer's currency (Presentment): `withdrawn` in minor units of that, as
    // `fee` is then, and our spread of it.
    std::int64_t presented = 0, spread = 0;
    std::vector<std::int64_t> shares;           // What each order has lost of it.
    std::vector<std::int64_t> taken_back = {};  // As in Operation.
    // By order: what of the sellers' money is in their reserve until it is decided; empty =
    // nothing.
    std::vector<std::int64_t> frozen = {};
    std::int16_t freezes = 0;  // How often that was booked.
    Instant evidence_due_at, opened_at, updated_at;
    std::int32_t version = 0;         // Of the payment, when it was last changed.
    std::int16_t movements = 0;       // How often it was booked.
    Instant due_at = Instant::max();  // When something is to be done by itself (deadline.h).
    bool reply_waits = false;         // Our word on it is on its way to the provider. Only read.

    friend bool operator==(const Dispute&, const Dispute&) = default;
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
    // How it was created, where that has changed since; nothing and empty = as it is.
    std::int64_t first_amount = 0;
    std::string first_method_type, first_method_token, first_provider;
    std::string card_brand;                     // Empty = not known.
    Instant authorized_until = Instant::max();  // The authorization ends then by itself.
    bool can_increment = false;                 // The provider can raise it in place.
    std::string cancellation_reason;            // Why it is, or was, canceled; "expired" = by time.
    Instant due_at = Instant::max();            // When something is to be done by itself.
    bool dispute_override = false;              // Disputes are about more than is left of it.
    Tender tender = {};
    std::optional<Presentment> presentment = {};
    OperationId main;                // The latest operation of those that come one at a time.
    std::string provider_reference;  // The provider's id of the payment, as `main` knows it.
    Operation operation;             // The one that this is about: `main`, or a refund.

    Money money(std::int64_t minor) const { return {minor, currency}; }
};

// The cancellation_reason of what nobody captured in time, or of a buyer who did not act in time.
inline constexpr std::string_view kExpired = "expired";

// Derived from the counters and from what is under way. The database keeps a copy for searches.
Status status_of(const Payment& payment);
refund::Status refund_status(const Operation& refund);
bool waits_for_approval(const Operation& refund);
std::optional<Status> status_from(std::string_view text);

// It was canceled before the provider had decided: nothing else may begin until nothing is held.
bool is_withdrawn(const Payment& payment);

// The outcome of the operation under way cannot be told: nobody may pay again.
bool outcome_unknown(const Payment& payment);

// Our word for an order, and the four words of the original requirements.
std::string_view order_status(const Payment& payment);
std::string_view execution_status(const Payment& payment);

// Routes whose keys must not meet: part of the key of a stored answer. Never change a number.
enum class Scope : std::int16_t {
    none = 0,
    create = 1,
    capture = 2,
    cancel = 3,
    refund = 4,
    undo = 5,
    adjust = 6,
    attempt = 7,
    expire = 8,
    approve = 11,
    reject = 12,
    ship = 13,
};

// What of an operation is asked of the payment's method.
inline std::int64_t charged(const Operation& op) {
    return op.amount - op.tender_amount;
}

// Several refunds and releases may be under way at once, of all else only one.
constexpr bool is_main(Action action) {
    return action != Action::refund && action != Action::release;
}

// Asks for the buyer's money: how a payment begins, and how it is tried again.
constexpr bool is_first_step(Action action) {
    return action == Action::authorize || action == Action::sale;
}

// The provider makes a charge of its own for it.
inline bool makes_charge(const Operation& op) {
    return is_first_step(op.kind) || (op.kind == Action::adjust && !op.about.empty());
}

Scope scope_of(Action action);

// What could still be captured or refunded, in minor units.
std::int64_t capturable(const Counters& counters);
std::int64_t refundable(const Counters& counters);

// One step of a payment: what is written together, or not at all.
struct Change {
    Payment after;  // Its version is one above that of the payment before.
    bool operation_is_new = false;
    bool approval_is_written = false;  // That of its refund is new, or decided now.
    EventId event;
    std::string event_type;
    std::vector<ledger::Posting> postings = {};
    std::optional<Dispute> dispute = {};  // As it is afterwards, when the step is about one.
    // Orders, by number, whose shipment is another. The step is about the first of them if its
    // event is one of orders.
    std::vector<std::size_t> shipments = {};
    std::vector<Operation> follow_ups = {};  // Begun with it, state ready: the resolver sends them.
    Scope scope = Scope::none;
    ClientKey key = {};
};

// An operation of the payment, as far as it counts for the next one.
struct Part {
    Action kind{};
    operation::State state{};
    std::vector<std::int64_t> shares = {};
    OperationId id = {};
    bool review = false;
    // What a refund gives back, or gave, on one person's word.
    std::int64_t unapproved = 0;
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
