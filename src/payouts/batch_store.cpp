// Files of payouts, and what payouts and statements are made of (store.h).

#include <map>

#include "payouts/sql.h"
#include "payouts/store.h"
#include "storage/rows.h"

namespace florin::payouts {

using storage::Reader;
using storage::slot_number;

namespace {

Batch read_batch(const pg::Rows& rows, std::size_t i) {
    Reader in(rows, i);
    return {.id = PayoutBatchId(in.uuid()),
            .merchant = MerchantId(in.uuid()),
            .currency = in.currency(),
            .source = in.text(),
            .name = in.text(),
            .bic = in.text(),
            .payouts = in.int32(),
            .amount = in.int64(),
            .created_at = in.time(),
            .exported_at = in.time()};
}

Item read_item(const pg::Rows& rows, std::size_t i) {
    Reader in(rows, i);
    return {.seq = in.int64(),
            .transaction = OperationId(in.uuid()),
            .kind = in.text(),
            .source = in.uuid(),
            .reference = in.uuid(),
            .amount = in.int64(),
            .at = in.time()};
}

std::vector<Item> read_items(const pg::Rows& rows) {
    std::vector<Item> out;
    for (std::size_t i = 0; i < rows.size(); ++i) out.push_back(read_item(rows, i));
    return out;
}

}  // namespace

Task<std::vector<Waiting>> Store::waiting(Instant now) {
    pg::Params params;
    params.add(now);
    const auto rows = co_await pool_.query(sql::due_batches, std::move(params));
    std::vector<Waiting> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        Reader in(rows, i);
        out.push_back({MerchantId(in.uuid()), in.currency(), in.text()});
    }
    co_return out;
}

Task<std::int64_t> Store::make_batch(Batch batch, std::int64_t limit) {
    pg::Records row("florin.payout_batch");
    row.add(slot_number(batch.id.slot()), batch.id.uuid().bytes, batch.merchant.uuid().bytes,
            batch.currency.code(), batch.source, batch.name, batch.bic, std::int32_t{0},
            std::int64_t{0}, batch.created_at, batch.exported_at);
    pg::Params params;
    params.add(std::move(row)).add(limit);
    const auto rows = co_await pool_.query(sql::make_batch, std::move(params));
    co_return rows.int64(0, 0);
}

Task<Result<Batch>> Store::batch(MerchantId merchant, PayoutBatchId id) {
    pg::Params params;
    params.add(slot_number(id.slot())).add(id.uuid().bytes).add(merchant.uuid().bytes);
    const auto rows = co_await pool_.query(sql::batch, std::move(params));
    if (rows.empty())
        co_return fail(Fault::not_found, "payout_batch_not_found",
                       "there is no batch " + id.text() + ": see /v1/payout_batches");
    co_return read_batch(rows, 0);
}

Task<std::vector<Batch>> Store::batches(MerchantId merchant, std::optional<PayoutBatchId> after,
                                        std::int64_t limit) {
    Uuid newest;
    newest.bytes.fill(0xff);
    pg::Params params;
    params.add(merchant.uuid().bytes).add(after ? after->uuid().bytes : newest.bytes).add(limit);
    const auto rows = co_await pool_.query(sql::batches, std::move(params));
    std::vector<Batch> out;
    for (std::size_t i = 0; i < rows.size(); ++i) out.push_back(read_batch(rows, i));
    co_return out;
}

Task<> Store::export_batch(Batch batch, Instant at) {
    pg::Params params;
    params.add(slot_number(batch.id.slot())).add(batch.id.uuid().bytes);
    params.add(batch.merchant.uuid().bytes).add(at);
    co_await pool_.query(sql::export_batch, std::move(params));
}

Task<std::multimap<OperationId, Leg>> Store::legs(std::vector<OperationId> transactions) {
    std::vector<std::int16_t> slots;
    std::vector<pg::UuidBytes> ids;
    for (const auto& id : transactions) {
        slots.push_back(slot_number(id.slot()));
        ids.push_back(id.uuid().bytes);
    }
    pg::Params params;
    params.add(slots).add(ids);
    const auto rows = co_await pool_.query(sql::legs, std::move(params));
    std::multimap<OperationId, Leg> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        Reader in(rows, i);
        const OperationId transaction(in.uuid());
        out.emplace(transaction, Leg{in.int16(), in.text(), in.int64(), in.uuid()});
    }
    co_return out;
}

Task<std::vector<Explained>> Store::explain(Payout payout, std::int64_t after, std::int64_t limit) {
    const auto slot = payout.id.slot();
    pg::Params params;
    params.add(slot_number(slot)).add(payout.account.bytes);
    params.add(std::max(after, payout.from_seq)).add(payout.to_seq).add(limit);
    const auto rows = co_await pool_.query(sql::items, std::move(params));
    auto items = read_items(rows);
    std::vector<pg::UuidBytes> parts;
    for (const auto& item : items) parts.push_back(item.transaction.uuid().bytes);
    pg::Params wanted;
    wanted.add(slot_number(slot)).add(parts);
    const auto found = co_await pool_.query(sql::wholes, std::move(wanted));
    std::map<pg::UuidBytes, OperationId> wholes;
    for (std::size_t i = 0; i < found.size(); ++i)
        wholes[found.uuid(i, 0)] = OperationId(Uuid{found.uuid(i, 1)});
    std::vector<OperationId> transactions;
    for (const auto& item : items) {
        const auto whole = wholes.find(item.transaction.uuid().bytes);
        transactions.push_back(whole == wholes.end() ? item.transaction : whole->second);
    }
    const auto all = co_await legs(transactions);
    std::vector<Explained> out;
    for (std::size_t n = 0; n < items.size(); ++n) {
        Explained one{std::move(items[n]), {}};
        const auto [first, last] = all.equal_range(transactions[n]);
        for (auto leg = first; leg != last; ++leg)
            if (leg->second.reference == one.item.reference) one.legs.push_back(leg->second);
        out.push_back(std::move(one));
    }
    co_return out;
}

Task<Proof> Store::proof(Payout payout) {
    pg::Params params;
    params.add(slot_number(payout.id.slot())).add(payout.account.bytes);
    params.add(payout.from_seq).add(payout.to_seq).add(payout.id.uuid().bytes);
    const auto rows = co_await pool_.query(sql::proof, std::move(params));
    Proof proof{rows.int64(0, 0), rows.int64(0, 1), rows.int64(0, 2)};
    co_return proof;
}

Task<std::vector<Item>> Store::statement(Slot slot, Uuid account, Instant from, Instant before,
                                         std::int64_t limit) {
    pg::Params params;
    params.add(slot_number(slot)).add(account.bytes).add(from).add(before);
    params.add(std::int64_t{0}).add(limit);
    const auto rows = co_await pool_.query(sql::statement, std::move(params));
    std::vector<Item> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        Reader in(rows, i);
        Item item{.seq = in.int64()};
        item.at = in.time();
        item.kind = in.text();
        item.source = in.uuid();
        item.reference = in.uuid();
        item.amount = in.int64();
        item.balance_after = in.int64();
        out.push_back(std::move(item));
    }
    co_return out;
}

Task<std::vector<Item>> Store::entries_about(Slot slot, Uuid account, Uuid reference,
                                             std::int64_t limit) {
    pg::Params params;
    params.add(slot_number(slot)).add(account.bytes).add(reference.bytes).add(limit);
    const auto rows = co_await pool_.query(sql::entries_about, std::move(params));
    co_return read_items(rows);
}

}  // namespace florin::payouts
