#include "ledger/seal.h"

#include <algorithm>
#include <concepts>

#include "base/check.h"
#include "ledger/merkle.h"
#include "platform/crypto/hash.h"

namespace florin::ledger {
namespace {

constexpr std::uint8_t kTransactionVersion = 1;
// The first byte of what is hashed; 0 and 1 are the Merkle tree's.
constexpr std::uint8_t kBlockMark = 2, kHeadMark = 3, kAnchorMark = 4;
constexpr std::size_t kLeafBytes = 48, kHeadBytes = 10;
constexpr std::size_t kLegBytes = 2 + 16 + 8 + 16;

class Out {
public:
    template <std::integral T>
    Out& number(T value) {
        for (int shift = static_cast<int>(sizeof(T)) * 8 - 8; shift >= 0; shift -= 8)
            bytes_ += static_cast<char>(static_cast<std::make_unsigned_t<T>>(value) >> shift & 255);
        return *this;
    }
    Out& bytes(std::string_view bytes) {
        bytes_ += bytes;
        return *this;
    }
    Out& text(std::string_view text) {
        return number(static_cast<std::uint32_t>(text.size())).bytes(text);
    }
    Out& time(Instant at) { return number(at.time_since_epoch().count()); }
    std::string take() { return std::move(bytes_); }

private:
    std::string bytes_;
};

// Reads what Out wrote; once something is missing all is nothing.
class In {
public:
    explicit In(std::string_view bytes) : rest_(bytes) {}

    template <std::integral T>
    T number() {
        std::make_unsigned_t<T> value = 0;
        for (const char c : bytes(sizeof(T)))
            value = static_cast<std::make_unsigned_t<T>>(std::uint64_t{value} << 8 |
                                                         static_cast<unsigned char>(c));
        return static_cast<T>(value);
    }
    std::string_view bytes(std::size_t count) {
        if (count > rest_.size()) is_whole_ = false;
        if (!is_whole_) return {};
        const auto out = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return out;
    }
    std::string_view text() { return bytes(number<std::uint32_t>()); }
    Uuid uuid() { return uuid_from_bytes(bytes(16)).value_or(Uuid()); }
    Hash hash() {
        Hash out{};
        std::ranges::copy(bytes(out.size()), out.begin());
        return out;
    }
    Instant time() { return Instant(std::chrono::microseconds(number<std::int64_t>())); }

    std::size_t left() const { return rest_.size(); }
    bool is_at_end() const { return is_whole_ && rest_.empty(); }

private:
    std::string_view rest_;
    bool is_whole_ = true;
};

}  // namespace

std::string encode(const StoredTransaction& transaction) {
    Out out;
    out.number(kTransactionVersion).number(transaction.slot);
    out.bytes(view(transaction.id)).bytes(view(transaction.merchant));
    out.bytes(view(transaction.source)).text(transaction.kind).time(transaction.recorded_at);
    out.number(static_cast<std::uint32_t>(transaction.legs.size()));
    for (const auto& leg : transaction.legs)
        out.number(leg.number)
            .bytes(view(leg.account))
            .number(leg.amount)
            .bytes(view(leg.reference));
    return out.take();
}

std::optional<StoredTransaction> decode(std::string_view bytes) {
    In in(bytes);
    if (in.number<std::uint8_t>() != kTransactionVersion) return std::nullopt;
    StoredTransaction out;
    out.slot = in.number<Slot>();
    out.id = in.uuid(), out.merchant = in.uuid(), out.source = in.uuid();
    out.kind = in.text();
    out.recorded_at = in.time();
    const auto legs = in.number<std::uint32_t>();
    if (in.left() != std::size_t{legs} * kLegBytes) return std::nullopt;
    for (std::uint32_t n = 0; n < legs; ++n) {
        StoredLeg leg;
        leg.number = in.number<std::int16_t>();
        leg.account = in.uuid();
        leg.amount = in.number<std::int64_t>();
        leg.reference = in.uuid();
        out.legs.push_back(leg);
    }
    if (!in.is_at_end()) return std::nullopt;
    return out;
}

Hash body_hash(const StoredTransaction& transaction) {
    return leaf_hash(encode(transaction));
}

std::string pack(std::span<const Leaf> leaves) {
    Out out;
    for (const auto& leaf : leaves) out.bytes(view(leaf.id)).bytes(view(leaf.hash));
    return out.take();
}

std::optional<std::vector<Leaf>> unpack(std::string_view bytes) {
    if (bytes.size() % kLeafBytes != 0) return std::nullopt;
    std::vector<Leaf> out(bytes.size() / kLeafBytes);
    In in(bytes);
    for (auto& leaf : out) leaf.id = in.uuid(), leaf.hash = in.hash();
    return out;
}

Hash root_of(std::span<const Leaf> leaves) {
    Peaks peaks;
    for (const auto& leaf : leaves) peaks.add(leaf.hash);
    return peaks.root();
}

Hash hash_of(const Block& block) {
    Out out;
    out.number(kBlockMark).bytes(view(block.previous)).number(block.slot).number(block.epoch);
    out.number(block.number).number(block.lo_xid).number(block.hi_xid).number(block.n);
    out.bytes(view(block.root));
    return crypto::sha256(out.take());
}

Hash leaf_of(const Head& head) {
    Out out;
    out.number(kHeadMark).number(head.slot).number(head.number).bytes(view(head.hash));
    return leaf_hash(out.take());
}

Hash leaf_of(const Anchor& anchor) {
    Out out;
    out.number(kAnchorMark).number(anchor.number).time(anchor.at).number(anchor.slots);
    out.bytes(view(anchor.heads_root));
    return leaf_hash(out.take());
}

std::string pack(std::span<const Head> heads) {
    Out out;
    for (const auto& head : heads) out.number(head.slot).number(head.number);
    return out.take();
}

std::optional<std::vector<Head>> unpack_heads(std::string_view bytes) {
    if (bytes.size() % kHeadBytes != 0) return std::nullopt;
    std::vector<Head> out(bytes.size() / kHeadBytes);
    In in(bytes);
    for (auto& head : out) head.slot = in.number<Slot>(), head.number = in.number<std::int64_t>();
    return out;
}

}  // namespace florin::ledger
