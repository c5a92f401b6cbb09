#include "sandbox/cards.h"

#include <algorithm>
#include <string>
#include <utility>

namespace florin::sandbox {

constexpr Decline kGeneric{"card_declined", "generic_decline", "Your card was declined."};
constexpr Decline kLost{"card_declined", "lost_card", "Your card was declined."};
constexpr Decline kStolen{"card_declined", "stolen_card", "Your card was declined."};
constexpr Decline kVelocity{
    "card_declined", "card_velocity_exceeded",
    "Your card was declined for making repeated attempts too frequently or exceeding its amount "
    "limit."};
constexpr Decline kFraudulent{"card_declined", "fraudulent", "Your card was declined."};
constexpr Decline kExpired{"expired_card", "", "Your card has expired."};
constexpr Decline kCvc{"incorrect_cvc", "", "Your card's security code is incorrect."};
constexpr Decline kProcessing{
    "processing_error", "",
    "An error occurred while processing your card. Try again in a little bit."};

const Decline kInsufficientFunds{"card_declined", "insufficient_funds",
                                 "Your card has insufficient funds."};
const Decline kAuthenticationRequired{
    "authentication_required", "authentication_required",
    "Your card was declined. This transaction requires authentication."};
const Decline kAuthenticationFailed{
    "payment_intent_authentication_failure", "",
    "The provided PaymentMethod has failed authentication. You can provide payment_method_data or "
    "a new PaymentMethod to attempt to fulfill this PaymentIntent again.",
    "invalid_request_error"};
const Decline kIncorrectNumber{"incorrect_number", "", "Your card number is incorrect."};
const Decline kLiveCardInTestMode{
    "card_declined", "test_mode_live_card",
    "Your card was declined. Your request was in test mode, but used a non test card."};
const Decline kInvalidMonth{"invalid_expiry_month", "", "Your card's expiration month is invalid."};
const Decline kInvalidYear{"invalid_expiry_year", "", "Your card's expiration year is invalid."};
const Decline kInvalidCvc{"invalid_cvc", "", "Your card's security code is invalid."};

namespace {

// number, brand, decline, 3-D Secure, blocked
constexpr Card kCards[] = {
    {"4242424242424242", "visa"},
    {"4000056655665556", "visa"},
    {"5555555555554444", "mastercard"},
    {"378282246310005", "amex"},
    {"6011111111111117", "discover"},
    {"4000000000000002", "visa", &kGeneric},
    {"4000000000009995", "visa", &kInsufficientFunds},
    {"4000000000009987", "visa", &kLost},
    {"4000000000009979", "visa", &kStolen},
    {"4000000000006975", "visa", &kVelocity},
    {"4000000000000069", "visa", &kExpired},
    {"4000000000000127", "visa", &kCvc},
    {"4000000000000119", "visa", &kProcessing},
    {"4242424242424241", "visa", &kIncorrectNumber},  // Refused as soon as it is entered.
    {"4000000000000341", "visa", &kGeneric},          // Can be saved, cannot pay.
    {"4000000000003220", "visa", nullptr, true},
    {"4000002500003155", "visa", nullptr, true},
    {"4000002760003184", "visa", nullptr, true},
    {"4000008400001629", "visa", &kGeneric, true},
    {"4000008260003178", "visa", &kInsufficientFunds, true},
    {.number = "4000000000000259", .brand = "visa", .dispute = "fraudulent"},
    {.number = "4000000000002685", .brand = "visa", .dispute = "product_not_received"},
    {.number = "4000000000001976", .brand = "visa", .dispute = "general", .inquiry = true},
    {"4000000000005423", "visa"},  // Early warning and balance cards pay like any other:
    {"4000000000000077", "visa"},  // what follows later is not simulated yet.
    {.number = "4000000000007726", .brand = "visa", .after_refund = AfterRefund::succeeds_later},
    {.number = "4000000000005126", .brand = "visa", .after_refund = AfterRefund::fails_later},
    {.number = "4000008400000076", .brand = "visa", .basic = true},
    {"4100000000000019", "visa", &kFraudulent, false, true},
};

// Written without "visa_", which a token may carry: pm_card_visa_chargeDeclined.
constexpr std::pair<std::string_view, std::string_view> kTokens[] = {
    {"pm_card_visa", "4242424242424242"},
    {"pm_card_debit", "4000056655665556"},
    {"pm_card_mastercard", "5555555555554444"},
    {"pm_card_amex", "378282246310005"},
    {"pm_card_discover", "6011111111111117"},
    {"pm_card_chargeDeclined", "4000000000000002"},
    {"pm_card_chargeDeclinedInsufficientFunds", "4000000000009995"},
    {"pm_card_chargeDeclinedLostCard", "4000000000009987"},
    {"pm_card_chargeDeclinedStolenCard", "4000000000009979"},
    {"pm_card_chargeDeclinedVelocityLimitExceeded", "4000000000006975"},
    {"pm_card_chargeDeclinedExpiredCard", "4000000000000069"},
    {"pm_card_chargeDeclinedIncorrectCvc", "4000000000000127"},
    {"pm_card_chargeDeclinedProcessingError", "4000000000000119"},
    {"pm_card_chargeDeclinedFraudulent", "4100000000000019"},
    {"pm_card_radarBlock", "4100000000000019"},
    {"pm_card_chargeCustomerFail", "4000000000000341"},
    {"pm_card_threeDSecure2Required", "4000000000003220"},
    {"pm_card_authenticationRequired", "4000002760003184"},
    {"pm_card_authenticationRequiredOnSetup", "4000002500003155"},
    {"pm_card_threeDSecureRequiredChargeDeclined", "4000008400001629"},
    {"pm_card_authenticationRequiredChargeDeclinedInsufficientFunds", "4000008260003178"},
    {"pm_card_createDispute", "4000000000000259"},
    {"pm_card_createDisputeProductNotReceived", "4000000000002685"},
    {"pm_card_createDisputeInquiry", "4000000000001976"},
    {"pm_card_createIssuerFraudRecord", "4000000000005423"},
    {"pm_card_bypassPending", "4000000000000077"},
    {"pm_card_pendingRefund", "4000000000007726"},
    {"pm_card_refundFail", "4000000000005126"},
    {"pm_card_credit_disableEnterpriseCardFeatures", "4000008400000076"},
};

}  // namespace

std::span<const Card> cards() {
    return kCards;
}

const Card* card_by_number(std::string_view number) {
    const auto found = std::ranges::find(kCards, number, &Card::number);
    return found == std::end(kCards) ? nullptr : found;
}

const Card* card_by_token(std::string_view token) {
    constexpr std::string_view kVisa = "pm_card_visa_";
    std::string plain(token);
    if (token.starts_with(kVisa)) plain = "pm_card_" + plain.substr(kVisa.size());
    for (const auto& [name, number] : kTokens) {
        if (name == plain) return card_by_number(number);
    }
    return nullptr;
}

bool passes_luhn(std::string_view number) {
    if (number.size() < 12 || number.size() > 19) return false;
    int sum = 0;
    bool twice = false;
    for (auto digit = number.rbegin(); digit != number.rend(); ++digit, twice = !twice) {
        if (*digit < '0' || *digit > '9') return false;
        const int value = (*digit - '0') * (twice ? 2 : 1);
        sum += value > 9 ? value - 9 : value;
    }
    return sum % 10 == 0;
}

}  // namespace florin::sandbox
