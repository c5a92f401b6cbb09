// Goal: the currency table is the standard's. Method: facts written by hand from ISO 4217, among
// them the currencies where other libraries report other decimals, and rules over all rows.

#include "domain/currencies.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace florin {
namespace {

std::set<std::string_view> payable_codes_with_exponent(int exponent) {
    std::set<std::string_view> codes;
    for (const auto& row : kCurrencyTable) {
        if (row.payable && row.exponent == exponent) codes.insert(row.code);
    }
    return codes;
}

TEST(Currencies, DecimalsAreTheStandards) {
    EXPECT_EQ(payable_codes_with_exponent(0),
              (std::set<std::string_view>{"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW",
                                          "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"}));
    EXPECT_EQ(payable_codes_with_exponent(3),
              (std::set<std::string_view>{"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}));
    for (const auto& row : kCurrencyTable) {
        const bool known = row.exponent == 0 || row.exponent == 2 || row.exponent == 3;
        EXPECT_TRUE(known || !row.payable) << row.code;
    }
    EXPECT_EQ("CLF"_currency.exponent(), 4);
    EXPECT_EQ("UYW"_currency.exponent(), 4);
}

TEST(Currencies, DecimalsAreNotThoseOfTheCashInUse) {
    for (const auto code : {"AFN", "ALL", "COP", "HUF", "IDR", "IRR", "KPW", "LAK", "LBP", "MGA",
                            "MMK", "PKR", "SOS", "SYP", "YER", "EUR", "USD", "GBP", "KES"}) {
        const auto currency = currency_from(code);
        ASSERT_TRUE(currency) << code;
        EXPECT_EQ(currency->exponent(), 2) << code;
        EXPECT_TRUE(currency->payable()) << code;
    }
}

TEST(Currencies, NumbersAndNames) {
    EXPECT_EQ("EUR"_currency.numeric(), 978);
    EXPECT_EQ("USD"_currency.numeric(), 840);
    EXPECT_EQ("ALL"_currency.numeric(), 8);
    EXPECT_EQ("JPY"_currency.numeric(), 392);
    EXPECT_EQ("XCG"_currency.numeric(), 532);
    EXPECT_EQ("ZWG"_currency.numeric(), 924);
    EXPECT_EQ("VED"_currency.numeric(), 926);
    EXPECT_EQ("SLE"_currency.numeric(), 925);
    EXPECT_EQ("GBP"_currency.name(), "Pound Sterling");
    std::set<std::uint16_t> numbers;
    for (const auto& row : kCurrencyTable) {
        EXPECT_TRUE(numbers.insert(row.numeric).second) << row.code;
        EXPECT_FALSE(row.name.empty()) << row.code;
        EXPECT_EQ(row.code.size(), 3u) << row.code;
    }
}

TEST(Currencies, WithdrawnAndMisspelledCodesAreUnknown) {
    for (const auto code : {"HRK", "ANG", "BGN", "SLL", "ZWL", "CUC", "DEM", "eur", "Eur", "EU",
                            "EURO", "", "EUR ", " EUR", "ZZZ", "AAA"}) {
        EXPECT_FALSE(currency_from(code)) << code;
    }
    EXPECT_FALSE(currency_from(std::string_view("EU\0", 3)));
}

TEST(Currencies, FundsMetalsAndTestCodesAreNotPayable) {
    std::set<std::string_view> not_payable;
    for (const auto& row : kCurrencyTable) {
        if (!row.payable) not_payable.insert(row.code);
    }
    EXPECT_EQ(not_payable,
              (std::set<std::string_view>{"BOV", "CHE", "CHW", "CLF", "COU", "MXV", "PTS", "USN",
                                          "UYI", "UYW", "XAD", "XAG", "XAU", "XBA", "XBB", "XBC",
                                          "XBD", "XDR", "XPD", "XPT", "XSU", "XTS", "XUA", "XXX"}));
    EXPECT_EQ(kCurrencyTable.size(), 179u);
}

TEST(Currencies, EveryRowIsFoundByItsCode) {
    for (const auto& row : kCurrencyTable) {
        const auto currency = currency_from(row.code);
        ASSERT_TRUE(currency) << row.code;
        EXPECT_EQ(currency->code(), row.code);
    }
    EXPECT_EQ(currency_from("EUR"), "EUR"_currency);
    EXPECT_NE(currency_from("EUR"), "USD"_currency);
}

}  // namespace
}  // namespace florin
