// Goal: a seller has one id wherever it is computed, and a rate one spelling. Method: a golden
// value computed by another program, tables, and every rate there is.

#include "sellers/types.h"

#include <gtest/gtest.h>

#include <set>

namespace florin::sellers {
namespace {

const Instant kNoon = *instant_from("2026-11-20T12:00:00Z");
const MerchantId kShop = MerchantId::make(kNoon, 0, 7);

std::string code_of(std::string_view text) {
    const auto rate = rate_from(text);
    return rate ? "accepted as " + percent(*rate) : rate.error().code;
}

TEST(SellerIds, AreAFunctionOfMerchantAndReference) {
    const auto id = seller_id(kShop, "seller_a");
    EXPECT_EQ(id.text(), "sel_1s20jjg97bedj9pagqngdebjw3");
    EXPECT_EQ(id, seller_id(kShop, std::string("seller_") + "a"));
    EXPECT_EQ(SellerId::parse(id.text()), id);
    EXPECT_EQ(id.slot(), slot_of(view(kShop.uuid()), "seller_a"));
    EXPECT_NE(id, seller_id(kShop, "seller_A"));
    EXPECT_NE(id, seller_id(MerchantId::make(kNoon, 0, 8), "seller_a"));
}

TEST(SellerIds, DifferAndSpreadOverTheSlots) {
    std::set<SellerId> ids;
    std::set<Slot> slots;
    for (int i = 0; i < 20'000; ++i) {
        const auto id = seller_id(kShop, std::to_string(i));
        ids.insert(id);
        slots.insert(id.slot());
        ASSERT_TRUE(is_slotted_uuid7(id.uuid()));
    }
    EXPECT_EQ(ids.size(), 20'000U);
    EXPECT_EQ(slots.size(), kSlots);
}

TEST(FeeRules, OfOneMerchantKindAndCurrencyShareASlot) {
    const auto eur = "EUR"_currency, usd = "USD"_currency;
    EXPECT_EQ(rules_slot(kShop, FeeKind::commission, eur),
              slot_of(view(kShop.uuid()), "commission:EUR"));
    std::set<Slot> slots;
    for (const auto kind : {FeeKind::commission, FeeKind::logistics})
        for (const auto currency : {eur, usd}) slots.insert(rules_slot(kShop, kind, currency));
    EXPECT_GT(slots.size(), 1U);
}

TEST(Names, AndBack) {
    EXPECT_EQ(name(SellerState::active), "active");
    EXPECT_EQ(name(SellerState::suspended), "suspended");
    for (const auto kind : {FeeKind::commission, FeeKind::logistics})
        EXPECT_EQ(fee_kind_from(name(kind)), kind);
    EXPECT_EQ(name(FeeKind::logistics), "logistics");
    EXPECT_FALSE(fee_kind_from("tax"));
    EXPECT_FALSE(fee_kind_from(""));
}

TEST(Rates, ReadPercent) {
    EXPECT_EQ(rate_from("12.5"), 125'000);
    EXPECT_EQ(rate_from("0"), 0);
    EXPECT_EQ(rate_from("0.0001"), 1);
    EXPECT_EQ(rate_from("2.9000"), 29'000);
    EXPECT_EQ(rate_from("100"), kRateWhole);
    EXPECT_EQ(rate_from("100.0000"), kRateWhole);
}

TEST(Rates, RefuseEveryOtherSpelling) {
    for (const std::string_view text :
         {"",    ".",     "1.",  ".5",  "-1",   "+1",    " 1",      "1 ",
          "1,5", "1.0.0", "1e1", "01",  "00",   "12.5%", "1.00000", "0.00001",
          "NaN", "inf",   "١٢",  "1.٠", "1.-5", "0x1",   "1\n"})
        EXPECT_EQ(code_of(text), "rate_malformed") << '"' << text << '"';
    EXPECT_EQ(code_of(std::string_view("1\0", 2)), "rate_malformed");
    for (const std::string_view text : {"100.0001", "101", "1000", "18446744073709551617"})
        EXPECT_EQ(code_of(text), "rate_too_large") << text;
    EXPECT_EQ(code_of(std::string(100'000, '9')), "rate_too_large");
}

TEST(Rates, TextAndBackIsTheSame) {
    EXPECT_EQ(percent(125'000), "12.5");
    EXPECT_EQ(percent(0), "0");
    EXPECT_EQ(percent(1), "0.0001");
    EXPECT_EQ(percent(kRateWhole), "100");
    EXPECT_EQ(percent(100'000), "10");
    for (std::int64_t rate = 0; rate <= kRateWhole; ++rate) {
        const auto again = rate_from(percent(rate));
        ASSERT_TRUE(again) << rate;
        ASSERT_EQ(*again, rate);
    }
}

}  // namespace
}  // namespace florin::sellers
