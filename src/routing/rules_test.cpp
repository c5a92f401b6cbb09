// Goal: the first rule that fits decides, what is not known fits no condition, weights hold, and
// who is down is asked last. Method: a table, and many keys (the seed is printed).

#include "routing/rules.h"

#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <random>
#include <set>

namespace florin::routing {
namespace {

constexpr auto kEur = "EUR"_currency, kUsd = "USD"_currency;

std::vector<Rule> rules() {
    return {
        {.name = "small", .currencies = {kEur}, .amount_below = 1000, .accounts = {{"small"}}},
        {.name = "large", .currencies = {kEur}, .amount_from = 100'000, .accounts = {{"large"}}},
        {.name = "amex", .brands = {"amex"}, .accounts = {{"amex"}}, .fallbacks = {"eu"}},
        {.name = "dach", .countries = {"DE", "AT"}, .accounts = {{"dach"}}},
        {.name = "euro", .methods = {"card"}, .currencies = {kEur, kUsd}, .accounts = {{"eu"}}},
    };
}

std::string road(const Route& route) {
    std::string out = route.rule + ":";
    for (const auto& one : route.candidates) out += ' ' + one.account;
    return out;
}

TEST(Routing, TheFirstRuleThatFitsDecides) {
    struct Row {
        Facts facts;
        std::string road;
    };
    const auto gbp = "GBP"_currency;
    const Row rows[] = {
        {{"card", kEur, 999}, "small: small"},
        {{"card", kEur, 1000}, "euro: eu"},
        {{"card", kEur, 99'999, "DE"}, "dach: dach"},
        {{"card", kEur, 100'000, "DE"}, "large: large"},
        {{"card", kUsd, 999}, "euro: eu"},
        {{"card", kUsd, 100'000, "AT", "amex"}, "amex: amex eu"},
        {{"card", kUsd, 100'000, "FR", "visa"}, "euro: eu"},
        {{"card", gbp, 5000, "DE"}, "dach: dach"},
        {{"card", gbp, 5000, "FR"}, ":"},
        {{"card", gbp, 5000}, ":"},
        {{"points", kEur, 5000}, ":"},
    };
    for (const auto& [facts, expected] : rows)
        EXPECT_EQ(road(choose(rules(), facts, {})), expected)
            << facts.currency.code() << ' ' << facts.amount << ' ' << facts.country;
}

TEST(Routing, SaysWhyEachRuleWasPassedOver) {
    const auto route = choose(rules(), {"points", "GBP"_currency, 5000, "FR"}, {});
    std::string said;
    for (const auto& one : route.passed_over) said += one.rule + ": " + one.why + '\n';
    EXPECT_EQ(said,
              "small: the currency is GBP, it takes EUR\n"
              "large: the currency is GBP, it takes EUR\n"
              "amex: the brand is not known, it takes amex\n"
              "dach: the buyer's country is FR, it takes DE, AT\n"
              "euro: the method is points, it takes card\n");
    const auto small = choose(rules(), {"card", kEur, 1000}, {}).passed_over;
    EXPECT_EQ(small[0].why, "10.00 is not below 10.00");
    EXPECT_EQ(small[1].why, "10.00 is less than 1000.00");
}

TEST(Routing, WeightsHoldOverManyKeysAndOneKeyTakesOneRoad) {
    const auto seed = std::random_device{}();
    std::cout << "seed " << seed << '\n';
    std::mt19937_64 random(seed);
    const Rule rule{.name = "r", .accounts = {{"a", 70}, {"b", 25}, {"c", 5}}, .fallbacks = {"d"}};
    std::map<std::string, int> first;
    for (int i = 0; i < 20'000; ++i) {
        const Facts facts{"card", kEur, 1, "", "", random()};
        const auto route = choose(std::span(&rule, 1), facts, {});
        ASSERT_EQ(route.candidates.size(), 4U);
        std::set<std::string> each;
        for (const auto& one : route.candidates) each.insert(one.account);
        ASSERT_EQ(each.size(), 4U) << "each account once";
        ASSERT_EQ(route.candidates.back().account, "d");
        ASSERT_EQ(road(route), road(choose(std::span(&rule, 1), facts, {})));
        ++first[route.candidates.front().account];
    }
    // More than six standard deviations: less than one failure in a hundred million runs.
    EXPECT_NEAR(first["a"], 14'000, 400);
    EXPECT_NEAR(first["b"], 5'000, 400);
    EXPECT_NEAR(first["c"], 1'000, 200);
}

TEST(Routing, WhoIsDownIsAskedLast) {
    const Rule rule{.name = "r", .accounts = {{"a", 2}, {"b", 1}}, .fallbacks = {"c"}};
    const Facts facts{"card", kEur, 1};
    const auto with = [&](std::set<std::string, std::less<>> down) {
        return road(choose(std::span(&rule, 1), facts,
                           [&](std::string_view account) { return down.contains(account); }));
    };
    EXPECT_EQ(with({}), "r: a b c");
    EXPECT_EQ(with({"a"}), "r: b c a");
    EXPECT_EQ(with({"a", "b"}), "r: c a b");
    EXPECT_EQ(with({"a", "b", "c"}), "r: a b c") << "all are down: nobody is left out";
}

}  // namespace
}  // namespace florin::routing
