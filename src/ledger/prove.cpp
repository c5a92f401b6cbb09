// The half of proof.h that asks the database.

#include <algorithm>

#include "ledger/anchor_store.h"
#include "ledger/merkle.h"
#include "ledger/proof.h"
#include "ledger/seal_store.h"
#include "ledger/sql.h"

namespace florin::ledger {
namespace {

constexpr std::int64_t kLaterMax = 10'000;  // Blocks between a transaction and its anchor.

std::unexpected<Error> changed(std::string_view what) {
    return fail(Fault::conflict, "ledger_changed",
                std::string(what) + " is not what was sealed: run `florin ledger verify`");
}

Task<std::optional<std::int64_t>> find_xid(Snapshot& snapshot, OperationId transaction) {
    pg::Params params;
    params.add(static_cast<std::int16_t>(transaction.slot())).add(transaction.uuid().bytes);
    pg::Call call{sql::seal_find, std::move(params)};
    const auto rows = co_await snapshot.ask(std::move(call));
    if (rows.empty()) co_return std::nullopt;
    co_return rows.int64(0, 0);
}

Task<std::optional<StoredBlock>> block_after(Snapshot& snapshot, Slot slot, std::int64_t number) {
    const auto rows = co_await snapshot.ask(blocks_call(slot, number, 1));
    auto blocks = read_blocks(rows, slot);
    if (blocks.empty()) co_return std::nullopt;
    co_return std::move(blocks.front());
}

// Of a slot with `count` blocks the one that ends above the xid, by halving.
Task<std::optional<StoredBlock>> find_block(Snapshot& snapshot, Slot slot, std::int64_t count,
                                            std::int64_t xid) {
    std::int64_t low = 1, high = count;
    std::optional<StoredBlock> found;
    while (low <= high) {
        const auto middle = low + (high - low) / 2;
        auto block = co_await block_after(snapshot, slot, middle - 1);
        if (!block) co_return std::nullopt;
        if (block->block.hi_xid > xid) {
            found = std::move(block);
            high = middle - 1;
        } else {
            low = middle + 1;
        }
    }
    co_return found;
}

std::int64_t number_in(const StoredAnchor& anchor, Slot slot) {
    const auto heads = unpack_heads(anchor.heads).value_or(std::vector<Head>());
    const auto found = std::ranges::find(heads, slot, &Head::slot);
    return found == heads.end() ? 0 : found->number;
}

// The first anchor that saw the block, by halving.
Task<std::optional<StoredAnchor>> find_anchor(Snapshot& snapshot, Slot slot, std::int64_t block) {
    const auto last = co_await snapshot.ask(last_anchor_call());
    std::int64_t low = 1, high = last.empty() ? 0 : last.int64(0, 0);
    std::optional<StoredAnchor> found;
    while (low <= high) {
        const auto middle = low + (high - low) / 2;
        const auto rows = co_await snapshot.ask(anchors_call(middle - 1, 1));
        auto anchors = read_anchors(rows);
        if (anchors.empty()) co_return std::nullopt;
        if (number_in(anchors.front(), slot) >= block) {
            found = std::move(anchors.front());
            high = middle - 1;
        } else {
            low = middle + 1;
        }
    }
    co_return found;
}

Task<Result<void>> prove_in_block(Snapshot& snapshot, OperationId id, StoredBlock sealed,
                                  Proof& proof) {
    const auto& block = sealed.block;
    const std::vector<Range> range = {{block.slot, block.number, block.lo_xid, block.hi_xid}};
    const auto rows = co_await snapshot.ask(read_call(range, block.n + std::int64_t(1)));
    const auto stored = read_sealables(rows);
    const auto found = std::ranges::find_if(
        stored, [&](const Sealable& one) { return one.transaction.id == id.uuid(); });
    const auto leaves = unpack(sealed.leaves);
    if (!leaves || root_of(*leaves) != block.root) co_return changed("the block's list of hashes");
    const auto leaf = std::ranges::find(*leaves, id.uuid(), &Leaf::id);
    if (found == stored.end() || leaf == leaves->end() ||
        leaf->hash != body_hash(found->transaction))
        co_return changed("the transaction");
    std::vector<Hash> hashes;
    for (const auto& one : *leaves) hashes.push_back(one.hash);
    proof.block = block;
    proof.transaction = encode(found->transaction);
    proof.position = leaf - leaves->begin();
    proof.path = inclusion_path(hashes, static_cast<std::uint64_t>(proof.position));
    co_return Result<void>();
}

Task<Result<void>> prove_in_anchor(Snapshot& snapshot, StoredAnchor stored, Proof& proof) {
    const auto named = unpack_heads(stored.heads).value_or(std::vector<Head>());
    const auto rows = co_await snapshot.ask(hashes_call(named));
    auto heads = read_heads(rows);
    std::ranges::sort(heads, {}, &Head::slot);
    const auto tree = stored.tree();
    if (root_of(heads) != stored.anchor.heads_root || !tree) co_return changed("the anchor");
    const auto head = std::ranges::find(heads, proof.block.slot, &Head::slot);
    std::vector<Hash> leaves;
    for (const auto& one : heads) leaves.push_back(leaf_of(one));
    proof.head_position = head - heads.begin();
    proof.head_path = inclusion_path(leaves, static_cast<std::uint64_t>(proof.head_position));
    proof.anchor = stored.anchor;
    proof.anchor_path.assign(tree->roots().rbegin(), tree->roots().rend());
    proof.note = stored.note;
    co_return Result<void>();
}

Task<Result<void>> add_later(Snapshot& snapshot, std::int64_t last, Proof& proof) {
    const auto slot = proof.block.slot;
    if (last - proof.block.number > kLaterMax)
        co_return fail(Fault::too_large, "proof_too_long",
                       "too many blocks lie between the transaction and the first anchor after it");
    for (auto number = proof.block.number; number < last;) {
        const auto rows = co_await snapshot.ask(blocks_call(slot, number, last - number));
        const auto page = read_blocks(rows, slot);
        if (page.empty()) co_return changed("the chain of blocks");
        for (const auto& one : page) proof.later.push_back(one.block);
        number = page.back().block.number;
    }
    co_return Result<void>();
}

}  // namespace

Task<Result<Proof>> make_proof(Snapshot& snapshot, OperationId transaction) {
    const auto slot = transaction.slot();
    const auto text = "the transaction " + transaction.text();
    const auto xid = co_await find_xid(snapshot, transaction);
    if (!xid)
        co_return fail(Fault::not_found, "transaction_not_found",
                       text + " is not in the ledger: it may be an operation that books nothing");
    const auto heads_rows = co_await snapshot.ask(heads_call());
    const auto heads = read_heads(heads_rows);
    const auto head = std::ranges::find(heads, slot, &Head::slot);
    const auto count = head == heads.end() ? 0 : head->number;
    const auto block = co_await find_block(snapshot, slot, count, *xid);
    if (!block)
        co_return fail(Fault::unavailable, "not_sealed_yet",
                       text + " is not sealed yet: florin serve does it within seconds");
    const auto anchor = co_await find_anchor(snapshot, slot, block->block.number);
    if (!anchor)
        co_return fail(Fault::unavailable, "not_anchored_yet",
                       text +
                           " is sealed and not anchored yet: wait a minute, and set "
                           "ledger_key_file if it is not set");
    Proof proof;
    CO_TRY_OK(co_await prove_in_block(snapshot, transaction, *block, proof));
    CO_TRY_OK(co_await add_later(snapshot, number_in(*anchor, slot), proof));
    CO_TRY_OK(co_await prove_in_anchor(snapshot, *anchor, proof));
    co_return proof;
}

}  // namespace florin::ledger
