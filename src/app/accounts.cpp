#include "app/accounts.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "connectors/stripe/stripe.h"
#include "domain/money.h"

namespace florin::app {
namespace {

const connectors::Connector& connector_of(const std::string& provider) {
    static const connectors::stripe::Stripe stripe;
    check(provider == stripe.capabilities().name, "the configuration knows the same providers");
    return stripe;
}

// Judges what only those can judge who know currencies, and collects the mistakes.
class Reader {
public:
    std::vector<FieldError> mistakes;

    template <class T>
    Result<T> finish(T read) {
        if (mistakes.empty()) return read;
        Error error{Fault::invalid, "config_invalid",
                    "the configuration has mistakes; nothing started"};
        error.fields = std::move(mistakes);
        return std::unexpected(std::move(error));
    }

    std::optional<Currency> currency(const std::string& code, std::string place) {
        const auto found = currency_from(code);
        if (found && found->payable()) return found;
        mistake(std::move(place), code + " is not an active ISO 4217 code");
        return std::nullopt;
    }

    routing::Rule read(const RouteConfig& route, const std::string& place) {
        routing::Rule rule{.name = route.name,
                           .methods = route.methods,
                           .countries = route.countries,
                           .brands = route.brands,
                           .fallbacks = route.fallbacks};
        for (const auto& code : route.currencies) {
            const auto known = currency(code, place + ".currencies");
            if (known) rule.currencies.push_back(*known);
        }
        if (rule.currencies.size() == 1) {
            rule.amount_from =
                amount(route.amount_from, rule.currencies[0], place + ".amount_from");
            rule.amount_below =
                amount(route.amount_below, rule.currencies[0], place + ".amount_below");
        }
        if (rule.amount_from && rule.amount_below && *rule.amount_from >= *rule.amount_below)
            mistake(place + ".amount_below", "must be more than amount_from");
        for (const auto& account : route.accounts)
            rule.accounts.push_back({account.name, account.weight});
        return rule;
    }

    std::optional<std::int64_t> amount(const std::string& text, Currency of, std::string place) {
        if (text.empty()) return std::nullopt;
        const auto money = Money::parse(text, of);
        if (money) return money->minor();
        mistake(std::move(place), money.error().detail);
        return std::nullopt;
    }

    void mistake(std::string place, std::string detail) {
        mistakes.push_back({std::move(place), "config_invalid", std::move(detail)});
    }
};

// A wallet is a method, and the account that takes it.
void add_rule(std::string_view wallet, std::vector<routing::Rule>& rules) {
    const std::string name(wallet);
    rules.push_back({.name = name, .methods = {name}, .accounts = {{name}}});
}

}  // namespace

Result<std::vector<routing::Rule>> rules_of(const Config& config) {
    Reader reader;
    std::vector<routing::Rule> rules;
    for (std::size_t n = 0; n < config.routes.size(); ++n)
        rules.push_back(reader.read(config.routes[n], fmt::format("route[{}]", n)));
    if (rules.empty())
        rules.push_back({.name = "default", .accounts = {{config.accounts.front().name}}});
    for (auto& rule : rules)
        if (rule.methods.empty()) rule.methods = {"card"};
    add_rule(wallets::kWallet, rules);
    if (!config.points_currency.empty()) add_rule(wallets::kPointsProvider, rules);
    return reader.finish(std::move(rules));
}

namespace {

std::map<Currency, std::int64_t> read_limits(Reader& reader, std::string_view table,
                                             const std::vector<RefundLimitConfig>& wanted) {
    std::map<Currency, std::int64_t> limits;
    for (std::size_t n = 0; n < wanted.size(); ++n) {
        const auto place = fmt::format("{}[{}]", table, n);
        const auto currency = reader.currency(wanted[n].currency, place + ".currency");
        if (!currency) continue;
        const auto amount = reader.amount(wanted[n].amount, *currency, place + ".amount");
        if (amount) limits[*currency] = *amount;
    }
    return limits;
}

}  // namespace

Result<std::map<Currency, std::int64_t>> refund_limits_of(const Config& config) {
    Reader reader;
    auto limits = read_limits(reader, "refund_limit", config.refund_limits);
    return reader.finish(std::move(limits));
}

Result<std::optional<wallets::Terms>> points_of(const Config& config) {
    if (config.points_currency.empty()) return std::nullopt;
    Reader reader;
    const auto currency = reader.currency(config.points_currency, "points_currency");
    return reader.finish(currency ? std::optional(wallets::Terms{*currency, config.points_value})
                                  : std::nullopt);
}

Result<payouts::Options> payout_options_of(const Config& config) {
    Reader reader;
    payouts::Options options{
        .limits = read_limits(reader, "payout_limit", config.payout_limits),
        .bank = {config.payout_bank_name, config.payout_bank_iban, config.payout_bank_bic},
        .answer_time = config.provider_time,
        .lease_extra = config.lease_extra};
    if (!options.bank.iban.empty()) {
        if (!payouts::check_iban(options.bank.iban))
            reader.mistake("payout_bank_iban", "must be an IBAN without spaces");
        if (options.bank.name.empty())
            reader.mistake("payout_bank_name", "must be set with payout_bank_iban");
        if (!options.bank.bic.empty() && !payouts::is_bic(options.bank.bic))
            reader.mistake("payout_bank_bic", "must be 8 or 11 capitals and digits");
    }
    const auto& connect = config.payout_connect_account;
    if (!connect.empty() &&
        std::ranges::find(config.accounts, connect, &AccountConfig::name) == config.accounts.end())
        reader.mistake("payout_connect_account", "must be the name of an account");
    return reader.finish(std::move(options));
}

Result<FxTerms> fx_terms_of(const Config& config) {
    Reader reader;
    const auto spread = [&](const std::string& text, std::string place) -> std::int64_t {
        const auto rate = fx::spread_from(text);
        if (!rate) reader.mistake(std::move(place), rate.error().detail);
        return rate.value_or(0);
    };
    FxTerms terms{.rates = {.period = config.fx_rates_period,
                            .max_age = config.fx_rates_max_age,
                            .derive = {.inverse = config.fx_inverse_rates}},
                  .desk = {.quote_time = config.fx_quote_time}};
    if (!config.fx_pivot.empty())
        terms.rates.derive.pivot = reader.currency(config.fx_pivot, "fx_pivot");
    terms.desk.spreads.preset = spread(config.fx_spread, "fx_spread");
    for (std::size_t n = 0; n < config.fx_pairs.size(); ++n) {
        const auto place = fmt::format("fx_pair[{}].", n);
        const auto& [presentment, settlement, percent] = config.fx_pairs[n];
        const auto base = reader.currency(presentment, place + "presentment");
        const auto quote = reader.currency(settlement, place + "settlement");
        const auto rate = spread(percent, place + "spread");
        if (base && quote) terms.desk.spreads.by_pair[{*base, *quote}] = rate;
    }
    return reader.finish(std::move(terms));
}

struct Ways::Way {
    const AccountConfig config;
    http::Client client;
    AccountWire wire;
    limits::Outlet outlet;

    Way(asio::io_context& io, limits::Buckets& buckets, AccountConfig account)
        : config(std::move(account)),
          client(io, {}),
          wire(client, config.url, connector_of(config.provider).files_url(config.url),
               config.secret_key),
          outlet(io, buckets, wire,
                 {.account = config.name, .per_second = config.requests_per_second}) {}
};

Ways::Ways(asio::io_context& io, limits::Buckets& buckets,
           const std::vector<AccountConfig>& accounts) {
    for (const auto& account : accounts)
        ways_.push_back(std::make_unique<Way>(io, buckets, account));
}

Ways::~Ways() = default;

std::vector<payments::ProviderAccount> Ways::accounts() const {
    std::vector<payments::ProviderAccount> out;
    for (const auto& way : ways_)
        out.push_back({connector_of(way->config.provider), way->outlet, way->config.name,
                       way->config.webhook_secret,
                       [&outlet = way->outlet] { return outlet.is_shut(); }});
    return out;
}

std::vector<const limits::Outlet*> Ways::outlets() const {
    std::vector<const limits::Outlet*> out;
    for (const auto& way : ways_) out.push_back(&way->outlet);
    return out;
}

connectors::Wire* Ways::wire_of(std::string_view account) {
    for (const auto& way : ways_)
        if (way->config.name == account) return &way->outlet;
    return nullptr;
}

Task<> Ways::close() {
    for (const auto& way : ways_) co_await way->outlet.close();
}

}  // namespace florin::app
