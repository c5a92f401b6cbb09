#pragma once

// Payments for tests, the same each time: three orders of one merchant, made at noon.

#include <fmt/format.h>

#include "payments/rules.h"

namespace florin::payments::testing {

inline const Instant kNoon = *instant_from("2026-11-20T12:00:00Z");
inline const Timing kTiming{kNoon, std::chrono::seconds(30)};

inline MerchantId a_merchant() {
    return MerchantId::make(kNoon, 0, 7);
}

inline NewPayment wanted(bool capture_later = false) {
    const auto eur = "EUR"_currency;
    return {.merchant = a_merchant(),
            .key = {.key = "key-1"},
            .checkout_id = "chk_1001",
            .buyer_id = "buyer_7",
            .buyer_email = "ann@shop.example",
            .method_type = "card",
            .method_token = "pm_card_visa",
            .capture_later = capture_later,
            .currency = eur,
            .orders = {{"ord_1", "seller_a", Money(7000, eur)},
                       {"ord_2", "seller_b", Money(2999, eur)},
                       {"ord_3", "seller_a", Money(1, eur)}}};
}

// Version 1: sending.
inline Payment opened(bool capture_later = false) {
    return open(wanted(capture_later), {"stripe", "provider-key"}, kTiming, 1);
}

inline connectors::Outcome yes() {
    return connectors::Succeeded{"pi_1", {"answer", "req_1", "c0ffee"}};
}
inline connectors::Outcome no() {
    return connectors::Declined{"card_declined", "lost_card", "pi_1", {"answer", "req_2", "beef"}};
}

// 100.00 EUR authorized: version 2.
inline Payment authorized() {
    return settle(opened(true), yes(), kNoon, 2)->after;
}

// The same with its capture or cancellation under way: version 3.
inline Payment begun(Action action) {
    return begin(authorized(), {}, {.action = action}, {"stripe", "second-key"}, {.key = "key-2"},
                 kTiming, 3)
        ->after;
}

// authorized/reserved/captured/voided
inline std::string counters(const Payment& payment) {
    const auto& c = payment.counters;
    return fmt::format("{}/{}/{}/{}", c.authorized, c.capture_reserved, c.captured, c.voided);
}

}  // namespace florin::payments::testing
