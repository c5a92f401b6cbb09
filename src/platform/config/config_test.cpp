// Goal: limits have the defaults that the documentation names, and a wrong one stops the start.
// Method: tables of overrides.

#include "platform/config/config.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
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

class ConfigFile {
public:
    explicit ConfigFile(const std::string& text) { std::ofstream(path_) << text; }
    ~ConfigFile() { std::filesystem::remove(path_); }
    std::string path() const { return path_; }

private:
    std::string path_ = ::testing::TempDir() + "florin_config_test_" +
                        ::testing::UnitTest::GetInstance()->current_test_info()->name() + ".toml";
};

TEST(Config, WithoutAccountsThereIsTheOneOfStripe) {
    const auto config =
        load_config("", {{"stripe_secret_key", "sk_live_x"}, {"stripe_webhook_secret", "whsec_x"}});
    ASSERT_TRUE(config);
    ASSERT_EQ(config->accounts.size(), 1U);
    const auto& account = config->accounts.front();
    EXPECT_EQ(account.name + ' ' + account.provider + ' ' + account.url,
              "stripe stripe https://api.stripe.com");
    EXPECT_EQ(account.secret_key + ' ' + account.webhook_secret, "sk_live_x whsec_x");
    EXPECT_EQ(account.requests_per_second, 100);
    EXPECT_TRUE(config->routes.empty());
}

TEST(Config, AccountsAndRoutesAreTables) {
    const ConfigFile file(R"(
[[account]]
name = "stripe_eu"
provider = "stripe"
secret_key = "sk_test_x"
[[account]]
name = "stripe_us"
provider = "stripe"
url = "http://127.0.0.1:1/"
secret_key = "sk_test_y"
webhook_secret = "whsec_y"
requests_per_second = 7
[[route]]
currencies = ["EUR"]
amount_from = "10.00"
accounts = [{name = "stripe_eu", weight = 90}, {name = "stripe_us", weight = 10}]
[[route]]
name = "rest"
accounts = [{name = "stripe_us"}]
fallbacks = ["stripe_eu"]
)");
    const auto config = load_config(file.path(), {});
    ASSERT_TRUE(config);
    ASSERT_EQ(config->accounts.size(), 2U);
    EXPECT_EQ(config->accounts[0].requests_per_second, 25);
    EXPECT_EQ(config->accounts[1].url, "http://127.0.0.1:1");
    EXPECT_EQ(config->accounts[1].requests_per_second, 7);
    ASSERT_EQ(config->routes.size(), 2U);
    EXPECT_EQ(config->routes[0].name, "route 1");
    EXPECT_EQ(config->routes[0].amount_from, "10.00");
    EXPECT_EQ(config->routes[0].accounts[0].weight, 90);
    EXPECT_EQ(config->routes[1].fallbacks, std::vector<std::string>{"stripe_eu"});
}

TEST(Config, EveryMistakeInAccountsAndRoutesIsNamed) {
    const ConfigFile file(R"(
[[account]]
name = "eu"
provider = "stripe"
secret_key = "sk_test_x"
[[account]]
name = "stripe_us"
provider = "paypal"
url = "ftp://x"
colour = "red"
[[account]]
name = "stripe_us"
provider = "stripe"
secret_key_file = "/nowhere/at/all"
requests_per_second = "many"
[[route]]
name = "a"
currencies = ["eur"]
countries = "DE"
amount_from = "10.00"
accounts = [{name = "stripe_us", weight = 0}, {name = "stripe_us"}, {name = "nobody"}]
[[route]]
name = "a"
fallbacks = ["stripe_us"]
)");
    const auto config = load_config(file.path(), {{"stripe_url", "https://api.stripe.com"}});
    ASSERT_FALSE(config);
    std::set<std::string> named;
    for (const auto& mistake : config.error().fields) named.insert(mistake.pointer);
    EXPECT_EQ(
        named,
        (std::set<std::string>{
            "account[0].name", "account[1].provider", "account[1].name", "account[1].url",
            "account[1].colour", "account[1].secret_key_file", "account[2].name",
            "account[2].secret_key_file", "account[2].requests_per_second", "route[0].currencies",
            "route[0].countries", "route[0].amount_from", "route[0].accounts[0].weight",
            "route[0].accounts[1].name", "route[0].accounts[2].name", "route[1].name",
            "route[1].accounts", "stripe_url"}));
}

TEST(Config, EachCurrencyMayHaveOneLimitOfRefunds) {
    const ConfigFile file(R"(
[[refund_limit]]
currency = "EUR"
amount = "500.00"
[[refund_limit]]
currency = "JPY"
amount = "0"
)");
    const auto config = load_config(file.path(), {});
    ASSERT_TRUE(config);
    ASSERT_EQ(config->refund_limits.size(), 2U);
    EXPECT_EQ(config->refund_limits[0].currency, "EUR");
    EXPECT_EQ(config->refund_limits[0].amount, "500.00");
    const ConfigFile wrong(R"(
[[refund_limit]]
currency = "EUR"
amount = 500
[[refund_limit]]
currency = "EUR"
amount = "1.00"
[[refund_limit]]
currency = "euro"
amount = "1.00"
merchant = "shop"
)");
    const auto refused = load_config(wrong.path(), {});
    ASSERT_FALSE(refused);
    std::set<std::string> named;
    for (const auto& mistake : refused.error().fields) named.insert(mistake.pointer);
    EXPECT_EQ(named,
              (std::set<std::string>{"refund_limit[0].amount", "refund_limit[1].currency",
                                     "refund_limit[2].currency", "refund_limit[2].merchant"}));
}

TEST(Config, EachPairOfCurrenciesMayHaveOneSpread) {
    const ConfigFile file(R"(
fx_rates_file = "/rates.csv"
fx_inverse_rates = 1
fx_spread = "1.5"
[[fx_pair]]
presentment = "EUR"
settlement = "USD"
spread = "2"
[[fx_pair]]
presentment = "USD"
settlement = "EUR"
spread = "0"
)");
    const auto config = load_config(file.path(), {});
    ASSERT_TRUE(config);
    EXPECT_EQ(config->fx_rates_file, "/rates.csv");
    EXPECT_TRUE(config->fx_inverse_rates);
    EXPECT_EQ(config->fx_spread, "1.5");
    ASSERT_EQ(config->fx_pairs.size(), 2U);
    EXPECT_EQ(config->fx_pairs[1].presentment, "USD");
    EXPECT_EQ(config->fx_pairs[0].spread, "2");
    const ConfigFile wrong(R"(
fx_quote_time_s = 0
[[fx_pair]]
presentment = "EUR"
settlement = "usd"
spread = 2
[[fx_pair]]
presentment = "EUR"
settlement = "usd"
spread = "1"
)");
    const auto refused = load_config(wrong.path(), {});
    ASSERT_FALSE(refused);
    std::set<std::string> named;
    for (const auto& mistake : refused.error().fields) named.insert(mistake.pointer);
    EXPECT_EQ(named, (std::set<std::string>{"fx_quote_time_s", "fx_pair[0].settlement",
                                            "fx_pair[0].spread", "fx_pair[1].settlement",
                                            "fx_pair[1].presentment"}));
}

}  // namespace
}  // namespace florin
