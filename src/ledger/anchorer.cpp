#include "ledger/anchorer.h"

#include "base/log.h"
#include "platform/async/scope.h"

namespace florin::ledger {
namespace {

constexpr std::int64_t kCopiesAtOnce = 64;

// Why no anchor may follow this one; empty when one may. An anchor that is not what its note says
// is for `florin ledger verify`: signing on top of it would make it look right.
std::string why_not_after(const StoredAnchor& last, const PublicKey& key) {
    const auto tree = last.tree();
    const auto opened = open_note(last.note, std::vector{key});
    if (!tree) return "the last anchor was changed";
    // Another key may have signed it before.
    const auto checkpoint = opened ? opened : read_note(last.note);
    if (!checkpoint || checkpoint->size != last.anchor.number ||
        checkpoint->root != tree_with(last).root())
        return "the last anchor was changed";
    if (!opened && opened.error().code == "note_signature_wrong") return opened.error().detail;
    return "";
}

}  // namespace

Task<> Anchorer::run() {
    while (true) {
        try {
            co_await anchor();
        } catch (const pg::Lost& e) {
            log::warn("anchorer.no_database", {{"why", e.what()}});
        } catch (const pg::SqlError& e) {
            log::warn("anchorer.refused", {{"state", e.state}, {"why", e.what()}});
        } catch (const CopyFailed& e) {
            log::error("anchorer.no_copy", {{"why", e.what()}});
        }
        co_await sleep_for(options_.period);
    }
}

Task<> Anchorer::anchor() {
    if (options_.key) co_await make();
    if (!options_.folder.empty()) co_await copy();
}

Task<> Anchorer::make() {
    // In this order: the heads are never older than the anchor.
    const auto last = co_await store_.last();
    const auto heads = co_await store_.heads();
    if (heads.empty() || (last && last->heads == pack(heads))) co_return;
    auto why = last ? why_not_after(*last, options_.key->public_key()) : "";
    const auto number = last ? last->anchor.number : 0;
    if (!options_.folder.empty() && AnchorFiles(options_.folder).last() > number)
        why = "the folder of copies has newer anchors than the database: it is an old one";
    if (!why.empty()) {
        log::error("anchorer.stopped", {{"anchor", std::to_string(number)}, {"why", why}});
        co_return;
    }
    auto next = next_anchor(last, heads, now());
    const Checkpoint checkpoint{options_.key->name, next.anchor.number, tree_with(next).root()};
    next.note = sign(checkpoint, *options_.key);
    if (co_await store_.add(std::move(next))) ++anchors_;
}

Task<> Anchorer::copy() {
    const AnchorFiles files(options_.folder);
    auto number = files.last();
    while (true) {
        const auto page = co_await store_.above(number, kCopiesAtOnce);
        for (const auto& one : page) files.write(one.anchor.number, one.note);
        if (page.empty()) co_return;
        number = page.back().anchor.number;
    }
}

}  // namespace florin::ledger
