// Goal: names of accounts have one spelling, and only what sums to zero is a posting. Method:
// tables.

#include "ledger/types.h"

#include <gtest/gtest.h>

#include <set>

namespace florin::ledger {
namespace {

constexpr auto kEur = "EUR"_currency, kUsd = "USD"_currency;

TEST(AccountName, ReadsBackWhatItWrites) {
    const std::pair<AccountName, std::string_view> rows[] = {
        {{kEscrow, "", kEur}, "escrow:EUR"},
        {{kUnapplied, "", kUsd}, "unapplied:USD"},
        {{kPspReceivable, "stripe", kEur}, "psp_receivable:stripe:EUR"},
    };
    for (const auto& [name, text] : rows) {
        EXPECT_EQ(name.text(), text);
        EXPECT_EQ(AccountName::parse(text), name);
    }
}

TEST(AccountName, RefusesEverythingElse) {
    for (const auto* text :
         {"", ":", "::", "escrow", "escrow:", "escrow:eur", "escrow:XYZ", "escrow::EUR",
          "escrow:stripe:EUR", "ESCROW:EUR", " escrow:EUR", "escrow:EUR ", "psp_receivable:EUR",
          "psp_receivable::EUR", "psp_receivable:stripe:", "cash:EUR", ":EUR", "2100:EUR"}) {
        EXPECT_FALSE(AccountName::parse(text)) << "'" << text << "'";
    }
}

TEST(Chart, HasEachCodeAndEachNameOnce) {
    std::set<std::int16_t> codes;
    std::set<std::string_view> names;
    for (const auto& type : kChart) {
        EXPECT_TRUE(codes.insert(type.code).second);
        EXPECT_TRUE(names.insert(type.name).second);
        EXPECT_EQ(type_of(type.code), &type);
        EXPECT_EQ(type_named(type.name), &type);
    }
    EXPECT_EQ(type_of(1), nullptr);
    EXPECT_EQ(type_named("cash"), nullptr);
}

TEST(Posting, IsBalancedWhenEachCurrencySumsToZero) {
    const auto leg = [](std::int64_t amount, Currency currency) {
        return Leg{{kEscrow, "", currency}, amount, {}};
    };
    struct Row {
        std::string_view title;
        std::vector<Leg> legs;
        bool balanced;
    };
    const Row rows[] = {
        {"two legs", {leg(5, kEur), leg(-5, kEur)}, true},
        {"one debit, two credits", {leg(5, kEur), leg(-2, kEur), leg(-3, kEur)}, true},
        {"two currencies", {leg(5, kEur), leg(-5, kEur), leg(7, kUsd), leg(-7, kUsd)}, true},
        {"a cent is missing", {leg(5, kEur), leg(-4, kEur)}, false},
        {"one currency pays for another", {leg(5, kEur), leg(-5, kUsd)}, false},
        {"nothing", {}, false},
        {"one leg", {leg(5, kEur)}, false},
        {"an empty leg", {leg(5, kEur), leg(-5, kEur), leg(0, kEur)}, false},
        {"sums that would wrap around to zero",
         {leg(INT64_MAX, kEur), leg(INT64_MAX, kEur), leg(2, kEur)},
         false},
    };
    for (const auto& row : rows) {
        Posting posting{};
        posting.legs = row.legs;
        EXPECT_EQ(is_balanced(posting), row.balanced) << row.title;
    }
}

TEST(Balance, StandsOnTheNormalSideOfItsAccount) {
    EXPECT_EQ((Balance{{kPspReceivable, "stripe", kEur}, 100, 30}.amount()), 70);
    EXPECT_EQ((Balance{{kEscrow, "", kEur}, 30, 100}.amount()), 70);
    EXPECT_EQ((Balance{{kEscrow, "", kEur}, 100, 30}.amount()), -70);
}

}  // namespace
}  // namespace florin::ledger
