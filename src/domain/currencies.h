#pragma once

// A currency of ISO 4217 as a value of two bytes. There is no default currency: one is read from
// text, or written in the code as "EUR"_currency, which does not compile when it is misspelled.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "domain/currency_table.h"

namespace florin {

class Currency {
public:
    constexpr std::string_view code() const { return facts().code; }
    constexpr int numeric() const { return facts().numeric; }
    // Decimals of the minor unit: 2 for EUR, 0 for JPY, 3 for BHD.
    constexpr int exponent() const { return facts().exponent; }
    // A person can pay with it: false for funds, metals, testing codes and the like.
    constexpr bool payable() const { return facts().payable; }
    constexpr std::string_view name() const { return facts().name; }

    friend constexpr bool operator==(Currency, Currency) = default;
    // By code: the table is sorted.
    friend constexpr auto operator<=>(Currency, Currency) = default;

    friend constexpr std::optional<Currency> currency_from(std::string_view code);

private:
    constexpr explicit Currency(std::size_t row) : row_(static_cast<std::uint16_t>(row)) {}
    constexpr const CurrencyFacts& facts() const { return kCurrencyTable[row_]; }

    std::uint16_t row_;
};

static_assert(std::ranges::is_sorted(kCurrencyTable, std::less<>{}, &CurrencyFacts::code));
static_assert(sizeof(Currency) == 2);

// Upper-case ISO codes only: "EUR".
constexpr std::optional<Currency> currency_from(std::string_view code) {
    const auto* const row =
        std::ranges::lower_bound(kCurrencyTable, code, std::less<>{}, &CurrencyFacts::code);
    if (row == kCurrencyTable.end() || row->code != code) return std::nullopt;
    return Currency(static_cast<std::size_t>(row - kCurrencyTable.begin()));
}

inline namespace literals {

consteval Currency operator""_currency(const char* code, std::size_t size) {
    return currency_from({code, size}).value();
}

}  // namespace literals
}  // namespace florin

template <>
struct std::hash<florin::Currency> {
    std::size_t operator()(florin::Currency currency) const noexcept {
        return std::hash<int>{}(currency.numeric());
    }
};
