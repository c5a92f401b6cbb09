#include "api/token.h"

#include <algorithm>

namespace florin::api {
namespace {

bool passes_luhn(std::string_view digits) {
    int sum = 0;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        int digit = digits[digits.size() - 1 - i] - '0';
        if (i % 2 == 1) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
        sum += digit;
    }
    return sum % 10 == 0;
}

// A card number in the place of a token must not travel any further, dashes or not.
bool holds_card_number(std::string_view token) {
    std::string digits;
    for (const char c : std::string(token) + " ") {
        if (c >= '0' && c <= '9') {
            digits += c;
        } else if (c != '-') {
            if (digits.size() >= 12 && digits.size() <= 19 && passes_luhn(digits)) return true;
            digits.clear();
        }
    }
    return false;
}

std::string read_owner(Form& form, Fields method, const std::string& buyer) {
    auto owner = method.optional_text("token").value_or(buyer);
    if (owner != buyer)
        form.add_error(
            method.pointer("token"), "wallet_not_of_buyer",
            "only the buyer's own wallet can be charged: send buyer.id, or leave it out");
    return owner;
}

}  // namespace

std::string read_token(Form& form, Fields method, std::string_view type, const std::string& buyer) {
    if (type != "card") return read_owner(form, method, buyer);
    auto token = method.text("token", {.length_max = 255});
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-';
    };
    if (!std::ranges::all_of(token, plain))
        form.add_error(
            method.pointer("token"), "token_malformed",
            "send the token of a payment method, like pm_card_visa; never a card number");
    if (holds_card_number(token))
        form.add_error(method.pointer("token"), "card_number_refused",
                       "this looks like a card number: send the token of a payment method instead");
    return token;
}

}  // namespace florin::api
