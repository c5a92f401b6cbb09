#include "ledger/proof.h"

#include <simdjson.h>

#include <algorithm>

#include "base/json.h"
#include "ledger/merkle.h"

namespace florin::ledger {
namespace {

using simdjson::dom::element;

constexpr std::int64_t kVersion = 1;
constexpr std::size_t kProofMax = 64 << 20;

std::string hex(const Hash& hash) {
    return to_hex(view(hash));
}

void show(json::Writer& out, std::string_view name, const std::vector<Hash>& path) {
    out.key(name).begin_array();
    for (const auto& hash : path) out.value(hex(hash));
    out.end_array();
}

void show(json::Writer& out, const Block& block) {
    out.begin_object().field("slot", block.slot).field("number", block.number);
    out.field("epoch", block.epoch).field("lo_xid", block.lo_xid).field("hi_xid", block.hi_xid);
    out.field("n", block.n).field("root", hex(block.root));
    out.field("previous", hex(block.previous)).field("hash", hex(block.hash)).end_object();
}

// Reads members, and remembers whether all were there and of their kind.
class Reader {
public:
    Reader(element object, bool& good) : object_(object), good_(good) {}

    std::string text(std::string_view name) {
        std::string_view value;
        need(object_[name].get(value) == simdjson::SUCCESS);
        return std::string(value);
    }
    template <class T>
    T whole(std::string_view name) {
        std::int64_t value = 0;
        need(object_[name].get(value) == simdjson::SUCCESS);
        need(std::in_range<T>(value));
        return static_cast<T>(value);
    }
    Hash hash(std::string_view name) { return hash_from(text(name)); }
    std::vector<Hash> hashes(std::string_view name) {
        std::vector<Hash> out;
        for (const auto one : list(name)) {
            std::string_view value;
            need(one.get(value) == simdjson::SUCCESS);
            out.push_back(hash_from(value));
        }
        return out;
    }
    std::vector<element> list(std::string_view name) {
        simdjson::dom::array value;
        need(object_[name].get(value) == simdjson::SUCCESS);
        return good_ ? std::vector<element>(value.begin(), value.end()) : std::vector<element>();
    }
    Reader object(std::string_view name) {
        element value;
        need(object_[name].get(value) == simdjson::SUCCESS);
        return {good_ ? value : object_, good_};
    }
    void need(bool is_so) { good_ = good_ && is_so; }

private:
    Hash hash_from(std::string_view text) {
        Hash out{};
        const auto bytes = from_hex(text);
        need(bytes && bytes->size() == out.size());
        if (good_) std::ranges::copy(*bytes, out.begin());
        return out;
    }

    element object_;
    bool& good_;
};

Block read_block(Reader in) {
    return {.slot = in.whole<Slot>("slot"),
            .number = in.whole<std::int64_t>("number"),
            .epoch = in.whole<std::int16_t>("epoch"),
            .lo_xid = in.whole<std::int64_t>("lo_xid"),
            .hi_xid = in.whole<std::int64_t>("hi_xid"),
            .n = in.whole<std::int32_t>("n"),
            .root = in.hash("root"),
            .previous = in.hash("previous"),
            .hash = in.hash("hash")};
}

std::unexpected<Error> wrong(std::string_view why) {
    return fail(Fault::conflict, "proof_wrong", why);
}

// The head that the chain of blocks leads to; nothing when it is no chain.
std::optional<Head> head_of(const Proof& proof) {
    const auto* last = &proof.block;
    if (hash_of(*last) != last->hash) return std::nullopt;
    for (const auto& next : proof.later) {
        if (next.slot != last->slot || next.number != last->number + 1 ||
            next.previous != last->hash || hash_of(next) != next.hash)
            return std::nullopt;
        last = &next;
    }
    return Head{last->slot, last->number, last->hash};
}

std::uint64_t place(std::int64_t number) {
    return static_cast<std::uint64_t>(number);
}

}  // namespace

std::string show(const Proof& proof) {
    json::Writer out;
    out.begin_object().field("object", "ledger_proof").field("version", kVersion);
    out.field("transaction", to_hex(proof.transaction)).field("position", proof.position);
    show(out, "path", proof.path);
    out.key("block");
    show(out, proof.block);
    out.key("later").begin_array();
    for (const auto& block : proof.later) show(out, block);
    out.end_array().field("head_position", proof.head_position);
    show(out, "head_path", proof.head_path);
    out.key("anchor").begin_object().field("number", proof.anchor.number);
    out.field("at_us", proof.anchor.at.time_since_epoch().count());
    out.field("slots", proof.anchor.slots).field("heads_root", hex(proof.anchor.heads_root));
    out.end_object();
    show(out, "anchor_path", proof.anchor_path);
    out.field("note", proof.note).end_object();
    return std::move(out).text();
}

Result<Proof> read_proof(std::string_view json) {
    const auto malformed =
        fail(Fault::invalid, "proof_malformed", "this is no proof of `florin ledger proof --json`");
    simdjson::dom::parser parser(kProofMax);
    element root;
    if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS) return malformed;
    bool good = true;
    Reader in(root, good);
    in.need(in.text("object") == "ledger_proof" && in.whole<std::int64_t>("version") == kVersion);
    Proof out;
    const auto bytes = from_hex(in.text("transaction"));
    in.need(bytes.has_value());
    out.transaction = bytes.value_or("");
    out.position = in.whole<std::int64_t>("position");
    out.path = in.hashes("path");
    out.block = read_block(in.object("block"));
    for (const auto block : in.list("later")) out.later.push_back(read_block({block, good}));
    out.head_position = in.whole<std::int64_t>("head_position");
    out.head_path = in.hashes("head_path");
    auto anchor = in.object("anchor");
    out.anchor = {.number = anchor.whole<std::int64_t>("number"),
                  .at = Instant(std::chrono::microseconds(anchor.whole<std::int64_t>("at_us"))),
                  .slots = anchor.whole<std::int32_t>("slots"),
                  .heads_root = anchor.hash("heads_root")};
    out.anchor_path = in.hashes("anchor_path");
    out.note = in.text("note");
    if (!good) return malformed;
    return out;
}

Result<StoredTransaction> check_proof(const Proof& proof, std::span<const PublicKey> keys) {
    const auto transaction = decode(proof.transaction);
    if (!transaction) return wrong("the transaction's bytes cannot be read");
    if (proof.position < 0 || proof.block.n < 1 || proof.head_position < 0 ||
        proof.anchor.slots < 1 || proof.anchor.number < 1)
        return wrong("a position or a count is not possible");
    if (transaction->slot != proof.block.slot)
        return wrong("the transaction is of another slot than the block");
    if (root_of_path(leaf_hash(proof.transaction), place(proof.position), place(proof.block.n),
                     proof.path) != proof.block.root)
        return wrong("the transaction is not in the block: the path does not lead to its root");
    const auto head = head_of(proof);
    if (!head) return wrong("the blocks are no chain");
    if (root_of_path(leaf_of(*head), place(proof.head_position), place(proof.anchor.slots),
                     proof.head_path) != proof.anchor.heads_root)
        return wrong("the last block is not among the heads of the anchor");
    TRY(const auto checkpoint, open_note(proof.note, keys));
    if (checkpoint.size != proof.anchor.number ||
        root_of_path(leaf_of(proof.anchor), place(proof.anchor.number - 1),
                     place(proof.anchor.number), proof.anchor_path) != checkpoint.root)
        return wrong("the anchor is not in the tree that was signed");
    return *transaction;
}

}  // namespace florin::ledger
