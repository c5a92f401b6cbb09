#pragma once

// Split tender: a part of a payment is paid from the buyer's points or stored value, the rest by
// its method. One operation of the payment is then asked of both, in an order in which nothing has
// to be undone: the wallet holds its part before the method is asked, and what it does afterwards
// with what it holds cannot fail. A no of the method is committed before the hold is given back, so
// that whoever repeats a request finds what the method's yes would need.

#include <optional>
#include <string>

#include "base/result.h"
#include "payments/types.h"

namespace florin::payments {

// What the tender has left for it, in minor units: to capture and to cancel, or to refund.
std::int64_t tender_left(const Payment& payment, Action action);

// What of `amount` the tender takes: nothing while the method has enough left, and whole units.
// Failure: Invalid amount_not_whole_points.
Result<std::int64_t> tender_part(const Payment& payment, Action action, std::int64_t amount);

// Gives the operation its part of the tender. It has its amount and its provider's key.
Result<void> take_tender(const Payment& payment, Operation& op);

// The method has nothing (left) to do with it.
bool is_for_tender_alone(const Payment& payment);
// The wallet is asked to hold its part before the method is asked.
bool holds_first(const Payment& payment);
// Keeps what the wallet calls what it holds for a first step that is under way. What is heard of an
// earlier attempt is not about the hold of the one that is in use.
void note_hold(Payment& payment, std::string_view reference);
// What the wallet is asked for when the method has said yes; nothing = nothing.
std::optional<Action> after_yes(const Payment& payment);
// The request to the wallet. authorize: to hold.
connectors::Order tender_order(const Payment& payment, Action action);

}  // namespace florin::payments
