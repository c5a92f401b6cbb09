// `florin wallets`: what a buyer has, and how it came to it.

#include <limits>

#include "app/database.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/table.h"
#include "ledger/store.h"
#include "platform/async/run.h"
#include "wallets/rules.h"
#include "wallets/show.h"

namespace florin::cli {
namespace {

constexpr std::int64_t kLotsShown = 1000;

struct Shown {
    std::vector<wallets::Holding> holdings;
    std::vector<wallets::Lot> lots;
    std::vector<ledger::Chapter> entries;
};

Task<Shown> read(pg::Pool& pool, wallets::Owner owner, std::int64_t limit) {
    wallets::Store store(pool);
    ledger::Store ledger(pool);
    Shown shown;
    shown.holdings = co_await store.holdings(owner);
    shown.lots = co_await store.lots(owner, kLotsShown);
    for (const auto& holding : shown.holdings) {
        auto account = wallets::available_account(owner.name, holding.asset);
        auto entries = co_await ledger.story(owner.merchant, std::move(account),
                                             std::numeric_limits<std::int64_t>::max(), limit);
        shown.entries.insert(shown.entries.end(), entries.begin(), entries.end());
    }
    co_return shown;
}

void print_json(const wallets::Owner& owner, const Shown& shown) {
    json::Writer out;
    out.begin_object().key("wallet");
    wallets::show(out, owner, shown.holdings, shown.lots);
    out.key("entries").begin_array();
    for (const auto& entry : shown.entries) wallets::show(out, entry);
    out.end_array().end_object();
    print(out.text());
}

void print_tables(const Shown& shown) {
    Table balances({"currency", "available", "held"});
    for (const auto& one : shown.holdings)
        balances.add({std::string(one.asset.code()), Money(one.available, one.asset).decimal(),
                      Money(one.held, one.asset).decimal()});
    print(shown.holdings.empty() ? "there is nothing in this wallet" : balances.text());
    Table lots({"points", "expire"});
    for (const auto& lot : shown.lots)
        lots.add({std::to_string(lot.remaining),
                  lot.expires_at == Instant::max() ? "never" : to_text(lot.expires_at)});
    if (!shown.lots.empty()) print("\n" + lots.text());
    Table entries({"at", "kind", "amount", "balance", "currency", "transaction"});
    for (const auto& [number, balance, entry] : shown.entries) {
        const auto currency = entry.account.currency;
        entries.add({to_text(entry.at), entry.kind, Money(-entry.amount, currency).decimal(),
                     Money(balance, currency).decimal(), std::string(currency.code()),
                     entry.transaction.text()});
    }
    if (!shown.entries.empty()) print("\n" + entries.text());
}

}  // namespace

Result<void> show_wallet(const Options& options, const WalletWish& wanted) {
    const auto merchant = MerchantId::parse(wanted.merchant);
    if (!merchant)
        return fail(Fault::invalid, "merchant_malformed",
                    "--merchant must be an id, mer_...: `florin keys list` shows it");
    const wallets::Owner owner{*merchant, wanted.owner};
    TRY(const auto database, app::Database::open(options.config));
    TRY_OK(app::ensure_schema(database));
    asio::io_context io(1);
    pg::Pool pool(io, database.conninfo(), 1);
    const auto shown = run_to_end<Shown>(io, read(pool, owner, wanted.limit));
    options.json ? print_json(owner, shown) : print_tables(shown);
    return {};
}

}  // namespace florin::cli
