#pragma once

// The decisions about a payment: values in, values out. No clock, no database, no provider. What a
// caller decides here it writes with the engine, which refuses when somebody else was first.

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "payments/types.h"

namespace florin::payments {

// How long who sends may take before others may look (the lease), given to every step.
struct Timing {
    Instant now;
    std::chrono::milliseconds lease;
};

// What follows from configuration and randomness, decided outside.
struct Provider {
    std::string name;  // Of the account (account.h).
    std::string key;   // Our idempotency key there.
};
// Characters of such a key: 200 bits; the shortest limit of a provider is 45.
inline constexpr std::size_t kProviderKeyLength = 40;

// A new payment, born sending: who commits it sends it.
Payment open(NewPayment wanted, Provider provider, Timing timing, std::uint64_t random);

// The payment as it was at version 1, made of what never changes. `operation`: its first one.
Payment as_created(Payment payment, OperationId operation);

// What a client wants done with a payment.
struct Wish {
    Action action;  // Capture, cancel, refund, adjust; authorize or sale: another attempt.
    // Minor units; nothing = all that is left. Of an adjustment: the new amount.
    std::optional<std::int64_t> amount;
    // Amounts by the shop's payment_order_id; empty = shared out by what is left of each order.
    std::vector<std::pair<std::string, std::int64_t>> orders = {};
    std::string reason = {};
    bool is_final = true;  // A capture: the rest is given back.
    bool undo = false;     // Cancel or refund, whichever it takes; both after a part.
    std::string method_type = {}, method_token = {};  // Of another attempt; empty = as before.
    bool in_place = true;       // An adjustment: the provider can change the authorization itself.
    Scope scope = Scope::none;  // none = that of the action.
    KeyId asked_by = {};        // Of a refund: the API key that asked for it.
    std::optional<std::int64_t> refund_limit = {};  // Of a refund (approval.h); nothing = none.
    Payables payables = {};  // Of a refund: what the sellers of the payment are owed.
};

// The route that it came by: keys of different routes never meet.
Scope scope_of(const Wish& wish);

// Begins what is wished. `parts`: all operations of the payment so far. To cancel what the provider
// has not decided is to change that operation; it ends here and now if it was never sent. Refusals:
// Conflict
// operation_in_progress, too_many_operations, payment_not_capturable, payment_not_cancelable,
// payment_not_refundable, payment_disputed, payment_not_adjustable, payment_not_retryable,
// amount_exceeds_capturable, amount_exceeds_refundable, payment_needs_review; Invalid
// payment_order_unknown, amount_mismatch, amount_too_small, amount_unchanged.
Result<Change> begin(const Payment& payment, std::span<const Part> parts, const Wish& wish,
                     Provider provider, ClientKey key, Timing timing, std::uint64_t random);

// The warning that an authorization will be canceled soon. Its time must have come (expiry.h).
Change warn(const Payment& payment, Instant now, std::uint64_t random);

// What was heard about the operation under way. Nothing = no news: nothing to write, look again
// later.
std::optional<Change> settle(const Payment& payment, const connectors::Outcome& outcome,
                             Instant now, std::uint64_t random);

// The lease ended without an outcome: who sent it died, or is slow.
std::optional<Change> lose(const Payment& payment, Instant now, std::uint64_t random);

// Another account is asked for a first step: nothing unless the outcome proves that the account
// which was asked executed nothing, and nobody else has looked meanwhile. The generation grows by
// one; `next` has the key of that generation.
std::optional<Change> reroute(const Payment& payment, const connectors::Outcome& outcome,
                              Provider next, Timing timing, std::uint64_t random);

// What was not sent is sent (again), or given up when it is too old and somebody waits for it.
Change send_again(const Payment& payment, Timing timing, std::uint64_t random);
std::optional<Change> give_up(const Payment& payment, Instant now, std::uint64_t random);

inline constexpr auto kNotSentAgeMax = std::chrono::minutes(15);

// When to look again, after so many looks: 2 s, 10 s, 30 s, 2 min, 10 min, then hourly, each moved
// by up to a tenth, so that an outage does not end in a stampede.
Instant next_look(Instant now, int tries, std::uint64_t random);

// The request as it goes to the connector: to perform it, to ask for it, or to fence it.
connectors::Order order_of(const Payment& payment, bool is_replay);

}  // namespace florin::payments
