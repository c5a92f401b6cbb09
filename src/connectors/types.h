#pragma once

// What is asked of a provider, and everything that may be heard. Only an explicit yes is a yes and
// only an explicit no is a no; all else may have moved money.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "domain/ids.h"
#include "domain/money.h"

namespace florin::connectors {

// Stored: never change a number.
enum class Action : std::int16_t {
    authorize = 1,  // Reserve the amount on the buyer's card.
    sale = 2,       // Authorize and capture in one step.
    capture = 3,    // Take what was authorized.
    cancel = 4,     // Give back what is authorized and not captured.
    refund = 5,     // Give back what was captured, in full or in part.
    adjust = 6,     // Change what is authorized to another amount.
    release = 7,    // Give back an authorization that another one has replaced.
};

constexpr std::string_view name(Action action) {
    switch (action) {
        case Action::authorize:
            return "authorize";
        case Action::sale:
            return "sale";
        case Action::capture:
            return "capture";
        case Action::cancel:
            return "cancel";
        case Action::refund:
            return "refund";
        case Action::adjust:
            return "adjust";
        case Action::release:
            return "release";
    }
    return "";
}

// Why a buyer gets money back, in the words of the field.
inline constexpr std::array<std::string_view, 3> kRefundReasons = {"requested_by_customer",
                                                                   "duplicate", "fraudulent"};

// Why what was authorized is given back. "expired" besides, when nobody captured it in time.
inline constexpr std::array<std::string_view, 4> kCancelReasons = {
    "requested_by_customer", "duplicate", "fraudulent", "abandoned"};

struct Order {
    Action action;
    std::string key;         // Our idempotency key at the provider: derived, never random.
    Money amount;            // Of an adjustment: the new amount, not the difference.
    std::string token;       // The payment method, in the provider's words.
    std::string return_url;  // Where the buyer comes back after authentication; may be empty.
    std::string reference;   // The provider's id of the payment, once it is known.
    std::string refund;      // The provider's id of the refund, once it is known.
    std::string reason;      // A word of kRefundReasons or kCancelReasons, or empty.
    std::int64_t captured_before = 0;  // By earlier captures of this payment, in minor units.
    bool is_final = true;    // A capture: nothing will follow, the provider lets go of the rest.
    bool in_place = true;    // An adjustment: of the authorization itself, else by a new one.
    std::string payment;     // Our id, for people who look at the provider's pages.
    bool is_replay = false;  // The key was sent before and nobody knows what became of it.
    // For providers of our own: whose payment it is, who buys, and which charge of the provider's
    // an adjustment replaces.
    MerchantId merchant = {};
    std::string buyer = {};
    std::string replaces = {};
};

// What an outcome stands on. Kept with the operation.
struct Proof {
    std::string kind;       // "answer" to our request, or "query" that we made later.
    std::string reference;  // The provider's request id.
    std::string hash;       // SHA-256 of the body, in hex.
};

// What the provider tells about the card and its authorization.
struct CardFacts {
    std::string brand = {};         // visa, mastercard, amex ...; empty = not told.
    Instant authorized_until = {};  // The epoch = not told.
    bool can_increment = false;     // The amount can be raised in place.
};

struct Succeeded {
    std::string reference;
    Proof proof;
    CardFacts card = {};
};

struct Declined {
    std::string code;  // Our stable word: card_declined, expired_card, provider_refused and so on.
    std::string detail_code;  // The provider's finer word, if any: insufficient_funds.
    std::string reference;
    Proof proof;
};

// Declined::code of what we canceled before the provider had decided, or before it was sent.
inline constexpr std::string_view kCanceled = "canceled";
// Declined::code of a provider that does not accept our account: before it looked at the order.
inline constexpr std::string_view kAccountRefused = "provider_account";

// The provider has it and will decide later.
struct Pending {
    std::string reference;
    std::string waiting_for;  // "customer" or "provider"; "reversal": it comes back from there.
    std::string next_action;  // Where to send the customer; a URL or empty.
    std::string why = {};     // Of what comes back: the provider's code.
};

// Nothing was executed: not a byte left, or the provider said so. The same key may be sent again.
struct NotSent {
    std::string why;
};

// Money may have moved.
struct Unknown {
    std::string why;
    bool needs_review = false;  // Asking again will not help by itself.
};

// Only an answer to a query: the provider knows no such thing (yet).
struct NotFound {};

// What a provider sends by itself. A reason to look, never the truth.
// What it tells of, where that may concern a payment whose operations have all ended.
enum class About : std::uint8_t { nothing_more, refund, dispute, lapse, charge, reply };

constexpr std::string_view name(About about) {
    switch (about) {
        case About::nothing_more:
            return "";
        case About::refund:
            return "refund";
        case About::dispute:
            return "dispute";
        case About::lapse:
            return "lapse";  // An authorization that ended at the provider.
        case About::charge:
            return "charge";  // One that stands there: news where we hold a no.
        case About::reply:
            return "reply";  // Ours, to a dispute: on its way to the provider.
    }
    return "";
}

struct Hint {
    std::string id;       // Of the event, in the provider's words; it may come twice.
    std::string type;     // In the provider's words.
    std::string payment;  // Our id of the payment, as we gave it; empty when it names none.
    About about = About::nothing_more;
    std::string object = {};  // The provider's id of what it tells of.
};

// A dispute as the provider has it. Amounts in minor units of `amount`'s currency.
struct DisputeFacts {
    std::string reference;  // The provider's id.
    std::string payment;    // Our id of the payment, as we gave it; empty when it names none.
    std::string status;     // A word of domain/dispute.h.
    std::string reason;     // In the provider's word: fraudulent, product_not_received ...
    Money amount;
    std::int64_t withdrawn = 0;   // Taken from our account with the provider.
    std::int64_t reinstated = 0;  // Given back to it.
    std::int64_t fee = 0;         // What the provider keeps for its trouble, now.
    Instant evidence_due_at = Instant::max();
};

// What evidence may say, in the words of the field.
inline constexpr auto kEvidenceFields = std::to_array<std::string_view>(
    {"access_activity_log", "billing_address", "cancellation_policy_disclosure",
     "cancellation_rebuttal", "customer_email_address", "customer_name", "customer_purchase_ip",
     "duplicate_charge_explanation", "duplicate_charge_id", "product_description",
     "refund_policy_disclosure", "refund_refusal_explanation", "service_date", "shipping_address",
     "shipping_carrier", "shipping_date", "shipping_tracking_number", "uncategorized_text"});

// The same as files: pdf, png or jpeg.
inline constexpr auto kEvidenceFiles = std::to_array<std::string_view>(
    {"cancellation_policy", "customer_communication", "customer_signature",
     "duplicate_charge_documentation", "receipt", "refund_policy", "service_documentation",
     "shipping_documentation", "uncategorized_file"});

struct EvidenceFile {
    std::string field;  // Of kEvidenceFiles.
    std::string name;   // As it was called where it came from.
    std::string type;   // application/pdf, image/png or image/jpeg: as its bytes say.
    std::string bytes;
};

// What we say to a dispute. It can be said once: the bank reads no second word.
struct DisputeReply {
    std::string reference;  // The provider's id of the dispute.
    std::string key;        // Our idempotency key at the provider.
    bool accept = false;    // The buyer is right. Else there is evidence that he is not.
    std::vector<std::pair<std::string, std::string>> evidence = {};  // kEvidenceFields, and text.
    std::vector<EvidenceFile> files = {};
};

using Outcome = std::variant<Succeeded, Declined, Pending, NotSent, Unknown, NotFound>;
using DisputeAnswer = std::variant<DisputeFacts, NotFound, Unknown>;

}  // namespace florin::connectors
