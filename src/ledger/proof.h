#pragma once

// The proof that one transaction was sealed, for somebody who has nothing but a public key: from
// its bytes up to a signed checkpoint.

#include <string>
#include <vector>

#include "domain/ids.h"
#include "ledger/checkpoint.h"
#include "ledger/seal.h"
#include "ledger/snapshot.h"

namespace florin::ledger {

struct Proof {
    std::string transaction;    // Its bytes, as encode() makes them.
    std::int64_t position = 0;  // Of its leaf in the block, from 0.
    std::vector<Hash> path;     // To the block's root.
    Block block;
    std::vector<Block> later;  // The blocks after it, up to the head that the anchor saw.
    std::int64_t head_position = 0;
    std::vector<Hash> head_path;  // To the root of all heads.
    Anchor anchor;
    std::vector<Hash> anchor_path;  // To the root of all anchors.
    std::string note;

    friend bool operator==(const Proof&, const Proof&) = default;
};

// One JSON object. read_proof takes back exactly what show() writes.
std::string show(const Proof& proof);
// Failure: proof_malformed.
Result<Proof> read_proof(std::string_view json);

// The transaction that the proof proves. Failures: proof_wrong, which says where it breaks, and
// those of open_note.
Result<StoredTransaction> check_proof(const Proof& proof, std::span<const PublicKey> keys);

// From the database. Failures: transaction_not_found, not_sealed_yet, not_anchored_yet,
// proof_too_long, and ledger_changed when what is stored is not what was sealed. Throws pg::Lost
// and pg::SqlError.
Task<Result<Proof>> make_proof(Snapshot& snapshot, OperationId transaction);

}  // namespace florin::ledger
