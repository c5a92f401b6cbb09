#pragma once

// Merkle trees as RFC 6962 (2.1) builds them: a leaf and a node are hashed with different first
// bytes, so that neither can pass for the other.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace florin::ledger {

// SHA-256(0x00 || content).
Hash leaf_hash(std::string_view content);
// SHA-256(0x01 || left || right).
Hash node_hash(const Hash& left, const Hash& right);

// Of leaf hashes; of none it is SHA-256 of nothing.
Hash tree_root(std::span<const Hash> leaves);

// The sister nodes from the leaf at `index` up to the root. `index` is below the number of leaves.
std::vector<Hash> inclusion_path(std::span<const Hash> leaves, std::uint64_t index);

// The root that the path leads to. Nothing when no tree of `size` leaves has such a path.
std::optional<Hash> root_of_path(const Hash& leaf, std::uint64_t index, std::uint64_t size,
                                 std::span<const Hash> path);

// A tree that grows leaf by leaf, as the roots of its perfect subtrees: one for each bit of its
// size, the largest first. They are the path of the next leaf, read from the end.
class Peaks {
public:
    Peaks() = default;
    // Nothing when the number of roots does not fit the size.
    static std::optional<Peaks> from(std::uint64_t size, std::vector<Hash> roots);

    void add(const Hash& leaf);
    Hash root() const;
    std::uint64_t size() const { return size_; }
    const std::vector<Hash>& roots() const { return roots_; }

private:
    std::uint64_t size_ = 0;
    std::vector<Hash> roots_;
};

}  // namespace florin::ledger
