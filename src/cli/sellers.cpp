// `florin sellers`: who is paid, by which rules, and what an order would be split into.

#include <fmt/format.h>

#include <cstdio>

#include "app/database.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/table.h"
#include "platform/async/run.h"
#include "sellers/show.h"
#include "sellers/store.h"

namespace florin::cli {
namespace {

using sellers::FeeRule;
using sellers::Seller;
using sellers::Store;

constexpr std::int64_t kRulesShown = 1000;

// Runs one task against the database that the configuration means.
template <class T, class Work>
Result<T> with_sellers(const Options& options, Work work) {
    TRY(const auto database, app::Database::open(options.config));
    TRY_OK(app::ensure_schema(database));
    asio::io_context io(1);
    pg::Pool pool(io, database.conninfo(), 1);
    Store store(pool);
    return run_to_end<T>(io, work(store));
}

template <class Id>
Result<Id> parse_id(const std::string& text, std::string_view option) {
    const auto id = Id::parse(text);
    if (id) return *id;
    return fail(Fault::invalid, "id_malformed",
                fmt::format("{} takes an id, {}_..., not '{}'", option, Id::kPrefix, text));
}

std::string rates_of(const FeeRule& rule) {
    std::string out;
    for (const auto& tier : rule.tiers) {
        const auto from = Money(tier.from, rule.currency).decimal();
        if (!out.empty()) out += ", from " + from + " ";
        out += sellers::percent(tier.rate) + " %";
    }
    return out;
}

std::string limits_of(const FeeRule& rule) {
    const auto money = [&](std::int64_t minor) { return Money(minor, rule.currency).decimal(); };
    std::string out;
    if (rule.fixed > 0) out += " + " + money(rule.fixed);
    if (rule.minimum > 0) out += " min " + money(rule.minimum);
    if (rule.maximum) out += " max " + money(*rule.maximum);
    return out.empty() ? "-" : out.substr(1);
}

std::string end_of(const FeeRule& rule) {
    return rule.valid_until == Instant::max() ? "-" : to_text(rule.valid_until);
}

Task<Result<std::vector<Seller>>> read_page(Store& store, MerchantId merchant,
                                            std::optional<sellers::SellerState> state,
                                            std::optional<SellerId> after, std::int64_t limit) {
    sellers::SellerCursor cursor;
    if (after) {
        CO_TRY(const auto last, co_await store.seller(merchant, *after));
        cursor = sellers::SellerCursor::after(last);
    }
    auto rows = co_await store.sellers(merchant, state, cursor, limit);
    co_return rows;
}

struct Shown {
    Seller seller;
    std::vector<FeeRule> rules;
};

Task<Result<Shown>> read_one(Store& store, SellerId id) {
    CO_TRY(auto seller, co_await store.seller(MerchantId(), id));
    sellers::RuleFilter filter{.merchant = seller.merchant, .seller = id, .limit = kRulesShown};
    auto rules = co_await store.rules(filter);
    Shown shown{std::move(seller), std::move(rules)};
    co_return shown;
}

// The rules that take the sale, of the seller's own merchant.
Task<Result<std::vector<FeeRule>>> read_rules(Store& store, sellers::Sale sale) {
    CO_TRY(const auto seller, co_await store.seller(MerchantId(), sale.seller));
    co_return co_await store.rules_of(seller.merchant, sale);
}

void print_fees(const sellers::Preview& preview) {
    const auto money = [&](std::int64_t minor) {
        return Money(minor, preview.amount.currency()).decimal();
    };
    Table table({"", "amount", "rule", "rate", "limits"});
    table.add({"order", preview.amount.decimal()});
    const auto add = [&](std::string what, std::int64_t minor, const FeeRule* rule) {
        table.add({std::move(what), money(minor), rule ? rule->id.text() : "none",
                   rule ? rates_of(*rule) : "-", rule ? limits_of(*rule) : "-"});
    };
    add("commission", preview.fees.commission, preview.commission);
    add("logistics", preview.fees.logistics, preview.logistics);
    table.add({"seller", money(preview.fees.seller)});
    print(table.text());
}

struct WantedFees {
    sellers::Sale sale;
    Money amount;
};

Result<WantedFees> wanted_fees(const FeesWish& wanted) {
    TRY(const auto seller, parse_id<SellerId>(wanted.seller, "fees"));
    const auto currency = currency_from(wanted.currency);
    if (!currency || !currency->payable())
        return fail(Fault::invalid, "currency_unknown",
                    "--currency must be an active ISO 4217 code in capitals, like EUR");
    TRY(const auto amount, Money::parse(wanted.amount, *currency));
    const auto at = wanted.at.empty() ? now() : instant_from(wanted.at);
    if (!at)
        return fail(Fault::invalid, "time_malformed",
                    "--at takes a time like 2026-11-20T23:34:38.120Z");
    return WantedFees{{seller, wanted.category, *currency, *at}, amount};
}

}  // namespace

Result<void> list_sellers(const Options& options, const SellersWish& wanted) {
    MerchantId merchant;
    std::optional<SellerId> after;
    std::optional<sellers::SellerState> state;
    if (!wanted.merchant.empty()) {
        TRY(merchant, parse_id<MerchantId>(wanted.merchant, "--merchant"));
    }
    if (!wanted.after.empty()) {
        TRY(after, parse_id<SellerId>(wanted.after, "--starting-after"));
    }
    for (const auto one : {sellers::SellerState::active, sellers::SellerState::suspended})
        if (wanted.state == name(one)) state = one;
    TRY(auto read, with_sellers<Result<std::vector<Seller>>>(options, [&](Store& store) {
            return read_page(store, merchant, state, after, wanted.limit);
        }));
    TRY(const auto found, std::move(read));
    Table table({"id", "reference", "name", "country", "state", "merchant", "created"});
    for (const auto& seller : found) {
        json::Writer out;
        sellers::show(out, seller);
        if (options.json) print(out.text());
        table.add({seller.id.text(), seller.reference, seller.name,
                   seller.country.empty() ? "-" : seller.country, std::string(name(seller.state)),
                   seller.merchant.text(), to_text(seller.created_at)});
    }
    if (!options.json) print(found.empty() ? "there are no sellers" : table.text());
    return {};
}

Result<void> show_seller(const Options& options, const std::string& text) {
    TRY(const auto id, parse_id<SellerId>(text, "show"));
    TRY(auto read,
        with_sellers<Result<Shown>>(options, [&](Store& store) { return read_one(store, id); }));
    TRY(const auto shown, std::move(read));
    if (options.json) {
        json::Writer out;
        out.begin_object().key("seller");
        sellers::show(out, shown.seller);
        out.key("fee_rules").begin_array();
        for (const auto& rule : shown.rules) sellers::show(out, rule);
        out.end_array().end_object();
        print(out.text());
        return {};
    }
    const auto& seller = shown.seller;
    Table facts({"", ""});
    facts.add({"seller", seller.id.text()});
    facts.add({"reference", seller.reference});
    facts.add({"name", seller.name});
    facts.add({"country", seller.country.empty() ? "-" : seller.country});
    facts.add({"state", std::string(name(seller.state))});
    facts.add({"merchant", seller.merchant.text()});
    facts.add({"created", to_text(seller.created_at)});
    print(facts.text());
    if (shown.rules.empty()) return {};
    Table rules(
        {"rule of its own", "kind", "category", "currency", "rate", "limits", "from", "until"});
    for (const auto& rule : shown.rules)
        rules.add({rule.id.text(), std::string(name(rule.kind)),
                   rule.category.empty() ? "-" : rule.category, std::string(rule.currency.code()),
                   rates_of(rule), limits_of(rule), to_text(rule.valid_from), end_of(rule)});
    print("\n" + rules.text());
    return {};
}

Result<void> preview_fees(const Options& options, const FeesWish& text) {
    TRY(const auto wanted, wanted_fees(text));
    TRY(auto read, with_sellers<Result<std::vector<FeeRule>>>(
                       options, [&](Store& store) { return read_rules(store, wanted.sale); }));
    TRY(const auto rules, std::move(read));
    const auto preview = sellers::preview_of(rules, wanted.sale, wanted.amount);
    if (!options.json) {
        print_fees(preview);
        return {};
    }
    json::Writer out;
    sellers::show(out, preview);
    print(out.text());
    return {};
}

}  // namespace florin::cli
