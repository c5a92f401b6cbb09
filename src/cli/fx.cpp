// `florin fx`: the rates of the configured file, and what they make of an amount.

#include "app/accounts.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/table.h"
#include "fx/file_source.h"
#include "fx/show.h"

namespace florin::cli {
namespace {

Result<fx::RateTable> read_table(const Config& config) {
    if (!config.fx_rates_file.empty()) return fx::FileSource(config.fx_rates_file).read(now());
    return fail(Fault::conflict, "fx_not_configured",
                "there are no rates: set fx_rates_file in the configuration");
}

Result<Currency> read_currency(const std::string& code, std::string_view option) {
    const auto currency = currency_from(code);
    if (currency && currency->payable()) return *currency;
    return fail(Fault::invalid, "currency_unknown",
                std::string(option) + " must be an active ISO 4217 code in capitals, like EUR");
}

}  // namespace

Result<void> list_rates(const Options& options) {
    TRY(const auto terms, app::fx_terms_of(options.config));
    TRY(const auto rates, read_table(options.config));
    Table table({"base", "quote", "rate", "as of", ""});
    for (const auto& [pair, stated] : rates.stated()) {
        const bool is_stale = now() - stated.as_of > terms.rates.max_age;
        table.add({std::string(pair.base.code()), std::string(pair.quote.code()),
                   stated.rate.text(), to_text(stated.as_of), is_stale ? "stale" : ""});
        if (!options.json) continue;
        json::Writer out;
        out.begin_object().field("base", pair.base.code()).field("quote", pair.quote.code());
        out.field("value", stated.rate.text()).field("as_of", to_text(stated.as_of));
        out.field("stale", is_stale).end_object();
        print(out.text());
    }
    if (!options.json) print(table.text());
    return {};
}

Result<void> show_price(const Options& options, const PriceWish& wanted) {
    TRY(const auto terms, app::fx_terms_of(options.config));
    TRY(const auto settlement, read_currency(wanted.currency, "--currency"));
    TRY(const auto presentment, read_currency(wanted.presentment, "--presentment-currency"));
    if (settlement == presentment)
        return fail(Fault::invalid, "fx_same_currency", "the same currency needs no quote");
    TRY(const auto amount, Money::parse(wanted.amount, settlement));
    if (amount.is_zero())
        return fail(Fault::invalid, "amount_not_positive", "--amount must be above zero");
    TRY(auto table, read_table(options.config));
    const fx::Rates rates(std::move(table), terms.rates);
    TRY(const auto quote, fx::price_of(rates, terms.desk, {amount, presentment}, now()));
    if (options.json) {
        json::Writer out;
        out.begin_object();
        fx::show_price(out, quote);
        out.end_object();
        print(out.text());
        return {};
    }
    Table facts({"", ""});
    facts.add({"the order gets", amount.decimal() + ' ' + wanted.currency});
    facts.add({"spread", Money(quote.amounts.spread, settlement).decimal() + ' ' + wanted.currency +
                             " (" + fx::spread_text(quote.spread_rate) + " %)"});
    facts.add({"rate", "1 " + wanted.presentment + " = " + quote.rate.text() + ' ' +
                           wanted.currency + " (" + std::string(name(quote.derivation)) + ", " +
                           to_text(quote.rate_as_of) + ')'});
    facts.add({"the buyer pays",
               Money(quote.amounts.presentment, presentment).decimal() + ' ' + wanted.presentment});
    print(facts.text());
    return {};
}

}  // namespace florin::cli
