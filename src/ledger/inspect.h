#pragma once

// What is wrong with sealed facts. Pure: it is given what was sealed and what is stored now.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/anchor_store.h"
#include "ledger/seal_store.h"

namespace florin::ledger {

// The names are stable: scripts know them (docs/sealing.md).
enum class Flaw : std::uint8_t {
    transaction_changed,   // It or one of its legs is not what was sealed.
    transaction_removed,   // It was sealed and is not there.
    transaction_added,     // It stands between what was sealed, and was not there then.
    transaction_moved,     // Its xid is not what it was.
    transaction_unsealed,  // It should have been sealed by now.
    block_removed,         // A number of the chain is missing.
    block_changed,         // Its fields, or its list of leaves, are not what its hash says.
    chain_broken,          // It does not continue the block before.
    head_differs,          // An anchor saw a block that is not there, or that is another one now.
    anchor_removed,        // A number of the anchors is missing.
    anchor_changed,        // Its fields are not what its note says.
    anchor_signature,      // No key that we know has signed the note.
    anchor_copy_differs,   // A copy outside says something else.
    anchor_copy_newer,     // A copy outside is of an anchor that is not there: the database is old.
};
std::string_view name(Flaw flaw);

struct Finding {
    Flaw flaw = Flaw::transaction_changed;
    Slot slot = 0;            // Says nothing about an anchor.
    std::int64_t block = 0;   // 0 = no block.
    Uuid transaction;         // Nil = no single transaction.
    std::int64_t anchor = 0;  // 0 = no anchor.
    std::string detail;       // One sentence.

    friend bool operator==(const Finding&, const Finding&) = default;
};

// Does the block continue the chain? `before` has number 0 when it should be the first.
std::vector<Finding> inspect_chain(const Block& before, const Block& block);

// Is everything as it was sealed? `stored`: what has an xid of the block now, by (xid, id).
std::vector<Finding> inspect_block(const StoredBlock& sealed, std::span<const Sealable> stored);

// Is the anchor what the blocks say, and what its note says? `tree`: of all anchors before it.
// `blocks`: its heads with the hashes that these blocks have now; a block that is not there has
// zeros.
std::vector<Finding> inspect_anchor(const Peaks& tree, const StoredAnchor& stored,
                                    const std::vector<Head>& blocks);

}  // namespace florin::ledger
