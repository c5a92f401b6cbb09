// Goal: names of accounts have one spelling, and only what sums to zero is a posting. Method:
// tables.

#include "ledger/types.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace florin::ledger {
namespace {

constexpr auto kEur = "EUR"_currency, kUsd = "USD"_currency;

TEST(AccountName, ReadsBackWhatItWrites) {
    const std::pair<AccountName, std::string_view> rows[] = {
        {{kEscrow, "", kEur}, "escrow:EUR"},
        {{kUnapplied, "", kUsd}, "unapplied:USD"},
        {{kPspReceivable, "stripe", kEur}, "psp_receivable:stripe:EUR"},
        {{kSellerPayable, "shop:7", kEur}, "seller_payable:shop:7:EUR"},
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

// Legs of sellers whose homes are drawn, for one order of ours.
class Spread : public ::testing::Test {
protected:
    AccountName payable(int seller) {
        return {kSellerPayable, "seller-" + std::to_string(seller), kEur};
    }
    Posting posting(std::vector<Leg> legs) {
        return {.id = OperationId::make(kNoon, kHere, 1),
                .merchant = merchant,
                .source = Uuid{},
                .kind = "release",
                .at = kNoon,
                .legs = std::move(legs)};
    }

    static constexpr Slot kHere = 5;
    const Instant kNoon = *instant_from("2026-11-22T12:00:00Z");
    const MerchantId merchant = MerchantId::make(kNoon, 0, 7);
    const AccountName escrow{kEscrow, "", kEur}, commission{kCommission, "", kEur};
    const Uuid order = PaymentOrderId::make(kNoon, kHere, 2).uuid();
};

TEST_F(Spread, LeavesWhatLivesInOneSlot) {
    const auto parts = spread(posting({{escrow, 100, order}, {commission, -100, order}}));
    ASSERT_EQ(parts.size(), 1U);
    EXPECT_EQ(parts[0].id, OperationId::make(kNoon, kHere, 1));
    EXPECT_EQ(parts[0].legs.size(), 2U);
}

// Row I' of the release: 100 = 85 for the seller elsewhere, 10 commission, 5 more.
TEST_F(Spread, PutsBothSidesOnInterslotAccounts) {
    const auto seller = payable(1);
    const auto home = home_of(merchant, seller.owner);
    ASSERT_NE(home, kHere);
    const auto whole =
        posting({{escrow, 100, order}, {seller, -85, order}, {commission, -15, order}});
    const auto parts = spread(whole);
    ASSERT_EQ(parts.size(), 2U);
    EXPECT_EQ(parts[0].id, whole.id);
    ASSERT_EQ(parts[0].legs.size(), 3U);
    EXPECT_EQ(parts[0].legs[2].account.text(), "interslot:" + std::to_string(home) + ":EUR");
    EXPECT_EQ(parts[0].legs[2].amount, -85);
    EXPECT_EQ(parts[0].legs[2].reference, whole.id.uuid());
    EXPECT_EQ(parts[1].id.slot(), home);
    EXPECT_EQ(parts[1].id.created_at(), whole.id.created_at());
    ASSERT_EQ(parts[1].legs.size(), 2U);
    EXPECT_EQ(parts[1].legs[0].account, seller);
    EXPECT_EQ(parts[1].legs[0].amount, -85);
    EXPECT_EQ(parts[1].legs[1].account.text(), "interslot:5:EUR");
    EXPECT_EQ(parts[1].legs[1].amount, 85);
    EXPECT_EQ(parts[1].legs[1].reference, whole.id.uuid());
    EXPECT_EQ(spread(whole)[1].id, parts[1].id);
    auto other = whole;
    other.id = OperationId::make(kNoon, kHere, 9);
    EXPECT_NE(spread(other)[1].id, parts[1].id);
}

// What is booked away from here altogether: one part, and nothing between slots.
TEST_F(Spread, BooksAMoveBetweenAccountsOfOneOwnerAtHome) {
    const auto seller = payable(1);
    const AccountName reserve{kSellerReserve, seller.owner, kEur};
    const auto parts = spread(posting({{seller, 85, order}, {reserve, -85, order}}));
    ASSERT_EQ(parts.size(), 1U);
    EXPECT_EQ(parts[0].id.slot(), home_of(merchant, seller.owner));
    EXPECT_EQ(parts[0].legs.size(), 2U);
}

TEST_F(Spread, KeepsEverySumAndEveryLeg) {
    std::mt19937_64 random(20261122);
    for (int round = 0; round < 500; ++round) {
        std::vector<Leg> legs;
        std::int64_t sum = 0;
        const auto count = 1 + random() % 8;
        for (std::size_t i = 0; i < count; ++i) {
            const auto amount = static_cast<std::int64_t>(random() % 2001) - 1000;
            if (amount == 0) continue;
            const auto account =
                random() % 3 == 0 ? escrow : payable(static_cast<int>(random() % 5));
            legs.push_back({account, amount, order});
            sum += amount;
        }
        if (sum != 0) legs.push_back({commission, -sum, order});
        if (legs.size() < 2) continue;
        const auto whole = posting(std::move(legs));
        ASSERT_TRUE(is_balanced(whole));
        std::map<std::string, std::int64_t> wanted, found, between;
        for (const auto& leg : whole.legs) wanted[leg.account.text()] += leg.amount;
        std::set<Slot> slots;
        for (const auto& part : spread(whole)) {
            EXPECT_TRUE(is_balanced(part)) << "round " << round;
            EXPECT_TRUE(slots.insert(part.id.slot()).second);
            for (const auto& leg : part.legs) {
                const bool passes = leg.account.code == kInterslot;
                (passes ? between : found)[passes ? "" : leg.account.text()] += leg.amount;
                if (is_strict(leg.account.code)) {
                    EXPECT_EQ(home_of(merchant, leg.account.owner), part.id.slot());
                }
            }
        }
        EXPECT_EQ(found, wanted) << "round " << round;
        EXPECT_EQ(between[""], 0) << "round " << round;
    }
}

TEST(Balance, StandsOnTheNormalSideOfItsAccount) {
    EXPECT_EQ((Balance{{kPspReceivable, "stripe", kEur}, 100, 30}.amount()), 70);
    EXPECT_EQ((Balance{{kEscrow, "", kEur}, 30, 100}.amount()), 70);
    EXPECT_EQ((Balance{{kEscrow, "", kEur}, 100, 30}.amount()), -70);
}

}  // namespace
}  // namespace florin::ledger
