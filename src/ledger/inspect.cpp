#include "ledger/inspect.h"

#include <fmt/format.h>

#include <map>

#include "ledger/checkpoint.h"
#include "ledger/merkle.h"

namespace florin::ledger {
namespace {

Finding about(const Block& block, Flaw flaw, std::string detail) {
    return {.flaw = flaw, .slot = block.slot, .block = block.number, .detail = std::move(detail)};
}

Finding about(const Block& block, Flaw flaw, const Uuid& transaction, std::string detail) {
    auto finding = about(block, flaw, std::move(detail));
    finding.transaction = transaction;
    return finding;
}

std::vector<Leaf> leaves_of(std::span<const Sealable> stored) {
    std::vector<Leaf> out;
    for (const auto& one : stored) out.push_back({one.transaction.id, body_hash(one.transaction)});
    return out;
}

std::vector<Finding> compare(const Block& block, std::span<const Leaf> sealed,
                             std::span<const Leaf> stored) {
    std::vector<Finding> out;
    std::map<Uuid, Hash> now;
    for (const auto& leaf : stored) now.emplace(leaf.id, leaf.hash);
    for (const auto& leaf : sealed) {
        const auto found = now.find(leaf.id);
        if (found == now.end()) {
            out.push_back(about(block, Flaw::transaction_removed, leaf.id,
                                "the transaction was sealed and is not there any more"));
            continue;
        }
        if (found->second != leaf.hash)
            out.push_back(about(block, Flaw::transaction_changed, leaf.id,
                                "the transaction or one of its legs is not what was sealed"));
        now.erase(found);
    }
    for (const auto& [id, hash] : now)
        out.push_back(about(block, Flaw::transaction_added, id,
                            "the transaction was not there when its block was sealed"));
    if (!out.empty()) return out;
    for (std::size_t n = 0; n < sealed.size(); ++n) {
        if (sealed[n].id == stored[n].id) continue;
        out.push_back(about(block, Flaw::transaction_moved, sealed[n].id,
                            "the transaction has another xid than when it was sealed"));
        break;  // The others only make room for it.
    }
    return out;
}

}  // namespace

std::string_view name(Flaw flaw) {
    using enum Flaw;
    switch (flaw) {
        case transaction_changed:
            return "transaction_changed";
        case transaction_removed:
            return "transaction_removed";
        case transaction_added:
            return "transaction_added";
        case transaction_moved:
            return "transaction_moved";
        case transaction_unsealed:
            return "transaction_unsealed";
        case block_removed:
            return "block_removed";
        case block_changed:
            return "block_changed";
        case chain_broken:
            return "chain_broken";
        case head_differs:
            return "head_differs";
        case anchor_removed:
            return "anchor_removed";
        case anchor_changed:
            return "anchor_changed";
        case anchor_signature:
            return "anchor_signature";
        case anchor_copy_differs:
            return "anchor_copy_differs";
        case anchor_copy_newer:
            return "anchor_copy_newer";
    }
    return "";
}

std::vector<Finding> inspect_chain(const Block& before, const Block& block) {
    std::vector<Finding> out;
    if (hash_of(block) != block.hash)
        out.push_back(about(block, Flaw::block_changed, "the block's fields do not give its hash"));
    if (block.number != before.number + 1) {
        Finding gap = about(block, Flaw::block_removed,
                            fmt::format("blocks {} to {} are not there any more", before.number + 1,
                                        block.number - 1));
        gap.block = before.number + 1;
        out.push_back(std::move(gap));
        return out;
    }
    if (block.previous != before.hash)
        out.push_back(about(block, Flaw::chain_broken,
                            "the block was sealed after another block than the one before it"));
    if (block.lo_xid != before.hi_xid || block.hi_xid <= block.lo_xid)
        out.push_back(about(block, Flaw::chain_broken,
                            "the block's xids do not follow those of the block before it"));
    return out;
}

std::vector<Finding> inspect_block(const StoredBlock& sealed, std::span<const Sealable> stored) {
    const auto& block = sealed.block;
    const auto now = leaves_of(stored);
    const auto leaves = unpack(sealed.leaves);
    if (leaves && leaves->size() == static_cast<std::size_t>(block.n) &&
        root_of(*leaves) == block.root)
        return compare(block, *leaves, now);
    std::vector<Finding> out;
    out.push_back(about(block, Flaw::block_changed,
                        root_of(now) == block.root
                            ? "the block's list of hashes was changed; its transactions were not"
                            : "the block's list of hashes was changed, so nobody can say which of "
                              "its transactions were"));
    return out;
}

std::vector<Finding> inspect_anchor(const Peaks& tree, const StoredAnchor& stored,
                                    const std::vector<Head>& blocks) {
    const auto& anchor = stored.anchor;
    std::vector<Finding> out;
    const auto add = [&](Flaw flaw, std::string detail) -> Finding& {
        out.push_back({.flaw = flaw, .anchor = anchor.number, .detail = std::move(detail)});
        return out.back();
    };
    for (const auto& head : blocks) {
        if (head.hash != Hash{}) continue;
        auto& finding = add(Flaw::head_differs, "the anchor saw this block, and it is not there");
        finding.slot = head.slot, finding.block = head.number;
    }
    if (out.empty() && root_of(blocks) != anchor.heads_root)
        add(Flaw::head_differs,
            "the anchor saw another block than there is now, among those that "
            "moved since the anchor before it");
    if (anchor.slots != static_cast<std::int32_t>(blocks.size()))
        add(Flaw::anchor_changed, "the anchor's list of heads was changed");
    auto after = tree;
    after.add(leaf_of(anchor));
    const auto note = read_note(stored.note);
    if (!note || note->size != anchor.number || note->root != after.root())
        add(Flaw::anchor_changed, "the anchor, or one before it, is not what its note says");
    return out;
}

}  // namespace florin::ledger
