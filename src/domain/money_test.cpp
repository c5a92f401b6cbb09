// Goal: money neither wraps nor loses a cent, and its text has one spelling. Method: tables of what
// is accepted and refused, and properties over random amounts (the seed is printed).

#include "domain/money.h"

#include <gtest/gtest.h>

#include <iostream>
#include <limits>
#include <numeric>
#include <random>
#include <string>
#include <tuple>
#include <vector>

namespace florin {
namespace {

constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
constexpr auto kMost = std::numeric_limits<std::int64_t>::max();

std::string code_of(std::string_view text, Currency currency) {
    const auto money = Money::parse(text, currency);
    return money ? "accepted as " + money->decimal() : money.error().code;
}

// A random engine whose seed shows in the output of a failing test and in the report.
class MoneyProperties : public testing::Test {
protected:
    MoneyProperties() : seed_(std::random_device{}()), random_(seed_) {
        RecordProperty("seed", std::to_string(seed_));
    }
    void TearDown() override {
        if (HasFailure()) std::cout << "seed " << seed_ << '\n';
    }
    // All magnitudes are equally likely, so that small amounts and the limits are both met.
    std::int64_t any_minor() {
        const auto bits = random_() % 65;
        const auto value = bits == 0 ? 0 : random_() >> (64 - bits);
        return static_cast<std::int64_t>(value);
    }
    Currency any_currency() {
        return *currency_from(kCurrencyTable[random_() % kCurrencyTable.size()].code);
    }

    std::uint64_t seed_;
    std::mt19937_64 random_;
};

TEST(Money, ReadsMajorUnits) {
    EXPECT_EQ(Money::parse("10.99", "EUR"_currency), Money(1099, "EUR"_currency));
    EXPECT_EQ(Money::parse("10.9", "EUR"_currency), Money(1090, "EUR"_currency));
    EXPECT_EQ(Money::parse("10", "EUR"_currency), Money(1000, "EUR"_currency));
    EXPECT_EQ(Money::parse("0", "EUR"_currency), Money(0, "EUR"_currency));
    EXPECT_EQ(Money::parse("0.05", "EUR"_currency), Money(5, "EUR"_currency));
    EXPECT_EQ(Money::parse("500", "JPY"_currency), Money(500, "JPY"_currency));
    EXPECT_EQ(Money::parse("1.234", "BHD"_currency), Money(1234, "BHD"_currency));
    EXPECT_EQ(Money::parse("9999999999999.99", "EUR"_currency), Money(kAmountMax, "EUR"_currency));
}

TEST(Money, RefusesEveryOtherSpelling) {
    for (const std::string_view text :
         {"",      ".",   "1.",   ".5",  "-1",   "+1",    " 1",    "1 ",    "1,00",
          "1.0.0", "1e3", "0x10", "01",  "00",   "00.50", "1'000", "1_000", "NaN",
          "inf",   "١٢",  "１",   "1.٠", "1.-5", "1.+5",  "{{a}}", "--1",   "1\n"}) {
        EXPECT_EQ(code_of(text, "EUR"_currency), "amount_malformed") << '"' << text << '"';
    }
    EXPECT_EQ(code_of(std::string_view("1\0", 2), "EUR"_currency), "amount_malformed");
}

TEST(Money, RefusesMoreDecimalsThanTheCurrencyHas) {
    EXPECT_EQ(code_of("10.999", "EUR"_currency), "amount_too_many_decimals");
    EXPECT_EQ(code_of("10.000", "EUR"_currency), "amount_too_many_decimals");
    EXPECT_EQ(code_of("500.0", "JPY"_currency), "amount_too_many_decimals");
    EXPECT_EQ(code_of("1.2345", "BHD"_currency), "amount_too_many_decimals");
}

TEST(Money, RefusesWhatIsTooLarge) {
    EXPECT_EQ(code_of("10000000000000.00", "EUR"_currency), "amount_too_large");
    EXPECT_EQ(code_of("10000000000000", "EUR"_currency), "amount_too_large");
    EXPECT_EQ(code_of("1000000000000000", "JPY"_currency), "amount_too_large");
    EXPECT_EQ(code_of("18446744073709551617", "JPY"_currency), "amount_too_large");
    EXPECT_EQ(code_of(std::string(100'000, '9'), "EUR"_currency), "amount_too_large");
}

TEST(Money, SaysWhatToSendInstead) {
    EXPECT_NE(Money::parse("1,00", "EUR"_currency).error().detail.find("\"10.99\" for EUR"),
              std::string::npos);
    EXPECT_EQ(Money::parse("1.5", "JPY"_currency).error().detail,
              "JPY has no decimals: send an amount such as \"1099\".");
    EXPECT_EQ(Money::parse("99999999999999", "EUR"_currency).error().detail,
              "Send an amount of at most \"9999999999999.99\" EUR.");
}

TEST(Money, WritesAllDecimals) {
    EXPECT_EQ(Money(1099, "EUR"_currency).decimal(), "10.99");
    EXPECT_EQ(Money(-100, "EUR"_currency).decimal(), "-1.00");
    EXPECT_EQ(Money(-5, "EUR"_currency).decimal(), "-0.05");
    EXPECT_EQ(Money(0, "EUR"_currency).decimal(), "0.00");
    EXPECT_EQ(Money(500, "JPY"_currency).decimal(), "500");
    EXPECT_EQ(Money(1, "BHD"_currency).decimal(), "0.001");
    EXPECT_EQ(Money(kLeast, "EUR"_currency).decimal(), "-92233720368547758.08");
}

TEST(Money, NeverWrapsAround) {
    const Money most(kMost, "EUR"_currency), least(kLeast, "EUR"_currency), one(1, "EUR"_currency);
    EXPECT_FALSE(checked_add(most, one));
    EXPECT_FALSE(checked_sub(least, one));
    EXPECT_EQ(checked_add(most, least), Money(-1, "EUR"_currency));
    EXPECT_DEATH(most + one, "fits into 64 bits");
    EXPECT_DEATH(-least, "fits into 64 bits");
}

TEST(Money, NeverMixesCurrencies) {
    const Money euro(1, "EUR"_currency), dollar(1, "USD"_currency);
    EXPECT_DEATH(euro + dollar, "one currency");
    EXPECT_DEATH(euro - dollar, "one currency");
    EXPECT_DEATH(std::ignore = euro == dollar, "one currency");
    EXPECT_DEATH(std::ignore = euro < dollar, "one currency");
}

TEST(Money, SplitsByLargestRemainder) {
    const auto minors = [](std::int64_t whole, std::vector<std::int64_t> weights) {
        std::vector<std::int64_t> out;
        for (const auto& part : split(Money(whole, "EUR"_currency), weights)) {
            out.push_back(part.minor());
        }
        return out;
    };
    using Parts = std::vector<std::int64_t>;
    EXPECT_EQ(minors(100, {1, 1, 1}), (Parts{34, 33, 33}));
    EXPECT_EQ(minors(-100, {1, 1, 1}), (Parts{-34, -33, -33}));
    EXPECT_EQ(minors(100, {70, 30}), (Parts{70, 30}));
    EXPECT_EQ(minors(5, {1, 4, 5}), (Parts{1, 2, 2}));  // Remainders .5, 0, .5: the earlier.
    EXPECT_EQ(minors(1, {1, 2}), (Parts{0, 1}));
    EXPECT_EQ(minors(7, {0, 1, 0}), (Parts{0, 7, 0}));
    EXPECT_EQ(minors(0, {1, 2}), (Parts{0, 0}));
    EXPECT_EQ(minors(kMost, {kMost, kMost}), (Parts{kMost / 2 + 1, kMost / 2}));
    EXPECT_DEATH(minors(1, {}), "above zero");
    EXPECT_DEATH(minors(1, {0, 0}), "above zero");
    EXPECT_DEATH(minors(1, {2, -1}), "negative");
}

TEST_F(MoneyProperties, TextAndBackIsTheSame) {
    for (int i = 0; i < 100'000; ++i) {
        const Money money((any_minor() & kMost) % (kAmountMax + 1), any_currency());
        const auto again = Money::parse(money.decimal(), money.currency());
        ASSERT_TRUE(again) << money.decimal() << money.currency().code();
        ASSERT_EQ(*again, money);
    }
}

TEST_F(MoneyProperties, AddingAndSubtractingUndoEachOther) {
    for (int i = 0; i < 100'000; ++i) {
        const Money a(any_minor(), "EUR"_currency), b(any_minor(), "EUR"_currency);
        const auto sum = checked_add(a, b);
        __extension__ using Wide = __int128;
        const Wide truth = Wide{a.minor()} + b.minor();
        ASSERT_EQ(sum.has_value(), truth >= kLeast && truth <= kMost);
        if (!sum) continue;
        ASSERT_EQ(sum->minor(), static_cast<std::int64_t>(truth));
        ASSERT_EQ(*sum - b, a);
        ASSERT_EQ(*sum, b + a);
    }
}

TEST_F(MoneyProperties, PartsOfASplitAddUpAndAreFair) {
    for (int i = 0; i < 100'000; ++i) {
        const Money whole(any_minor(), "EUR"_currency);
        std::vector<std::int64_t> weights(1 + random_() % 8);
        for (auto& weight : weights) weight = any_minor() & kMost;
        weights[random_() % weights.size()] |= 1;
        const auto parts = split(whole, weights);
        ASSERT_EQ(parts.size(), weights.size());

        __extension__ using Wide = __int128;
        const Wide total = std::accumulate(weights.begin(), weights.end(), Wide{0});
        Wide sum = 0;
        for (std::size_t part = 0; part < parts.size(); ++part) {
            sum += parts[part].minor();
            // Within one minor unit of the exact share, and nothing for no weight.
            const Wide exact_floor = Wide{whole.minor()} * weights[part] / total;
            const auto difference = static_cast<std::int64_t>(parts[part].minor() - exact_floor);
            ASSERT_LE(std::abs(difference), 1);
            if (weights[part] == 0) ASSERT_TRUE(parts[part].is_zero());
        }
        ASSERT_EQ(static_cast<std::int64_t>(sum), whole.minor());
    }
}

}  // namespace
}  // namespace florin
