#pragma once

// Small facts of Stripe's wire format that encoding and decoding share.

#include <string>
#include <string_view>

namespace florin::connectors::stripe {

// Sent with every request: without it the account's default decides what answers look like.
inline constexpr std::string_view kVersion = "2026-10-28.endive";
// Our key in the intent's metadata: how a search finds what we sent.
inline constexpr std::string_view kKeyName = "florin_key";
inline constexpr std::string_view kPaymentName = "florin_payment";

// Stripe writes currencies in lower case.
inline std::string lower(std::string_view code) {
    std::string out(code);
    for (auto& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    return out;
}

}  // namespace florin::connectors::stripe
