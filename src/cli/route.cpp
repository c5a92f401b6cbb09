// `florin route explain`: the rules of the configuration, applied to one payment.

#include <fmt/format.h>

#include <cstdio>

#include "app/accounts.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/table.h"
#include "domain/money.h"
#include "routing/rules.h"

namespace florin::cli {
namespace {

Result<routing::Facts> facts_of(const RouteWish& wanted) {
    const auto currency = currency_from(wanted.currency);
    if (!currency || !currency->payable())
        return fail(Fault::invalid, "currency_unknown",
                    "--currency must be an active ISO 4217 code in capitals, like EUR");
    TRY(const auto amount, Money::parse(wanted.amount, *currency));
    routing::Facts facts{wanted.method, *currency, amount.minor(), wanted.country, wanted.brand};
    if (wanted.key.empty()) return facts;
    const auto merchant = MerchantId::parse(wanted.merchant);
    if (!merchant)
        return fail(Fault::invalid, "merchant_malformed",
                    "--merchant must be an id, mer_...: `florin keys list` shows it");
    facts.draw = payments::draw_of(*merchant, wanted.key);
    return facts;
}

void print_json(const routing::Route& route) {
    json::Writer out;
    out.begin_object().key("rule");
    route.rule.empty() ? out.null() : out.value(route.rule);
    out.key("candidates").begin_array();
    for (const auto& one : route.candidates)
        out.begin_object().field("account", one.account).field("why", one.why).end_object();
    out.end_array().key("passed_over").begin_array();
    for (const auto& one : route.passed_over)
        out.begin_object().field("rule", one.rule).field("why", one.why).end_object();
    out.end_array().end_object();
    print(out.text());
}

void print_text(const routing::Route& route) {
    Table passed({"passed over", "why"});
    for (const auto& one : route.passed_over) passed.add({one.rule, one.why});
    if (!route.passed_over.empty()) std::printf("%s\n\n", passed.text().c_str());
    if (route.rule.empty()) return;
    Table candidates({"", "account", "why"});
    for (const auto& one : route.candidates) {
        const bool is_first = &one == &route.candidates.front();
        candidates.add({is_first ? "first" : "then", one.account, one.why});
    }
    std::printf("rule: %s\n%s\n", route.rule.c_str(), candidates.text().c_str());
    if (route.candidates.size() > 1)
        std::puts("\nAnother account is asked only when it is proved that none before it charged.");
}

}  // namespace

Result<void> explain_route(const Options& options, const RouteWish& wanted) {
    TRY(auto rules, app::rules_of(options.config));
    TRY(const auto facts, facts_of(wanted));
    if (rules.empty())
        rules.push_back({.name = "default", .accounts = {{options.config.accounts.front().name}}});
    const auto route = routing::choose(rules, facts, {});
    options.json ? print_json(route) : print_text(route);
    if (!route.candidates.empty()) return {};
    return fail(Fault::not_found, "no_route", "no rule takes this payment");
}

}  // namespace florin::cli
