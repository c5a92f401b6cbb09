#include "ledger/seal_store.h"

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "ledger/sql.h"

namespace florin::ledger {
namespace {

constexpr std::int64_t kTransactionsOfPage = 2048;

pg::Bytes bytes(const Hash& hash) {
    return {view(hash)};
}

Hash hash_at(const pg::Rows& rows, std::size_t row, int column) {
    Hash out{};
    const auto text = rows.text(row, column);
    // A column that somebody shortened is compared as it can be, and differs.
    std::copy_n(text.begin(), std::min(text.size(), out.size()), out.begin());
    return out;
}

}  // namespace

pg::Call read_call(const std::vector<Range>& ranges, std::int64_t limit) {
    pg::Records records("florin.ledger_range");
    for (const auto& range : ranges)
        records.add(static_cast<std::int16_t>(range.slot), range.number, range.lo_xid,
                    range.hi_xid);
    pg::Params params;
    params.add(std::move(records)).add(limit);
    return {sql::seal_read, std::move(params)};
}

std::vector<Sealable> read_sealables(const pg::Rows& rows) {
    std::vector<Sealable> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Uuid id{rows.uuid(i, 2)};
        const auto number = rows.int64(i, 0);
        if (out.empty() || out.back().transaction.id != id || out.back().number != number)
            out.push_back({.number = number,
                           .xid = rows.int64(i, 7),
                           .transaction = {.slot = static_cast<Slot>(rows.int16(i, 1)),
                                           .id = id,
                                           .merchant = Uuid{rows.uuid(i, 3)},
                                           .source = Uuid{rows.uuid(i, 4)},
                                           .kind = std::string(rows.text(i, 5)),
                                           .recorded_at = rows.time(i, 6)}});
        if (rows.boolean(i, 8))
            out.back().transaction.legs.push_back({rows.int16(i, 9), Uuid{rows.uuid(i, 10)},
                                                   rows.int64(i, 11), Uuid{rows.uuid(i, 12)}});
    }
    return out;
}

pg::Call blocks_call(Slot slot, std::int64_t above, std::int64_t limit) {
    pg::Params params;
    params.add(static_cast<std::int16_t>(slot)).add(above);
    params.add(limit).add(kTransactionsOfPage);
    return {sql::seal_blocks, std::move(params)};
}

std::vector<StoredBlock> read_blocks(const pg::Rows& rows, Slot slot) {
    std::vector<StoredBlock> out;
    for (std::size_t i = 0; i < rows.size(); ++i)
        out.push_back({.block = {.slot = slot,
                                 .number = rows.int64(i, 0),
                                 .epoch = rows.int16(i, 1),
                                 .lo_xid = rows.int64(i, 2),
                                 .hi_xid = rows.int64(i, 3),
                                 .n = rows.int32(i, 4),
                                 .root = hash_at(rows, i, 5),
                                 .previous = hash_at(rows, i, 6),
                                 .hash = hash_at(rows, i, 7)},
                       .leaves = std::string(rows.text(i, 8))});
    return out;
}

Task<std::vector<Due>> SealStore::due(Instant older_than, std::int64_t n_max) {
    pg::Params params;
    params.add(older_than).add(n_max).add(kSlotsMax);
    const auto rows = co_await pool_.query(sql::seal_due, std::move(params));
    std::vector<Due> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        Due due{.epoch = rows.int16(i, 1), .hi_xid = rows.int64(i, 5), .n = rows.int64(i, 6)};
        due.after.slot = static_cast<Slot>(rows.int16(i, 0));
        due.after.number = rows.int64(i, 2);
        due.after.hi_xid = rows.int64(i, 3);
        due.after.hash = hash_at(rows, i, 4);
        out.push_back(due);
    }
    co_return out;
}

Task<std::vector<Sealable>> SealStore::read(std::vector<Range> ranges) {
    auto call = read_call(ranges, std::numeric_limits<std::int64_t>::max());
    const auto rows = co_await pool_.query(call.sql, std::move(call.params));
    co_return read_sealables(rows);
}

Task<std::optional<Instant>> SealStore::oldest_waiting() {
    pg::Params none;
    const auto rows = co_await pool_.query(sql::seal_waiting, std::move(none));
    if (rows.empty()) co_return std::nullopt;
    co_return rows.time(0, 0);
}

Task<std::size_t> SealStore::add(std::vector<StoredBlock> blocks, Instant now) {
    pg::Records records("florin.new_block");
    for (const auto& [block, leaves] : blocks)
        records.add(static_cast<std::int16_t>(block.slot), block.number, block.epoch, block.lo_xid,
                    block.hi_xid, block.n, bytes(block.root), bytes(block.previous),
                    bytes(block.hash), pg::Bytes{leaves});
    pg::Params params;
    params.add(std::move(records)).add(now);
    const auto rows = co_await pool_.query(sql::seal_add, std::move(params));
    co_return rows.size();
}

}  // namespace florin::ledger
