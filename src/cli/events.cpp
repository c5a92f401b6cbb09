// `florin events`: a page of a merchant's feed.

#include "app/database.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/table.h"
#include "events/show.h"
#include "events/store.h"
#include "platform/async/run.h"

namespace florin::cli {
namespace {

Task<events::Page> read(pg::Pool& pool, MerchantId merchant, EventsWish wanted) {
    payments::Store payments(pool);
    payouts::Store payouts(pool);
    events::Store feed(pool, payments, payouts);
    co_return co_await feed.page(merchant, wanted.after, wanted.limit);
}

}  // namespace

Result<void> list_events(const Options& options, const EventsWish& wanted) {
    const auto merchant = MerchantId::parse(wanted.merchant);
    if (!merchant)
        return fail(Fault::invalid, "merchant_malformed",
                    "--merchant must be an id, mer_...: `florin keys list` shows it");
    TRY(const auto database, app::Database::open(options.config));
    TRY_OK(app::ensure_schema(database));
    asio::io_context io(1);
    pg::Pool pool(io, database.conninfo(), 1);
    const auto page = run_to_end<events::Page>(io, read(pool, *merchant, wanted));
    Table table({"sequence", "at", "type", "subject", "version"});
    for (const auto& item : page.items) {
        json::Writer out;
        events::show(out, item);
        if (options.json) print(out.text());
        table.add({std::to_string(item.position), to_text(item.at), item.type, item.subject,
                   std::to_string(item.version)});
    }
    if (options.json) return {};
    print(page.items.empty() ? "nothing after " + std::to_string(page.last) : table.text());
    if (page.more) print("more: --after " + std::to_string(page.last));
    return {};
}

}  // namespace florin::cli
