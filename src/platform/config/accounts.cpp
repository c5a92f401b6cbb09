#include "platform/config/accounts.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <initializer_list>

#include "platform/config/tables.h"

namespace florin {
namespace {

using Mistakes = std::vector<FieldError>;
using Fits = bool (*)(const std::string&);

bool is_word(const std::string& text) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    };
    return !text.empty() && text.size() <= 32 && text[0] >= 'a' && text[0] <= 'z' &&
           std::ranges::all_of(text, fits);
}
bool is_capitals(const std::string& text, std::size_t length) {
    return text.size() == length &&
           std::ranges::all_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
}
bool is_currency(const std::string& text) {
    return is_capitals(text, 3);
}
bool is_country(const std::string& text) {
    return is_capitals(text, 2);
}

// One table, or one entry of a list in it. Names that nobody asked for are mistakes.
class Entry {
public:
    Entry(const toml::table& table, std::string place, Mistakes& mistakes)
        : table_(table), place_(std::move(place)), mistakes_(mistakes) {}

    void only(std::initializer_list<std::string_view> names) {
        for (const auto& [key, node] : table_)
            if (std::ranges::find(names, key.str()) == names.end())
                mistake(key.str(), "nobody knows this name");
    }

    std::string text(std::string_view name, std::string preset = {}) {
        const auto* node = table_.get(name);
        if (!node) return preset;
        if (const auto* value = node->as_string()) return value->get();
        mistake(name, "must be text in quotes");
        return preset;
    }

    std::int64_t whole(std::string_view name, std::int64_t preset, std::int64_t least,
                       std::int64_t most) {
        const auto* node = table_.get(name);
        if (!node) return preset;
        const auto* value = node->as_integer();
        if (value && value->get() >= least && value->get() <= most) return value->get();
        mistake(name, fmt::format("must be a whole number from {} to {}", least, most));
        return preset;
    }

    // The value itself, or the first line of the file that NAME_file names.
    std::string secret(const std::string& name) {
        const auto path = text(name + "_file");
        if (path.empty()) return text(name);
        std::ifstream in(path);
        std::string line;
        if (!std::getline(in, line)) mistake(name + "_file", "cannot read '" + path + "'");
        return line;
    }

    std::vector<std::string> words(std::string_view name, Fits fits, std::string_view like) {
        std::vector<std::string> out;
        const auto* node = table_.get(name);
        if (!node) return out;
        const auto* list = node->as_array();
        if (!list || list->empty()) {
            mistake(name, fmt::format("must be a list, like [\"{}\"]", like));
            return out;
        }
        for (const auto& each : *list) {
            const auto* word = each.as_string();
            if (!word || !fits(word->get()))
                mistake(name, fmt::format("each must be like \"{}\"", like));
            else if (std::ranges::find(out, word->get()) != out.end())
                mistake(name, word->get() + " stands there twice");
            else
                out.push_back(word->get());
        }
        return out;
    }

    // Calls `read` with each table of the list. False = there is none.
    bool each(std::string_view name, std::int64_t most, const std::function<void(Entry)>& read) {
        const auto* node = table_.get(name);
        if (!node) return false;
        const auto* list = node->as_array();
        if (!list || list->empty() || list->size() > static_cast<std::size_t>(most)) {
            mistake(name, fmt::format("must be a list of 1 to {} tables", most));
            return true;
        }
        std::size_t n = 0;
        for (const auto& one : *list) {
            const auto place = fmt::format("{}[{}]", path(name), n++);
            if (const auto* table = one.as_table())
                read(Entry(*table, place, mistakes_));
            else
                mistakes_.push_back({place, "config_invalid", "must be a table"});
        }
        return true;
    }

    void mistake(std::string_view name, std::string detail) {
        mistakes_.push_back({path(name), "config_invalid", std::move(detail)});
    }

private:
    std::string path(std::string_view name) const {
        return place_.empty() ? std::string(name) : fmt::format("{}.{}", place_, name);
    }

    const toml::table& table_;
    std::string place_;
    Mistakes& mistakes_;
};

AccountConfig read_account(Entry in, const std::vector<AccountConfig>& before) {
    in.only({"name", "provider", "url", "secret_key", "secret_key_file", "webhook_secret",
             "webhook_secret_file", "requests_per_second"});
    AccountConfig account{.name = in.text("name"), .provider = in.text("provider")};
    const auto& provider = account.provider;
    if (provider != "stripe") in.mistake("provider", "must be \"stripe\"");
    if (!is_word(account.name) ||
        (account.name != provider && !account.name.starts_with(provider + '_')))
        in.mistake(
            "name",
            "must be the provider's name, or begin with it: \"stripe\", \"stripe_eu\" (small "
            "letters, digits and _, at most 32)");
    if (std::ranges::find(before, account.name, &AccountConfig::name) != before.end())
        in.mistake("name", "another account has the name " + account.name);
    account.url = in.text("url", Config().stripe_url);
    if (!account.url.starts_with("https://") && !account.url.starts_with("http://"))
        in.mistake("url", "must start with https:// (or http:// for florin-sandbox)");
    while (account.url.ends_with('/')) account.url.pop_back();
    account.secret_key = in.secret("secret_key");
    if (account.secret_key.empty()) in.mistake("secret_key_file", "name a file with the key");
    account.webhook_secret = in.secret("webhook_secret");
    account.requests_per_second = in.whole(
        "requests_per_second", default_rate(account.url, account.secret_key), 0, 1'000'000);
    return account;
}

RouteConfig read_route(Entry in, const Config& config) {
    in.only({"name", "methods", "currencies", "countries", "brands", "amount_from", "amount_below",
             "accounts", "fallbacks"});
    RouteConfig route{.name = in.text("name", fmt::format("route {}", config.routes.size() + 1))};
    if (route.name.empty() || route.name.size() > 64)
        in.mistake("name", "must have 1 to 64 characters");
    if (std::ranges::find(config.routes, route.name, &RouteConfig::name) != config.routes.end())
        in.mistake("name", "another route has the name " + route.name);
    route.methods = in.words("methods", is_word, "card");
    for (const auto* own : {"wallet", "points"})
        if (std::ranges::find(route.methods, own) != route.methods.end())
            in.mistake("methods", std::string(own) + " goes to buyers' wallets without a route");
    route.currencies = in.words("currencies", is_currency, "EUR");
    route.countries = in.words("countries", is_country, "DE");
    route.brands = in.words("brands", is_word, "visa");
    route.amount_from = in.text("amount_from");
    route.amount_below = in.text("amount_below");
    if (route.currencies.size() != 1)
        for (const auto* name : {"amount_from", "amount_below"})
            if (!in.text(name).empty())
                in.mistake(name, "an amount needs exactly one currency in currencies");
    std::vector<std::string> used;
    const auto use = [&](Entry& at, std::string_view field, const std::string& name) {
        if (std::ranges::find(config.accounts, name, &AccountConfig::name) == config.accounts.end())
            at.mistake(field, "there is no account '" + name + "'");
        else if (std::ranges::find(used, name) != used.end())
            at.mistake(field, name + " stands there twice");
        used.push_back(name);
    };
    const bool has_accounts = in.each("accounts", kAccountsMax, [&](Entry one) {
        one.only({"name", "weight"});
        RouteAccount account{one.text("name"), one.whole("weight", 1, 1, kWeightMax)};
        use(one, "name", account.name);
        route.accounts.push_back(std::move(account));
    });
    if (!has_accounts) in.mistake("accounts", "must be a list, like [{name = \"stripe\"}]");
    route.fallbacks = in.words("fallbacks", is_word, "stripe_us");
    for (const auto& name : route.fallbacks) use(in, "fallbacks", name);
    return route;
}

RefundLimitConfig read_refund_limit(Entry in, const std::vector<RefundLimitConfig>& before) {
    in.only({"currency", "amount"});
    RefundLimitConfig limit{in.text("currency"), in.text("amount")};
    if (!is_currency(limit.currency)) in.mistake("currency", "must be like \"EUR\"");
    if (limit.amount.empty()) in.mistake("amount", "must be text in quotes, like \"500.00\"");
    if (std::ranges::find(before, limit.currency, &RefundLimitConfig::currency) != before.end())
        in.mistake("currency", "another limit has the currency " + limit.currency);
    return limit;
}

FxPairConfig read_fx_pair(Entry in, const std::vector<FxPairConfig>& before) {
    in.only({"presentment", "settlement", "spread"});
    FxPairConfig pair{in.text("presentment"), in.text("settlement"), in.text("spread")};
    if (!is_currency(pair.presentment)) in.mistake("presentment", "must be like \"EUR\"");
    if (!is_currency(pair.settlement)) in.mistake("settlement", "must be like \"USD\"");
    if (pair.spread.empty()) in.mistake("spread", "must be percent in quotes, like \"1.5\"");
    const auto is_same = [&](const FxPairConfig& other) {
        return other.presentment == pair.presentment && other.settlement == pair.settlement;
    };
    if (std::ranges::any_of(before, is_same))
        in.mistake("presentment", "another pair has these currencies");
    return pair;
}

}  // namespace

void read_accounts(const toml::table& file, Config& config, std::vector<FieldError>& mistakes) {
    Entry root(file, "", mistakes);
    root.each("account", kAccountsMax, [&](Entry one) {
        config.accounts.push_back(read_account(std::move(one), config.accounts));
    });
    const bool has_routes = root.each("route", kRoutesMax, [&](Entry one) {
        config.routes.push_back(read_route(std::move(one), config));
    });
    if (has_routes && !file.contains("account"))
        root.mistake("route", "needs [[account]] tables to choose from");
    root.each("refund_limit", kRefundLimitsMax, [&](Entry one) {
        config.refund_limits.push_back(read_refund_limit(std::move(one), config.refund_limits));
    });
    root.each("payout_limit", kRefundLimitsMax, [&](Entry one) {
        config.payout_limits.push_back(read_refund_limit(std::move(one), config.payout_limits));
    });
    root.each("fx_pair", kFxPairsMax, [&](Entry one) {
        config.fx_pairs.push_back(read_fx_pair(std::move(one), config.fx_pairs));
    });
}

}  // namespace florin
