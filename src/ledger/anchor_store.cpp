#include "ledger/anchor_store.h"

#include "base/check.h"
#include "ledger/sql.h"

namespace florin::ledger {
namespace {

constexpr std::size_t kHashBytes = 32;

Hash hash_from(std::string_view bytes) {
    Hash out{};
    std::copy_n(bytes.begin(), std::min(bytes.size(), out.size()), out.begin());
    return out;
}

}  // namespace

std::optional<Peaks> StoredAnchor::tree() const {
    std::vector<Hash> roots;
    for (std::size_t at = 0; at + kHashBytes <= peaks.size(); at += kHashBytes)
        roots.push_back(hash_from(std::string_view(peaks).substr(at, kHashBytes)));
    return Peaks::from(static_cast<std::uint64_t>(anchor.number - 1), std::move(roots));
}

Hash root_of(const std::vector<Head>& heads) {
    std::vector<Hash> leaves;
    for (const auto& head : heads) leaves.push_back(leaf_of(head));
    return tree_root(leaves);
}

StoredAnchor next_anchor(const std::optional<StoredAnchor>& before, const std::vector<Head>& heads,
                         Instant at) {
    const auto tree = before ? tree_with(*before) : Peaks();
    StoredAnchor out{.anchor = {.number = static_cast<std::int64_t>(tree.size()) + 1,
                                .at = at,
                                .slots = static_cast<std::int32_t>(heads.size()),
                                .heads_root = root_of(heads)},
                     .heads = pack(heads)};
    for (const auto& root : tree.roots()) out.peaks += view(root);
    return out;
}

Peaks tree_with(const StoredAnchor& anchor) {
    auto tree = anchor.tree();
    check(tree.has_value(), "an anchor's peaks fit its number");
    tree->add(leaf_of(anchor.anchor));
    return *std::move(tree);
}

pg::Call anchors_call(std::int64_t above, std::int64_t limit) {
    pg::Params params;
    params.add(above).add(limit);
    return {sql::anchor_page, std::move(params)};
}

pg::Call last_anchor_call() {
    return {sql::anchor_last, {}};
}

std::vector<StoredAnchor> read_anchors(const pg::Rows& rows) {
    std::vector<StoredAnchor> out;
    for (std::size_t i = 0; i < rows.size(); ++i)
        out.push_back({.anchor = {.number = rows.int64(i, 0),
                                  .at = rows.time(i, 1),
                                  .slots = rows.int32(i, 2),
                                  .heads_root = hash_from(rows.text(i, 4))},
                       .heads = std::string(rows.text(i, 3)),
                       .peaks = std::string(rows.text(i, 5)),
                       .note = std::string(rows.text(i, 6))});
    return out;
}

pg::Call heads_call() {
    return {sql::anchor_heads, {}};
}

pg::Call hashes_call(const std::vector<Head>& blocks) {
    pg::Records records("florin.ledger_range");
    for (const auto& block : blocks)
        records.add(static_cast<std::int16_t>(block.slot), block.number, std::int64_t{0},
                    std::int64_t{0});
    pg::Params params;
    params.add(std::move(records));
    return {sql::seal_hashes, std::move(params)};
}

std::vector<Head> read_heads(const pg::Rows& rows) {
    std::vector<Head> out;
    for (std::size_t i = 0; i < rows.size(); ++i)
        out.push_back({.slot = static_cast<Slot>(rows.int16(i, 0)),
                       .number = rows.int64(i, 1),
                       .hash = hash_from(rows.text(i, 2))});
    return out;
}

Task<std::optional<StoredAnchor>> AnchorStore::last() {
    auto call = last_anchor_call();
    const auto rows = co_await pool_.query(call.sql, std::move(call.params));
    auto anchors = read_anchors(rows);
    if (anchors.empty()) co_return std::nullopt;
    co_return std::move(anchors.front());
}

Task<std::vector<StoredAnchor>> AnchorStore::above(std::int64_t number, std::int64_t limit) {
    auto call = anchors_call(number, limit);
    const auto rows = co_await pool_.query(call.sql, std::move(call.params));
    co_return read_anchors(rows);
}

Task<std::vector<Head>> AnchorStore::heads() {
    auto call = heads_call();
    const auto rows = co_await pool_.query(call.sql, std::move(call.params));
    co_return read_heads(rows);
}

Task<bool> AnchorStore::add(StoredAnchor anchor) {
    pg::Params params;
    params.add(anchor.anchor.number).add(anchor.anchor.at).add(anchor.anchor.slots);
    params.add(pg::Bytes{anchor.heads}).add(pg::Bytes{view(anchor.anchor.heads_root)});
    params.add(pg::Bytes{anchor.peaks}).add(anchor.note);
    const auto rows = co_await pool_.query(sql::anchor_add, std::move(params));
    co_return !rows.empty();
}

}  // namespace florin::ledger
