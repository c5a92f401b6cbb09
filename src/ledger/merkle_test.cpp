// Goal: trees and proofs as RFC 6962 defines them. Method: the published vectors of Certificate
// Transparency, the definition written down once more as it stands in the RFC, and proofs of every
// leaf of every small tree, whole and spoiled.

#include "ledger/merkle.h"

#include <gtest/gtest.h>

#include <string>

#include "platform/crypto/hash.h"

namespace florin::ledger {
namespace {

// The inputs of the test tree of Certificate Transparency.
const std::vector<std::string> kInputs = {"",
                                          "00",
                                          "10",
                                          "2021",
                                          "3031",
                                          "40414243",
                                          "5051525354555657",
                                          "606162636465666768696a6b6c6d6e6f"};
// Of the first 1, 2, ... of them.
const std::vector<std::string> kRoots = {
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

Hash hash_from(const std::string& hex) {
    Hash out{};
    std::ranges::copy(*from_hex(hex), out.begin());
    return out;
}

std::vector<Hash> published_leaves() {
    std::vector<Hash> out;
    for (const auto& input : kInputs) out.push_back(leaf_hash(*from_hex(input)));
    return out;
}

std::vector<Hash> leaves(std::size_t count) {
    std::vector<Hash> out;
    for (std::size_t n = 0; n < count; ++n) out.push_back(leaf_hash(std::to_string(n)));
    return out;
}

std::size_t split_of(std::size_t size) {
    std::size_t k = 1;
    while (2 * k < size) k *= 2;
    return k;
}

// MTH(D[n]) of RFC 6962 (2.1).
Hash defined_root(std::span<const Hash> d) {
    if (d.empty()) return crypto::sha256("");
    if (d.size() == 1) return d[0];
    const auto k = split_of(d.size());
    return node_hash(defined_root(d.first(k)), defined_root(d.subspan(k)));
}

// PATH(m, D[n]) of RFC 6962 (2.1.1).
std::vector<Hash> defined_path(std::size_t m, std::span<const Hash> d) {
    if (d.size() <= 1) return {};
    const auto k = split_of(d.size());
    auto path = m < k ? defined_path(m, d.first(k)) : defined_path(m - k, d.subspan(k));
    path.push_back(m < k ? defined_root(d.subspan(k)) : defined_root(d.first(k)));
    return path;
}

TEST(Merkle, AgreesWithThePublishedTrees) {
    EXPECT_EQ(to_hex(view(tree_root({}))),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    const auto all = published_leaves();
    for (std::size_t n = 1; n <= all.size(); ++n)
        EXPECT_EQ(to_hex(view(tree_root(std::span(all).first(n)))), kRoots[n - 1]) << n;
}

TEST(Merkle, AgreesWithThePublishedPaths) {
    struct Vector {
        std::uint64_t index, size;
        std::vector<std::string> path;
    };
    const std::vector<Vector> vectors = {
        {0, 1, {}},
        {0,
         8,
         {"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
          "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
          "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}},
        {5,
         8,
         {"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
          "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
          "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}},
        {2, 3, {"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"}},
        {1,
         5,
         {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
          "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
          "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}},
    };
    const auto all = published_leaves();
    for (const auto& [index, size, expected] : vectors) {
        std::vector<Hash> path;
        for (const auto& hex : expected) path.push_back(hash_from(hex));
        EXPECT_EQ(inclusion_path(std::span(all).first(size), index), path) << index << "/" << size;
        EXPECT_EQ(root_of_path(all[index], index, size, path), hash_from(kRoots[size - 1]));
    }
}

TEST(Merkle, IsWhatTheRfcDefines) {
    const auto all = leaves(66);
    Peaks growing;
    for (std::size_t n = 0; n <= all.size(); ++n) {
        const auto some = std::span(all).first(n);
        const auto root = defined_root(some);
        ASSERT_EQ(tree_root(some), root) << n;
        ASSERT_EQ(growing.root(), root) << n;
        ASSERT_EQ(growing.size(), n);
        for (std::size_t m = 0; m < n; ++m) {
            const auto path = inclusion_path(some, m);
            ASSERT_EQ(path, defined_path(m, some)) << m << "/" << n;
            ASSERT_EQ(root_of_path(some[m], m, n, path), root) << m << "/" << n;
        }
        if (n < all.size()) growing.add(all[n]);
    }
}

TEST(Merkle, ASpoiledProofLeadsElsewhere) {
    const auto all = leaves(9);
    for (std::size_t n = 1; n <= all.size(); ++n) {
        const auto some = std::span(all).first(n);
        const auto root = tree_root(some);
        for (std::size_t m = 0; m < n; ++m) {
            const auto path = inclusion_path(some, m);
            EXPECT_NE(root_of_path(leaf_hash("x"), m, n, path), root);
            EXPECT_EQ(root_of_path(some[m], n, n, path), std::nullopt);
            for (std::size_t other = 0; other < n; ++other)
                EXPECT_EQ(root_of_path(some[m], other, n, path) == root, other == m);
            for (std::size_t i = 0; i < path.size(); ++i) {
                auto spoiled = path;
                spoiled[i][7] ^= 1;
                EXPECT_NE(root_of_path(some[m], m, n, spoiled), root);
            }
            auto longer = path;
            longer.push_back(root);
            EXPECT_NE(root_of_path(some[m], m, n, longer), root);
            if (path.empty()) continue;
            auto shorter = path;
            shorter.pop_back();
            EXPECT_NE(root_of_path(some[m], m, n, shorter), root);
        }
    }
}

TEST(Merkle, PeaksAreThePathOfTheNextLeaf) {
    const auto all = leaves(70);
    Peaks peaks;
    for (std::size_t n = 0; n < all.size(); ++n) {
        const auto before = peaks.roots();
        const auto again = Peaks::from(peaks.size(), before);
        ASSERT_TRUE(again);
        EXPECT_EQ(again->root(), peaks.root());
        EXPECT_FALSE(Peaks::from(peaks.size() + (n == 1 ? 2 : 1 << 20), before));
        peaks.add(all[n]);
        const std::vector<Hash> path(before.rbegin(), before.rend());
        EXPECT_EQ(path, inclusion_path(std::span(all).first(n + 1), n));
        EXPECT_EQ(root_of_path(all[n], n, n + 1, path), peaks.root());
    }
}

}  // namespace
}  // namespace florin::ledger
