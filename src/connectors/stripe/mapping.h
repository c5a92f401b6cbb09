#pragma once

// Stripe's words into ours. https://docs.stripe.com/api/payment_intents/object, .../errors.

#include <string_view>

#include "connectors/types.h"

namespace florin::connectors::stripe {

// The answer to the request that carries out `order`. `proof` describes that answer.
Outcome conclude(const Order& order, int status, std::string_view body, Proof proof);

// The answer to GET of a PaymentIntent, or of a search by our key: what became of `order`.
Outcome conclude_query(const Order& order, int status, std::string_view body, Proof proof);

// The answer to GET of a Dispute with its payment_intent. https://docs.stripe.com/api/disputes
DisputeAnswer conclude_dispute(int status, std::string_view body);

// The answer to our word on a dispute, or to a file for it: the `object` that it should be.
Outcome conclude_reply(std::string_view object, int status, std::string_view body, Proof proof);

}  // namespace florin::connectors::stripe
