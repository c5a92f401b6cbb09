#include "ledger/merkle.h"

#include <bit>

#include "base/check.h"
#include "platform/crypto/hash.h"

namespace florin::ledger {
namespace {

// Where a tree of `size` leaves is split: the largest power of two below it.
std::uint64_t split(std::uint64_t size) {
    return std::bit_floor(size - 1);
}

}  // namespace

Hash leaf_hash(std::string_view content) {
    std::string bytes(1, '\0');
    bytes += content;
    return crypto::sha256(bytes);
}

Hash node_hash(const Hash& left, const Hash& right) {
    std::string bytes(1, '\1');
    bytes += view(left);
    bytes += view(right);
    return crypto::sha256(bytes);
}

Hash tree_root(std::span<const Hash> leaves) {
    Peaks peaks;
    for (const auto& leaf : leaves) peaks.add(leaf);
    return peaks.root();
}

std::vector<Hash> inclusion_path(std::span<const Hash> leaves, std::uint64_t index) {
    check(index < leaves.size(), "the leaf is in the tree");
    std::vector<Hash> path;
    while (leaves.size() > 1) {
        const auto middle = split(leaves.size());
        const auto left = leaves.first(middle), right = leaves.subspan(middle);
        const bool is_left = index < middle;
        path.push_back(tree_root(is_left ? right : left));
        leaves = is_left ? left : right;
        if (!is_left) index -= middle;
    }
    return {path.rbegin(), path.rend()};
}

std::optional<Hash> root_of_path(const Hash& leaf, std::uint64_t index, std::uint64_t size,
                                 std::span<const Hash> path) {
    if (index >= size) return std::nullopt;
    auto node = leaf;
    auto last = size - 1;  // The last node of the level.
    for (const auto& sister : path) {
        if (last == 0) return std::nullopt;  // At the root already.
        // At the right edge a node without a sister rises to where it has one.
        while (index == last && index % 2 == 0) index /= 2, last /= 2;
        node = index % 2 == 1 ? node_hash(sister, node) : node_hash(node, sister);
        index /= 2, last /= 2;
    }
    if (last != 0) return std::nullopt;  // The path ends before the root.
    return node;
}

std::optional<Peaks> Peaks::from(std::uint64_t size, std::vector<Hash> roots) {
    if (static_cast<std::size_t>(std::popcount(size)) != roots.size()) return std::nullopt;
    Peaks peaks;
    peaks.size_ = size;
    peaks.roots_ = std::move(roots);
    return peaks;
}

void Peaks::add(const Hash& leaf) {
    auto node = leaf;
    for (auto bits = size_; bits % 2 == 1; bits /= 2) {
        node = node_hash(roots_.back(), node);
        roots_.pop_back();
    }
    roots_.push_back(node);
    ++size_;
}

Hash Peaks::root() const {
    if (roots_.empty()) return crypto::sha256("");
    auto node = roots_.back();
    for (auto i = roots_.size() - 1; i-- > 0;) node = node_hash(roots_[i], node);
    return node;
}

}  // namespace florin::ledger
