#include "cli/commands.h"

#include <fmt/format.h>

#include <cstdio>
#include <map>

#include "accounts/keys.h"
#include "app/database.h"
#include "base/json.h"
#include "cli/print.h"
#include "cli/table.h"
#include "ledger/store.h"
#include "payments/show.h"
#include "payments/store.h"
#include "platform/async/run.h"
#include "storage/migrate.h"

namespace florin::cli {
namespace {

constexpr std::int64_t kEventsShown = 1000;

// What commands read and write, on one connection.
struct Stores {
    explicit Stores(pg::Pool& pool) : keys(pool), ledger(pool), payments(pool) {}
    accounts::Keys keys;
    ledger::Store ledger;
    payments::Store payments;
};

// Runs one task against the database that the configuration means.
template <class T, class Work>
Result<T> with_database(const Options& options, Work work) {
    TRY(const auto database, app::Database::open(options.config));
    TRY_OK(app::ensure_schema(database));
    asio::io_context io(1);
    pg::Pool pool(io, database.conninfo(), 1);
    Stores stores(pool);
    return run_to_end<T>(io, work(stores));
}

void show_key(json::Writer& out, const accounts::KeyInfo& key, const std::string& text) {
    out.begin_object().field("id", key.id.text());
    out.field_if("key", text);
    out.field("merchant_id", key.merchant.text()).field("merchant", key.merchant_name);
    out.field("name", key.name).field("livemode", key.livemode);
    out.key("scopes").begin_array();
    for (const auto& scope : key.scopes) out.value(scope);
    out.end_array().field("created_at", to_text(key.created_at)).key("revoked_at");
    key.revoked_at ? out.value(to_text(*key.revoked_at)) : out.null();
    out.end_object();
}

std::string join(const std::vector<std::string>& words) {
    std::string out;
    for (const auto& word : words) out += (out.empty() ? "" : " ") + word;
    return out;
}

}  // namespace

Result<void> migrate(const Options& options) {
    TRY(const auto database, app::Database::open(options.config));
    TRY(const auto applied, storage::migrate(database.conninfo()));
    if (options.json) {
        json::Writer out;
        out.begin_object().key("applied").begin_array();
        for (const auto& name : applied) out.value(name);
        out.end_array().end_object();
        print(out.text());
    } else {
        for (const auto& name : applied) print("applied " + name);
        if (applied.empty()) print("nothing to do: the schema is up to date");
    }
    return {};
}

Result<void> create_key(const Options& options, const KeyOptions& wanted) {
    accounts::NewKey key{wanted.merchant, wanted.name, wanted.mode == "live", wanted.scopes};
    TRY(auto created, with_database<Result<accounts::CreatedKey>>(
                          options, [&](Stores& stores) { return stores.keys.create(key); }));
    TRY(const auto made, std::move(created));
    if (options.json) {
        json::Writer out;
        show_key(out, made.info, made.text);
        print(out.text());
        return {};
    }
    print(made.text);
    std::fprintf(stderr, "%s for merchant '%s', scopes: %s\nKeep it: it is not shown again.\n",
                 made.info.id.text().c_str(), made.info.merchant_name.c_str(),
                 join(made.info.scopes).c_str());
    return {};
}

Result<void> list_keys(const Options& options) {
    TRY(const auto keys, with_database<std::vector<accounts::KeyInfo>>(
                             options, [](Stores& stores) { return stores.keys.list(); }));
    Table table({"id", "merchant", "name", "mode", "scopes", "created", "revoked"});
    for (const auto& key : keys) {
        json::Writer out;
        show_key(out, key, "");
        if (options.json) print(out.text());
        table.add({key.id.text(), key.merchant_name, key.name, key.livemode ? "live" : "test",
                   join(key.scopes), to_text(key.created_at),
                   key.revoked_at ? to_text(*key.revoked_at) : "-"});
    }
    if (!options.json) print(table.text());
    return {};
}

Result<void> revoke_key(const Options& options, const std::string& id) {
    const auto key = KeyId::parse(id);
    if (!key) return fail(Fault::not_found, "key_not_found", "'" + id + "' is not the id of a key");
    TRY(const auto done, with_database<Result<void>>(
                             options, [&](Stores& stores) { return stores.keys.revoke(*key); }));
    TRY_OK(done);
    print(options.json ? "{\"revoked\":\"" + id + "\"}" : "revoked " + id);
    return {};
}

namespace {

Result<payments::ListFilter> filter_of(const ListOptions& wanted) {
    payments::ListFilter filter{wanted.status, wanted.currency, wanted.checkout};
    if (!wanted.status.empty() && !payments::status_from(wanted.status))
        return fail(Fault::invalid, "not_allowed", "there is no status '" + wanted.status + "'");
    filter.after = PaymentId::parse(wanted.after);
    if (!wanted.after.empty() && !filter.after)
        return fail(Fault::invalid, "cursor_malformed", "--starting-after takes a pay_... id");
    filter.limit = wanted.limit;
    return filter;
}

}  // namespace

Result<void> list_payments(const Options& options, const ListOptions& wanted) {
    TRY(const auto filter, filter_of(wanted));
    TRY(const auto found,
        with_database<std::vector<payments::Payment>>(
            options, [&](Stores& stores) { return stores.payments.list(MerchantId(), filter); }));
    Table table({"id", "status", "amount", "captured", "currency", "checkout", "created"});
    for (const auto& payment : found) {
        if (options.json) print(payments::show(payment));
        table.add({payment.id.text(), std::string(payment::name(payments::status_of(payment))),
                   payment.money(payment.amount).decimal(),
                   payment.money(payment.counters.captured).decimal(),
                   std::string(payment.currency.code()), payment.checkout_id,
                   to_text(payment.created_at)});
    }
    if (!options.json) print(table.text());
    return {};
}

Result<void> show_payment(const Options& options, const std::string& text) {
    const auto id = PaymentId::parse(text);
    const auto missing = [&] {
        return fail(Fault::not_found, "payment_not_found", "there is no payment '" + text + "'");
    };
    if (!id) return missing();
    TRY(const auto payment,
        with_database<std::optional<payments::Payment>>(
            options, [&](Stores& stores) { return stores.payments.load_of_any_merchant(*id); }));
    if (!payment) return missing();
    if (options.json) {
        print(payments::show(*payment));
        return {};
    }
    TRY(const auto events,
        with_database<std::vector<payments::Event>>(options, [&](Stores& stores) {
            return stores.payments.events(*payment, 0, kEventsShown);
        }));
    Table facts({"", ""});
    facts.add({"payment", payment->id.text()});
    facts.add({"status", std::string(payment::name(payments::status_of(*payment)))});
    facts.add({"amount", payment->money(payment->amount).decimal() + " " +
                             std::string(payment->currency.code())});
    facts.add({"captured", payment->money(payment->counters.captured).decimal()});
    facts.add({"checkout", payment->checkout_id});
    facts.add(
        {"provider", payment->operation.provider + " " + payment->operation.provider_reference});
    for (const auto& order : payment->orders)
        facts.add({"order " + order.reference, (order.is_top_up ? "wallet " : "") +
                                                   order.seller_account + "  " +
                                                   payment->money(order.amount).decimal()});
    for (const auto& event : events)
        facts.add(
            {"version " + std::to_string(event.version), to_text(event.at) + "  " + event.type});
    print(facts.text());
    return {};
}

Result<void> trial_balance(const Options& options, const std::string& as_of) {
    const auto until = instant_from(as_of);
    if (!as_of.empty() && (!until || *until > now()))
        return fail(Fault::malformed, "usage",
                    "--as-of wants a time that is past, like 2026-11-20T23:34:38Z, not " + as_of);
    TRY(const auto balances,
        with_database<std::vector<ledger::Balance>>(options, [&](Stores& stores) {
            return until ? stores.ledger.balances_as_of(MerchantId(), *until)
                         : stores.ledger.balances(MerchantId());
        }));
    std::map<Currency, std::pair<std::int64_t, std::int64_t>> sums;
    Table table({"account", "debits", "credits", "balance"});
    json::Writer out;
    out.begin_object().key("accounts").begin_array();
    for (const auto& balance : balances) {
        const auto currency = balance.account.currency;
        const auto money = [&](std::int64_t minor) { return Money(minor, currency).decimal(); };
        sums[currency].first += balance.debits;
        sums[currency].second += balance.credits;
        table.add({balance.account.text(), money(balance.debits), money(balance.credits),
                   money(balance.amount())});
        out.begin_object().field("id", balance.account.text());
        out.field("debits", money(balance.debits)).field("credits", money(balance.credits));
        out.field("balance", money(balance.amount())).end_object();
    }
    out.end_array().key("currencies").begin_array();
    bool is_zero = true;
    for (const auto& [currency, sum] : sums) {
        const auto difference = Money(sum.first - sum.second, currency);
        is_zero = is_zero && difference.is_zero();
        table.add({"= " + std::string(currency.code()), Money(sum.first, currency).decimal(),
                   Money(sum.second, currency).decimal(), difference.decimal()});
        out.begin_object().field("currency", currency.code());
        out.field("debits", Money(sum.first, currency).decimal());
        out.field("credits", Money(sum.second, currency).decimal());
        out.field("difference", difference.decimal()).end_object();
    }
    out.end_array().end_object();
    print(options.json ? out.text() : table.text());
    if (is_zero) return {};
    return fail(Fault::conflict, "trial_balance_off",
                "debits and credits differ: stop paying out, and look for the transaction");
}

}  // namespace florin::cli
