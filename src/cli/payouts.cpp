// `florin payouts`: what sellers are paid, what a payout is made of, and a run by hand.

#include <fmt/format.h>

#include "app/accounts.h"
#include "app/database.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/table.h"
#include "connectors/no_wire.h"
#include "connectors/stripe/connect.h"
#include "payouts/payer.h"
#include "payouts/show.h"
#include "platform/async/run.h"

namespace florin::cli {
namespace {

using payouts::Payout;
using payouts::Store;

constexpr std::int64_t kItemsShown = 10'000;

// Runs one task against the database that the configuration means.
template <class T, class Work>
Result<T> with_payouts(const Options& options, Work work) {
    TRY(const auto database, app::Database::open(options.config));
    TRY_OK(app::ensure_schema(database));
    asio::io_context io(1);
    pg::Pool pool(io, database.conninfo(), 1);
    Store store(pool);
    return run_to_end<T>(io, work(io, pool, store));
}

template <class Id>
Result<std::optional<Id>> parse_optional(const std::string& text, std::string_view option) {
    if (text.empty()) return std::optional<Id>();
    auto id = Id::parse(text);
    if (id) return id;
    return fail(Fault::invalid, "id_malformed",
                fmt::format("{} takes an id, {}_..., not '{}'", option, Id::kPrefix, text));
}

Result<PayoutId> parse_payout(const std::string& text) {
    TRY(const auto id, parse_optional<PayoutId>(text, "a payout"));
    if (id) return *id;
    return fail(Fault::invalid, "id_malformed", "a payout is named by its id, pyo_...");
}

struct Shown {
    Payout payout;
    std::vector<payouts::History> history;
};

Task<Result<std::optional<Shown>>> read_one(Store& store, PayoutId id) {
    CO_TRY(auto payout, co_await store.payout(MerchantId(), id));
    auto history = co_await store.history(id);
    Shown shown{std::move(payout), std::move(history)};
    co_return std::optional(std::move(shown));
}

Task<Result<std::optional<payouts::Explanation>>> read_explanation(Store& store, PayoutId id) {
    CO_TRY(auto payout, co_await store.payout(MerchantId(), id));
    payouts::Explanation out{.payout = payout};
    out.items = co_await store.explain(payout, 0, kItemsShown);
    out.proof = co_await store.proof(std::move(payout));
    co_return std::optional(std::move(out));
}

Task<std::size_t> run_once(asio::io_context& io, pg::Pool& pool, Store& store,
                           payouts::Options options, std::string account) {
    sellers::Store sellers(pool);
    payouts::WalletRail wallet;
    // Made here, sent by a server: only there is a way out.
    const connectors::stripe::Connect connect;
    connectors::NoWire no_wire;
    payouts::ProviderRail provider(connect, no_wire, account);
    payouts::Rails rails{{payouts::RailKind::wallet, &wallet}};
    if (!account.empty()) rails[payouts::RailKind::stripe_connect] = &provider;
    payouts::Service service(store, sellers, std::move(rails), std::move(options));
    payouts::Payer payer(io, service, std::chrono::seconds(1));
    std::size_t done = 0;
    while (const auto more = co_await payer.pass()) done += more;
    co_await payer.settle();
    co_return done;
}

}  // namespace

Result<void> list_payouts(const Options& options, const PayoutsWish& wanted) {
    payouts::PayoutFilter filter{.limit = wanted.limit};
    TRY(const auto merchant, parse_optional<MerchantId>(wanted.merchant, "--merchant"));
    TRY(filter.seller, parse_optional<SellerId>(wanted.seller, "--seller"));
    TRY(filter.after, parse_optional<PayoutId>(wanted.after, "--starting-after"));
    filter.merchant = merchant.value_or(MerchantId());
    filter.status = payout::status_from(wanted.status);
    if (!wanted.status.empty() && !filter.status)
        return fail(Fault::invalid, "status_unknown",
                    "--status takes a status of `florin machine payout`");
    TRY(const auto found,
        with_payouts<std::vector<Payout>>(
            options, [&](auto&, auto&, Store& store) { return store.payouts(filter); }));
    Table table({"id", "status", "seller", "amount", "currency", "rail", "created"});
    for (const auto& one : found) {
        json::Writer out;
        payouts::show(out, one);
        if (options.json) print(out.text());
        table.add({one.id.text(), std::string(name(one.status)), one.seller_reference,
                   Money(one.amount, one.currency).decimal(), std::string(one.currency.code()),
                   std::string(name(one.rail)), to_text(one.created_at)});
    }
    if (!options.json) print(found.empty() ? "there are no payouts" : table.text());
    return {};
}

Result<void> show_payout(const Options& options, const std::string& text) {
    TRY(const auto id, parse_payout(text));
    TRY(auto read, with_payouts<Result<std::optional<Shown>>>(
                       options, [&](auto&, auto&, Store& store) { return read_one(store, id); }));
    TRY(const auto found, std::move(read));
    const auto& shown = *found;
    if (options.json) {
        json::Writer out;
        payouts::show(out, shown.payout, shown.history);
        print(out.text());
        return {};
    }
    Table steps({"when", "what", "status", "detail"});
    for (const auto& one : shown.history)
        steps.add({to_text(one.at), "payout." + one.event, one.status,
                   one.detail.empty() ? "-" : one.detail});
    const auto& payout = shown.payout;
    print(fmt::format("{}  {}  {} {} to {}\n\n{}", payout.id.text(), name(payout.status),
                      Money(payout.amount, payout.currency).decimal(), payout.currency.code(),
                      payout.seller_reference, steps.text()));
    return {};
}

Result<void> explain_payout(const Options& options, const std::string& text) {
    TRY(const auto id, parse_payout(text));
    TRY(auto read,
        with_payouts<Result<std::optional<payouts::Explanation>>>(
            options, [&](auto&, auto&, Store& store) { return read_explanation(store, id); }));
    TRY(const auto one, std::move(read));
    const auto& found = *one;
    if (options.json) {
        json::Writer out;
        payouts::show(out, found);
        print(out.text());
        return {};
    }
    const auto& payout = found.payout;
    const auto money = [&](std::int64_t minor) { return Money(minor, payout.currency).decimal(); };
    Table table({"", "amount", "of", "about"});
    for (const auto& [item, legs] : found.items)
        table.add({item.kind, money(item.amount), payouts::source_of(item),
                   payouts::order_of(item).empty() ? "-" : payouts::order_of(item)});
    table.add({"debts", money(-payout.netted), "-", "-"});
    table.add({"reserve", money(-payout.reserved), "-", "-"});
    table.add({"payout", money(payout.amount), payout.id.text(), "-"});
    const bool sums = payouts::adds_up(found);
    print(table.text() + (sums ? "\nIt adds up, and the ledger took the same."
                               : "\nIT DOES NOT ADD UP: run `florin audit`."));
    if (sums) return {};
    return fail(Fault::conflict, "payout_does_not_add_up", "see above");
}

Result<void> run_payouts(const Options& options) {
    TRY(const auto wanted, app::payout_options_of(options.config));
    TRY(const auto done,
        with_payouts<std::size_t>(options, [&](auto& io, pg::Pool& pool, Store& store) {
            return run_once(io, pool, store, wanted, options.config.payout_connect_account);
        }));
    if (!options.json) {
        print(fmt::format("done: {}", done));
        return {};
    }
    json::Writer out;
    out.begin_object().field("done", static_cast<std::int64_t>(done)).end_object();
    print(out.text());
    return {};
}

}  // namespace florin::cli
