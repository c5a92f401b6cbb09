#include "events/store.h"

#include "base/log.h"
#include "events/sql.h"
#include "payouts/show.h"
#include "storage/rows.h"

namespace florin::events {
namespace {

Item item_of(payments::PaymentEvent found) {
    auto& event = found.event;
    return {.subject = found.payment.text(),
            .id = event.id,
            .version = event.version,
            .operation = event.operation,
            .type = std::move(event.type),
            .data = std::move(event.data),
            .at = event.at};
}

Item item_of(const payouts::PayoutEvent& found) {
    json::Writer data;
    payouts::show(data, found);
    return {.subject = found.payout.id.text(),
            .id = event_of(found.payout.id, found.step.version),
            .version = found.step.version,
            .operation = std::nullopt,
            .type = "payout." + found.step.event,
            .data = std::move(data).text(),
            .at = found.step.at};
}

}  // namespace

std::vector<Store::Entry> Store::read_entries(const pg::Rows& rows) {
    std::vector<Entry> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        storage::Reader in(rows, i);
        const auto position = in.int64();
        const auto object = static_cast<Object>(in.int16());
        const auto id = in.uuid();
        out.push_back({position, object, {id, in.int32()}});
    }
    return out;
}

Task<Page> Store::page(MerchantId merchant, std::int64_t after, std::int64_t limit) {
    pg::Params params;
    params.add(storage::slot_number(home_of(merchant))).add(merchant.uuid().bytes);
    params.add(after).add(limit + 1);  // One more tells whether there are more.
    auto entries = read_entries(co_await pool_.query(sql::page, std::move(params)));
    const bool more = entries.size() > static_cast<std::size_t>(limit);
    if (more) entries.pop_back();
    auto found = co_await items_of(merchant, entries);
    Page page{.items = {}, .last = entries.empty() ? after : entries.back().position, .more = more};
    for (const auto& [position, object, key] : entries) {
        const auto item = found.find(key);
        if (item == found.end()) {
            log::error("feed.no_event", {{"id", to_text(key.first)}});
            continue;
        }
        page.items.push_back(std::move(item->second));
        page.items.back().position = position;
    }
    co_return page;
}

auto Store::items_of(MerchantId merchant, std::vector<Entry> entries) -> Task<std::map<Key, Item>> {
    std::vector<payments::EventKey> of_payments;
    std::vector<payouts::EventKey> of_payouts;
    for (const auto& [position, object, key] : entries) {
        if (object == Object::payment)
            of_payments.push_back({PaymentId(key.first), key.second});
        else
            of_payouts.push_back({PayoutId(key.first), key.second});
    }
    std::map<Key, Item> items;
    for (auto& one : co_await payments_.events_of(merchant, std::move(of_payments))) {
        const Key key{one.payment.uuid(), one.event.version};
        items.emplace(key, item_of(std::move(one)));
    }
    for (const auto& one : co_await payouts_.events_of(merchant, std::move(of_payouts)))
        items.emplace(Key{one.payout.id.uuid(), one.step.version}, item_of(one));
    co_return items;
}

}  // namespace florin::events
