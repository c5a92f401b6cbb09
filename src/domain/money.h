#pragma once

// An amount of money: whole minor units and their currency, never a float. Arithmetic cannot wrap
// around and cannot mix currencies.

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/currencies.h"

namespace florin {

// The largest amount that one command may name, in minor units: 9,999,999,999,999.99 EUR. It
// leaves room for nine thousand such amounts in one 64-bit counter.
inline constexpr std::int64_t kAmountMax = 999'999'999'999'999;

class Money {
public:
    constexpr Money(std::int64_t minor, Currency currency) : minor_(minor), currency_(currency) {}

    // From a decimal string in major units: "10.99", "500". Digits, and a point with 1 to
    // exponent digits behind it; no sign, no spaces, no leading zeros. Zero is allowed; whether it
    // makes sense is the caller's to say. Codes of failure: amount_malformed,
    // amount_too_many_decimals, amount_too_large.
    static Result<Money> parse(std::string_view text, Currency currency);

    constexpr std::int64_t minor() const { return minor_; }
    constexpr Currency currency() const { return currency_; }
    constexpr bool is_zero() const { return minor_ == 0; }
    constexpr bool is_positive() const { return minor_ > 0; }
    constexpr bool is_negative() const { return minor_ < 0; }

    // In major units with all decimals of the currency: "10.99", "-1.00", "500" for JPY.
    std::string decimal() const;

    // For amounts that come from outside: nothing on overflow. Mixed currencies are a bug.
    friend std::optional<Money> checked_add(Money a, Money b);
    friend std::optional<Money> checked_sub(Money a, Money b);
    // For amounts that are known to fit: ends the process when they do not.
    friend Money operator+(Money a, Money b);
    friend Money operator-(Money a, Money b);
    Money operator-() const { return Money(0, currency_) - *this; }
    Money& operator+=(Money other) { return *this = *this + other; }
    Money& operator-=(Money other) { return *this = *this - other; }

    // Only amounts of one currency compare.
    friend bool operator==(Money a, Money b);
    friend std::strong_ordering operator<=>(Money a, Money b);

private:
    std::int64_t minor_;
    Currency currency_;
};

// Shares `whole` out by weights (none negative, not all zero), so that the parts add up to it. The
// minor units that remain after rounding down go to the largest remainders, the earlier part first.
std::vector<Money> split(Money whole, std::span<const std::int64_t> weights);

}  // namespace florin
