#include "ledger/anchor_walk.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace florin::ledger {
namespace {

constexpr std::int64_t kAnchorsOfPage = 64;

// As they are named; nothing where the list cannot be read.
std::vector<Head> named(const StoredAnchor& stored) {
    return unpack_heads(stored.heads).value_or(std::vector<Head>());
}

}  // namespace

Task<> AnchorWalk::run() {
    if (!options_.folder.empty()) copies_ = AnchorFiles(options_.folder).numbers();
    std::int64_t above = 0;
    while (true) {
        const auto rows = co_await snapshot_.ask(anchors_call(above, kAnchorsOfPage));
        const auto page = read_anchors(rows);
        if (page.empty()) break;
        co_await learn(page);
        for (const auto& stored : page) inspect(stored);
        above = page.back().anchor.number;
        report_.tell();
    }
    find_newer_copies();
}

Task<> AnchorWalk::learn(std::vector<StoredAnchor> page) {
    std::set<Place> wanted;
    for (const auto& stored : page)
        for (const auto& head : named(stored)) wanted.emplace(head.slot, head.number);
    std::erase_if(hashes_, [&](const auto& known) { return !wanted.contains(known.first); });
    std::vector<Head> unknown;
    for (const auto& [slot, number] : wanted)
        if (!hashes_.contains({slot, number})) unknown.push_back({slot, number});
    const auto rows = co_await snapshot_.ask(hashes_call(unknown));
    for (const auto& block : read_heads(rows)) hashes_[{block.slot, block.number}] = block.hash;
}

void AnchorWalk::inspect(const StoredAnchor& stored) {
    const auto number = stored.anchor.number;
    const auto expected = static_cast<std::int64_t>(tree_.size()) + 1;
    const auto tree = stored.tree();
    if (number != expected)
        add(Flaw::anchor_removed, expected,
            fmt::format("anchors {} to {} are not there any more", expected, number - 1));
    else if (!tree || tree->roots() != tree_.roots())
        add(Flaw::anchor_changed, number, "the anchor does not continue those before it");
    if (number != expected && tree) tree_ = *tree;  // To go on with what follows the gap.
    auto blocks = named(stored);
    for (auto& head : blocks)
        if (const auto known = hashes_.find({head.slot, head.number}); known != hashes_.end())
            head.hash = known->second;
    report_.add(inspect_anchor(tree_, stored, blocks));
    tree_.add(leaf_of(stored.anchor));
    inspect_note(stored);
    inspect_copy(stored);
    ++report_.verified.anchors;
}

void AnchorWalk::inspect_note(const StoredAnchor& stored) {
    if (options_.keys.empty()) return;
    const auto opened = open_note(stored.note, options_.keys);
    if (!opened) add(Flaw::anchor_signature, stored.anchor.number, opened.error().detail);
}

void AnchorWalk::inspect_copy(const StoredAnchor& stored) {
    const auto number = stored.anchor.number;
    if (!std::ranges::binary_search(copies_, number)) return;
    ++report_.verified.copies;
    const auto copy = AnchorFiles(options_.folder).read(number);
    if (!copy || signed_part(*copy).empty() || signed_part(*copy) != signed_part(stored.note))
        return add(Flaw::anchor_copy_differs, number,
                   "the copy outside says something else: if its signature is good, the database "
                   "was rewritten");
    if (options_.keys.empty()) return;
    const auto opened = open_note(*copy, options_.keys);
    if (!opened)
        add(Flaw::anchor_signature, number, "of the copy outside: " + opened.error().detail);
}

void AnchorWalk::find_newer_copies() {
    const auto last = static_cast<std::int64_t>(tree_.size());
    const auto first = std::ranges::upper_bound(copies_, last);
    if (first == copies_.end()) return;
    add(Flaw::anchor_copy_newer, *first,
        fmt::format("there are copies of anchors {} to {}, and the database ends with {}: it is "
                    "older than what was anchored",
                    *first, copies_.back(), last));
}

void AnchorWalk::add(Flaw flaw, std::int64_t anchor, std::string detail) {
    report_.add({{.flaw = flaw, .anchor = anchor, .detail = std::move(detail)}});
}

}  // namespace florin::ledger
