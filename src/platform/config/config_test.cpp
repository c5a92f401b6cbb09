// Goal: limits have the defaults that the documentation names, and a wrong one stops the start.
// Method: tables of overrides.

#include "platform/config/config.h"

#include <gtest/gtest.h>

#include <set>

namespace florin {
namespace {

TEST(Config, AStripeAccountHasStripesLimitAndASandboxNone) {
    struct Row {
        Overrides said;
        std::int64_t per_second;
    };
    const Row rows[] = {
        {{{"stripe_secret_key", "sk_live_x"}}, 100},
        {{{"stripe_secret_key", "rk_live_x"}}, 100},
        {{{"stripe_secret_key", "sk_test_x"}}, 25},
        {{{"stripe_secret_key", "sk_live_x"}, {"stripe_url", "https://api.stripe.com/"}}, 100},
        {{{"stripe_secret_key", "sk_live_x"}, {"stripe_url", "http://127.0.0.1:12111"}}, 0},
        {{{"stripe_secret_key", "sk_live_x"}, {"stripe_requests_per_second", "7"}}, 7},
        {{{"stripe_secret_key", "sk_live_x"}, {"stripe_requests_per_second", "0"}}, 0},
    };
    for (const auto& [said, per_second] : rows) {
        const auto config = load_config("", said);
        ASSERT_TRUE(config);
        EXPECT_EQ(config->stripe_requests_per_second, per_second)
            << said.begin()->second << ' ' << said.rbegin()->second;
    }
}

TEST(Config, AWrongLimitIsNamed) {
    const auto config = load_config("", {{"rate_limit_key_writes", "-1"},
                                         {"rate_limit_burst_s", "0"},
                                         {"writes_at_once", "many"},
                                         {"trusted_proxies", "10.0.0.0/8, proxy.example"}});
    ASSERT_FALSE(config);
    std::set<std::string> named;
    for (const auto& mistake : config.error().fields) named.insert(mistake.pointer);
    EXPECT_EQ(named, (std::set<std::string>{"rate_limit_key_writes", "rate_limit_burst_s",
                                            "writes_at_once", "trusted_proxies"}));
    const auto right = load_config("", {{"trusted_proxies", "10.0.0.0/8, ::1"}});
    ASSERT_TRUE(right);
    EXPECT_EQ(right->trusted_proxies.size(), 2U);
}

}  // namespace
}  // namespace florin
