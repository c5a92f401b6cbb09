// Goal: the right rule decides, and every split adds up to what was split. Method: tables, an
// oracle that counts minor unit by minor unit, and properties over random rules and parts (the
// seed is printed).

#include "sellers/rules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <random>

namespace florin::sellers {
namespace {

constexpr auto kEur = "EUR"_currency, kUsd = "USD"_currency;
const Instant kNoon = *instant_from("2026-11-20T12:00:00Z");
const MerchantId kShop = MerchantId::make(kNoon, 0, 7);
const SellerId kAnn = seller_id(kShop, "ann"), kBob = seller_id(kShop, "bob");

FeeRule rule(std::vector<Tier> tiers, std::int64_t fixed = 0, std::int64_t minimum = 0,
             std::optional<std::int64_t> maximum = {}) {
    return {.merchant = kShop,
            .currency = kEur,
            .tiers = std::move(tiers),
            .fixed = fixed,
            .minimum = minimum,
            .maximum = maximum,
            .valid_from = kNoon};
}

FeeRule percent_rule(std::string_view text) {
    return rule({{0, *rate_from(text)}});
}

FeeRule rule_of(std::uint64_t number, std::optional<SellerId> seller, std::string category) {
    auto out = percent_rule("10");
    out.id = FeeRuleId::make(kNoon, 0, number << 8);
    out.seller = seller;
    out.category = std::move(category);
    return out;
}

TEST(FeeChoice, TheMostSpecificRuleDecides) {
    const FeeRule rules[] = {rule_of(1, {}, ""), rule_of(2, {}, "books"), rule_of(3, kAnn, ""),
                             rule_of(4, kAnn, "books")};
    struct Row {
        SellerId seller;
        std::string category;
        int chosen;
    };
    const Row rows[] = {{kAnn, "books", 3}, {kAnn, "shoes", 2}, {kAnn, "", 2},
                        {kBob, "books", 1}, {kBob, "Books", 0}, {kBob, "", 0}};
    auto order = std::vector<FeeRule>(std::begin(rules), std::end(rules));
    std::ranges::sort(order, {}, &FeeRule::id);
    do {  // In whatever order they come.
        for (const auto& [seller, category, chosen] : rows) {
            const auto* found =
                rule_for(order, FeeKind::commission, {seller, category, kEur, kNoon});
            ASSERT_NE(found, nullptr);
            EXPECT_EQ(found->id, rules[chosen].id) << category;
        }
    } while (std::ranges::next_permutation(order, {}, &FeeRule::id).found);
}

TEST(FeeChoice, KindCurrencyAndTimeHaveToFit) {
    auto one = rule_of(1, {}, "");
    one.valid_until = kNoon + std::chrono::hours(1);
    const auto found = [&](FeeKind kind, Currency currency, Instant at) {
        return rule_for({&one, 1}, kind, {kAnn, "", currency, at}) != nullptr;
    };
    const auto tick = std::chrono::microseconds(1);
    EXPECT_TRUE(found(FeeKind::commission, kEur, kNoon));
    EXPECT_FALSE(found(FeeKind::commission, kEur, kNoon - tick));
    EXPECT_TRUE(found(FeeKind::commission, kEur, one.valid_until - tick));
    EXPECT_FALSE(found(FeeKind::commission, kEur, one.valid_until));
    EXPECT_FALSE(found(FeeKind::logistics, kEur, kNoon));
    EXPECT_FALSE(found(FeeKind::commission, kUsd, kNoon));
    one.valid_until = one.valid_from;  // Ended before it began.
    EXPECT_FALSE(found(FeeKind::commission, kEur, kNoon));
    EXPECT_EQ(rule_for({}, FeeKind::commission, {kAnn, "", kEur, kNoon}), nullptr);
}

TEST(FeeChoice, OfTwoEqualRulesTheOlderDecides) {
    const FeeRule rules[] = {rule_of(2, kAnn, ""), rule_of(1, kAnn, "")};
    EXPECT_EQ(rule_for(rules, FeeKind::commission, {kAnn, "", kEur, kNoon})->id, rules[1].id);
}

TEST(Fees, OfOneRule) {
    struct Row {
        std::string what;
        FeeRule rule;
        std::int64_t amount, fee;
    };
    const std::vector<Tier> graduated = {{0, 150'000}, {10'000, 100'000}, {100'000, 50'000}};
    const Row rows[] = {
        {"12.5 % of 100.00", percent_rule("12.5"), 10'000, 1250},
        {"nothing of nothing", percent_rule("12.5"), 0, 0},
        {"half a cent to even, down", percent_rule("0.5"), 100, 0},
        {"half a cent to even, up", percent_rule("0.5"), 300, 2},
        {"more than half", percent_rule("0.5"), 101, 1},
        {"less than half", percent_rule("0.5"), 299, 1},
        {"100 %", percent_rule("100"), 999, 999},
        {"the finest rate", percent_rule("0.0001"), 500'000, 0},
        {"the finest rate above half", percent_rule("0.0001"), 500'001, 1},
        {"of the largest amount", percent_rule("100"), kAmountMax, kAmountMax},
        {"fixed besides", rule({{0, 29'000}}, 30), 10'000, 320},
        {"fixed alone", rule({{0, 0}}, 250), 10'000, 250},
        {"at least the minimum", rule({{0, 100'000}}, 0, 100), 500, 100},
        {"above the minimum", rule({{0, 100'000}}, 0, 100), 1500, 150},
        {"at most the maximum", rule({{0, 100'000}}, 0, 0, 500), 10'000, 500},
        {"below the maximum", rule({{0, 100'000}}, 0, 0, 500), 4000, 400},
        {"minimum and maximum are one", rule({{0, 100'000}}, 7, 50, 50), 4000, 50},
        {"in the first band", rule(graduated), 5000, 750},
        {"at the edge", rule(graduated), 10'000, 1500},
        {"in the second band", rule(graduated), 20'000, 2500},
        {"in the last band", rule(graduated), 120'000, 1500 + 9000 + 1000},
        {"a band without fee", rule({{0, 0}, {1000, 100'000}}), 3000, 200},
        // 0.5 and 0.5 of a cent make one: bands are not rounded one by one.
        {"rounded once", rule({{0, 5000}, {100, 5000}}), 200, 1},
        {"rounded before fixed", rule({{0, 5000}}, 1), 100, 1},
    };
    for (const auto& [what, rule, amount, fee] : rows) EXPECT_EQ(fee_of(rule, amount), fee) << what;
    EXPECT_DEATH(fee_of(percent_rule("1"), -1), "within the limits");
    EXPECT_DEATH(fee_of(percent_rule("1"), kAmountMax + 1), "within the limits");
}

TEST(Fees, AreCutAtTheAmountTheCommissionFirst) {
    const auto ten = percent_rule("10"), five = percent_rule("5");
    const auto fixed = rule({{0, 0}}, 300), least = rule({{0, 0}}, 0, 900);
    EXPECT_EQ(fees_of(10'000, &ten, &five), (Fees{8500, 1000, 500}));
    EXPECT_EQ(fees_of(10'000, nullptr, &five), (Fees{9500, 0, 500}));
    EXPECT_EQ(fees_of(10'000, &ten, nullptr), (Fees{9000, 1000, 0}));
    EXPECT_EQ(fees_of(10'000, nullptr, nullptr), (Fees{10'000, 0, 0}));
    EXPECT_EQ(fees_of(1000, &least, &fixed), (Fees{0, 900, 100}));
    EXPECT_EQ(fees_of(500, &least, &fixed), (Fees{0, 500, 0}));
    EXPECT_EQ(fees_of(0, &least, &fixed), (Fees{0, 0, 0}));
}

TEST(Parts, FollowTheOrder) {
    const Fees fees{8500, 1000, 500};
    EXPECT_EQ(part_of(fees, 0, 10'000), fees);
    EXPECT_EQ(part_of(fees, 0, 3000), (Fees{2550, 300, 150}));
    EXPECT_EQ(part_of(fees, 3000, 7000), (Fees{5950, 700, 350}));
    EXPECT_EQ(part_of(fees, 10'000, 0), (Fees{0, 0, 0}));
    EXPECT_EQ(part_of({}, 0, 0), (Fees{0, 0, 0}));
    // One cent at a time: commission and logistics share what neither has a whole cent of.
    const Fees two{0, 1, 1};
    EXPECT_EQ(part_of(two, 0, 1).total(), 1);
    EXPECT_EQ(part_of(two, 1, 1).total(), 1);
    EXPECT_DEATH(part_of(fees, 0, 10'001), "what is left");
    EXPECT_DEATH(part_of(fees, 9000, 1001), "what is left");
    EXPECT_DEATH(part_of(fees, -1, 1), "what is left");
    EXPECT_DEATH(part_of(fees, 0, -1), "what is left");
}

TEST(Parts, OfTheExampleInTheDocuments) {
    const Fees fees{865, 105, 30};
    EXPECT_EQ(part_of(fees, 0, 333), (Fees{288, 35, 10}));
    EXPECT_EQ(part_of(fees, 333, 333), (Fees{288, 35, 10}));
    EXPECT_EQ(part_of(fees, 666, 334), (Fees{289, 35, 10}));
}

TEST(RepeatedRules, AreKnownByWhatTheySay) {
    const auto first = rule_of(1, kAnn, "books");
    auto again = first;
    again.id = FeeRuleId::make(kNoon, 0, 99 << 8);
    EXPECT_TRUE(serves(first, again, true));
    again.valid_from += std::chrono::hours(1);
    EXPECT_FALSE(serves(first, again, true));
    EXPECT_TRUE(serves(first, again, false));
    EXPECT_FALSE(serves(again, first, false));  // It has not begun.
    const auto differs = [&](auto change) {
        auto other = first;
        change(other);
        return !serves(first, other, true) && !serves(first, other, false);
    };
    EXPECT_TRUE(differs([](FeeRule& r) { r.seller = kBob; }));
    EXPECT_TRUE(differs([](FeeRule& r) { r.category = "shoes"; }));
    EXPECT_TRUE(differs([](FeeRule& r) { r.currency = kUsd; }));
    EXPECT_TRUE(differs([](FeeRule& r) { r.kind = FeeKind::logistics; }));
    EXPECT_TRUE(differs([](FeeRule& r) { r.tiers[0].rate += 1; }));
    EXPECT_TRUE(differs([](FeeRule& r) { r.fixed = 1; }));
    EXPECT_TRUE(differs([](FeeRule& r) { r.minimum = 1; }));
    EXPECT_TRUE(differs([](FeeRule& r) { r.maximum = 1; }));
    EXPECT_TRUE(differs([](FeeRule& r) { r.valid_until = kNoon + std::chrono::hours(9); }));
}

class FeeProperties : public testing::Test {
protected:
    FeeProperties() : seed_(std::random_device{}()), random_(seed_) {}
    void TearDown() override {
        if (HasFailure()) std::printf("seed %llu\n", static_cast<unsigned long long>(seed_));
    }
    // All magnitudes are equally likely.
    std::int64_t up_to(std::int64_t most) {
        const auto value = static_cast<std::int64_t>(random_() >> (1 + random_() % 63));
        return value % (most + 1);
    }
    FeeRule any_rule(std::int64_t most) {
        FeeRule out = rule({{0, up_to(kRateWhole)}});
        for (auto more = random_() % 4; more > 0 && out.tiers.back().from < most; --more) {
            const auto from = out.tiers.back().from;
            out.tiers.push_back({from + 1 + up_to(most - from - 1), up_to(kRateWhole)});
        }
        if (random_() % 2) out.fixed = up_to(most);
        if (random_() % 2) out.minimum = up_to(most);
        if (random_() % 2) out.maximum = std::max<std::int64_t>(1, out.minimum + up_to(most));
        return out;
    }
    Fees any_fees(std::int64_t most) {
        const auto one = any_rule(most), two = any_rule(most);
        return fees_of(up_to(most), random_() % 8 ? &one : nullptr, random_() % 8 ? &two : nullptr);
    }
    // Parts that add up to the whole, some of them nothing.
    std::vector<std::int64_t> parts_of(std::int64_t whole) {
        std::vector<std::int64_t> parts;
        for (auto left = whole; left > 0; left -= parts.back())
            parts.push_back(random_() % 3 && parts.size() < 50 ? up_to(left) : left);
        return parts;
    }

    std::uint64_t seed_;
    std::mt19937_64 random_;
};

// The same, by counting: the millionths that each minor unit pays.
std::int64_t counted(const FeeRule& rule, std::int64_t amount) {
    std::int64_t millionths = 0;
    for (std::int64_t unit = 0; unit < amount; ++unit) {
        const auto tier = std::ranges::find_if(rule.tiers.rbegin(), rule.tiers.rend(),
                                               [&](const Tier& t) { return t.from <= unit; });
        millionths += tier->rate;
    }
    auto fee = millionths / kRateWhole;
    const auto rest = millionths % kRateWhole;
    if (rest > 500'000 || (rest == 500'000 && fee % 2 != 0)) ++fee;
    fee += rule.fixed;
    if (fee < rule.minimum) fee = rule.minimum;
    if (rule.maximum && fee > *rule.maximum) fee = *rule.maximum;
    return fee;
}

TEST_F(FeeProperties, AFeeIsWhatCountingSays) {
    for (int i = 0; i < 20'000; ++i) {
        const auto one = any_rule(300);
        const auto amount = up_to(300);
        ASSERT_EQ(fee_of(one, amount), counted(one, amount)) << amount;
    }
}

TEST_F(FeeProperties, EverySplitAddsUp) {
    for (int i = 0; i < 100'000; ++i) {
        const auto one = any_rule(kAmountMax), two = any_rule(kAmountMax);
        const auto amount = up_to(kAmountMax);
        const auto fees = fees_of(amount, &one, &two);
        ASSERT_EQ(fees.total(), amount);
        ASSERT_GE(std::min({fees.seller, fees.commission, fees.logistics}), 0);
        ASSERT_EQ(fees.commission, std::min(fee_of(one, amount), amount));
        ASSERT_TRUE(fees.seller == 0 || fees.logistics == fee_of(two, amount));
    }
}

TEST_F(FeeProperties, AnyPartsOfAnOrderAddUpToItsFees) {
    for (int i = 0; i < 50'000; ++i) {
        const auto fees = any_fees(i % 2 ? 200 : kAmountMax);
        Fees sum;
        for (const auto part : parts_of(fees.total())) {
            const auto one = part_of(fees, sum.total(), part);
            ASSERT_EQ(one.total(), part);
            ASSERT_GE(std::min({one.seller, one.commission, one.logistics}), 0);
            sum = {sum.seller + one.seller, sum.commission + one.commission,
                   sum.logistics + one.logistics};
            // Nobody is ahead of his share by a whole minor unit, or behind: the fees together are
            // within half a unit, and the commission of them within another half.
            __extension__ using Wide = __int128;
            const auto off = [&](std::int64_t done, std::int64_t share) {
                const Wide exact = Wide{share} * sum.total();
                const Wide difference = Wide{done} * fees.total() - exact;
                return difference < 0 ? -difference : difference;
            };
            ASSERT_TRUE(off(sum.seller, fees.seller) * 2 <= fees.total());
            ASSERT_TRUE(off(sum.commission, fees.commission) <= fees.total());
            ASSERT_TRUE(off(sum.logistics, fees.logistics) <= fees.total());
        }
        ASSERT_EQ(sum, fees);
    }
}

TEST_F(FeeProperties, SmallOrdersInEveryPossibleOrderOfParts) {
    for (std::int64_t seller = 0; seller <= 6; ++seller)
        for (std::int64_t commission = 0; commission <= 6; ++commission)
            for (std::int64_t logistics = 0; logistics <= 6; ++logistics) {
                const Fees fees{seller, commission, logistics};
                for (std::int64_t before = 0; before <= fees.total(); ++before)
                    for (std::int64_t part = 0; part <= fees.total() - before; ++part) {
                        const auto one = part_of(fees, before, part);
                        ASSERT_EQ(one.total(), part);
                        ASSERT_GE(std::min({one.seller, one.commission, one.logistics}), 0);
                    }
            }
}

}  // namespace
}  // namespace florin::sellers
