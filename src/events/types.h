#pragma once

// What an event of a merchant's feed is. Values only.

#include <optional>
#include <string>

#include "domain/ids.h"

namespace florin::events {

// Whose event it is; the numbers are stored.
enum class Object : std::int16_t { payment = 1, payout = 2 };

struct Item {
    std::int64_t position = 0;  // In the merchant's feed: 1, 2, 3, ...
    std::string subject;        // The payment or payout whose version it made: pay_..., pyo_...
    EventId id;
    std::int32_t version = 0;
    std::optional<OperationId> operation;  // Of a payment: what caused it.
    std::string type;                      // Like "payment.succeeded".
    std::string data;                      // What it is about, as it was then: JSON.
    Instant at;
};

// The slot of a merchant's feed. It never changes: migrations/0027_feed.sql computes the same.
inline Slot home_of(MerchantId merchant) {
    const auto& bytes = merchant.uuid().bytes;
    return static_cast<Slot>((bytes[14] & 3U) << 8U | bytes[15]);
}

// Events of payouts have no id of their own: it follows from the payout and the version.
EventId event_of(PayoutId payout, std::int32_t version);

}  // namespace florin::events
