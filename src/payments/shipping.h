#pragma once

// The way of an order to its buyer, told by the shop, and of its money to the seller, made by time:
// values in, values out, like rules.h.

#include <chrono>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "payments/rules.h"

namespace florin::payments {

// When the money of a shipped order is released: so long after the delivery, or, when nobody tells
// of it, after the estimated delivery, or after the time that shipping takes.
struct ReleasePolicy {
    std::chrono::hours hold{24 * 7};
    std::chrono::hours transit{24 * 14};
};

// What the shop tells of an order. Empty = as before.
struct ShipmentNews {
    shipment::Status status{};  // shipped, delivered or returned.
    Instant at;                 // When it happened; not later than now.
    std::string carrier, tracking_number, evidence;
    std::optional<Instant> estimated_at;
};

// The order, as the path of a request names it. Nothing: it is not one of the payment's.
std::optional<std::size_t> order_number(const Payment& payment, const PaymentOrderId& id);

// The shop's word on order `n`. Refusals: Conflict payment_order_not_paid (nothing of the payment
// is authorized or captured), shipment_out_of_order; Invalid shipment_unchanged.
Result<Change> ship(const Payment& payment, std::size_t n, const ShipmentNews& news,
                    const ReleasePolicy& policy, ClientKey key, Instant now, std::uint64_t random);

// Something of it is with its sellers.
bool has_released(const Payment& payment);

// What order `n` has in escrow, in minor units: captured, not given back, not released.
std::int64_t in_escrow(const Payment& payment, std::span<const Part> parts, std::size_t n);

enum class ReleaseChore : std::uint8_t { none, wait, release };
// What is due of order `n`. wait: a bank has taken money of the payment back, and nobody knows yet
// whose loss it will be.
ReleaseChore chore_of(const Payment& payment, std::span<const Part> parts, std::size_t n,
                      Instant now);
// All that order `n` has in escrow becomes the seller's, ours and the carrier's. Its chore must be
// release. `fees`: the split of the whole order; what an earlier release fixed counts for more.
Change release(const Payment& payment, std::span<const Part> parts, std::size_t n,
               const sellers::Fees& fees, Instant now, std::uint64_t random);

// What of the shares is not in escrow any more and comes from the sellers; empty = nothing. `left`:
// what each order has, in escrow or released.
std::vector<std::int64_t> beyond_escrow(const Payment& payment, std::span<const std::int64_t> left,
                                        std::span<const std::int64_t> shares);
std::vector<std::int64_t> taken_back_of(const Payment& payment, std::span<const Part> parts,
                                        std::span<const std::int64_t> shares);

// How long a release that has to wait is put off.
inline constexpr std::chrono::hours kReleaseRetry{24};

}  // namespace florin::payments
