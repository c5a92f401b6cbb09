#include "sandbox/faults.h"

#include <gtest/gtest.h>

namespace florin::sandbox {
namespace {

TEST(Faults, NothingGoesWrongUnasked) {
    Faults faults(1);
    const auto fate = faults.decide("POST", "/v1/payment_intents", "");
    EXPECT_EQ(fate.hit, Fate{}.hit);
    EXPECT_EQ(fate.delay_ms, 0);
}

TEST(Faults, RatesHoldAndRepeatWithTheSeed) {
    const auto run = [] {
        Faults faults(9);
        EXPECT_TRUE(faults.configure(
            R"({"seed":5,"rates":{"drop_reply":0.05,"delay":0.5},"delay_ms":[10,20]})"));
        std::string drops;
        for (int i = 0; i < 10'000; ++i) {
            const auto fate = faults.decide("POST", "/v1/x", "");
            drops += fate.has(Fault::drop_reply) ? '1' : '0';
            EXPECT_TRUE(fate.delay_ms == 0 || (fate.delay_ms >= 10 && fate.delay_ms <= 20));
        }
        return drops;
    };
    const auto drops = run();
    EXPECT_EQ(drops, run());
    EXPECT_NEAR(static_cast<double>(std::ranges::count(drops, '1')), 500, 100);
}

TEST(Faults, OrdersAreUsedOnceOnTheirPath) {
    Faults faults(1);
    ASSERT_TRUE(faults.configure(R"({"next":[
        {"fault":"drop_reply","path":"/v1/payment_intents","method":"POST"},
        {"fault":"error_500","path":"/v1/payment_intents/*"}]})"));
    EXPECT_FALSE(faults.decide("GET", "/v1/payment_intents", "").has(Fault::drop_reply));
    EXPECT_TRUE(faults.decide("POST", "/v1/payment_intents", "").has(Fault::drop_reply));
    EXPECT_FALSE(faults.decide("POST", "/v1/payment_intents", "").has(Fault::drop_reply));
    EXPECT_TRUE(faults.decide("GET", "/v1/payment_intents/pi_1", "").has(Fault::error_500));
    EXPECT_TRUE(faults.decide("GET", "/v1/x", "rate_limit_429").has(Fault::rate_limit_429));
    EXPECT_NE(faults.show().find(R"("rate_limit_429":1)"), std::string::npos);
}

TEST(Faults, AMistakeChangesNothingAndIsNamed) {
    Faults faults(1);
    ASSERT_TRUE(faults.configure(R"({"rates":{"delay":0.5},"search_lag_ms":7})"));
    const auto before = faults.show();
    for (const auto* bad :
         {"", "[]", R"({"rate":{}})", R"({"rates":{"drop":1}})", R"({"rates":{"delay":2}})",
          R"({"rates":{"delay":"1"}})", R"({"delay_ms":[5,1]})", R"({"delay_ms":5})",
          R"({"next":[{}]})", R"({"next":[{"fault":"x"}]})", R"({"seed":-1})",
          R"({"search_lag_ms":-1})"}) {
        const auto set = faults.configure(bad);
        ASSERT_FALSE(set) << bad;
        EXPECT_FALSE(set.error().empty());
    }
    EXPECT_EQ(faults.show(), before);
    EXPECT_EQ(faults.search_lag_ms(), 7);
}

}  // namespace
}  // namespace florin::sandbox
