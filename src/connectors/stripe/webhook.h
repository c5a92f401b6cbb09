#pragma once

// Stripe's webhooks. https://docs.stripe.com/webhooks#verify-manually

#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "connectors/types.h"

namespace florin::connectors::stripe {

// How far the signature's time may lie from ours, in both directions: what is older is a replay.
inline constexpr std::chrono::seconds kTolerance{300};

// `signature`: the header Stripe-Signature, "t=<unix time>,v1=<hex>[,v1=<hex>]". Failures as in
// Connector::read_webhook.
Result<Hint> read_webhook(std::string_view signature, std::string_view body,
                          std::string_view secret, Instant now);

}  // namespace florin::connectors::stripe
