#include "ledger/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "platform/crypto/ed25519.h"
#include "platform/crypto/hash.h"

namespace florin::ledger {
namespace {

constexpr std::string_view kPrivate = "PRIVATE+KEY+";
constexpr char kEd25519 = 1;                         // The algorithm, before each key.
constexpr std::string_view kDash = "\xe2\x80\x94 ";  // An em dash and a space.
constexpr std::size_t kNoteMax = 64 * 1024, kNameMax = 200;

std::unexpected<Error> bad_key(std::string_view why) {
    return fail(Fault::invalid, "ledger_key_malformed",
                "this is no key of `florin ledger keygen`: " + std::string(why));
}

std::unexpected<Error> bad_note(std::string_view why) {
    return fail(Fault::invalid, "note_malformed", "this is no checkpoint: " + std::string(why));
}

// "<name>+<hash>+<base64>"; the 32 bytes, and the hash that was written.
struct KeyParts {
    std::string name, hash, bytes;
};

Result<KeyParts> parts_of(std::string_view text) {
    while (text.ends_with('\n')) text.remove_suffix(1);
    const auto first = text.find('+');
    const auto second = text.find('+', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos)
        return bad_key("it has no three parts with + between them");
    KeyParts parts{.name = std::string(text.substr(0, first))};
    const auto hash = from_hex(text.substr(first + 1, second - first - 1));
    if (!is_key_name(parts.name) || !hash || hash->size() != 4) return bad_key("its name or hash");
    parts.hash = *hash;
    if (!crypto::base64_decode(text.substr(second + 1), parts.bytes) ||
        parts.bytes.size() != 1 + crypto::kEd25519KeyBytes || parts.bytes[0] != kEd25519)
        return bad_key("its last part is no Ed25519 key in base64");
    parts.bytes.erase(0, 1);
    return parts;
}

std::string key_text(std::string_view name, std::string_view hash, std::string_view bytes) {
    return fmt::format("{}+{}+{}", name, to_hex(hash),
                       crypto::base64(std::string(1, kEd25519) + std::string(bytes)));
}

std::string body_of(const Checkpoint& checkpoint) {
    return fmt::format("{}\n{}\n{}\n", checkpoint.origin, checkpoint.size,
                       crypto::base64(view(checkpoint.root)));
}

// The text up to a line feed, which is taken away with it; nothing when there is none.
std::optional<std::string_view> take_line(std::string_view& rest) {
    const auto end = rest.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const auto line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return line;
}

}  // namespace

bool is_key_name(std::string_view name) {
    return !name.empty() && name.size() <= kNameMax &&
           std::ranges::all_of(name, [](char c) { return c > ' ' && c < '\x7f' && c != '+'; });
}

std::string PublicKey::hash() const {
    const auto whole = crypto::sha256(name + '\n' + kEd25519 + key);
    return std::string(view(whole).substr(0, 4));
}

std::string PublicKey::text() const {
    return key_text(name, hash(), key);
}

Result<PublicKey> PublicKey::parse(std::string_view text) {
    TRY(auto parts, parts_of(text));
    PublicKey out{std::move(parts.name), std::move(parts.bytes)};
    if (out.hash() != parts.hash) return bad_key("its hash is that of another key");
    return out;
}

std::string PrivateKey::text() const {
    return std::string(kPrivate) + key_text(name, public_key().hash(), seed);
}

PublicKey PrivateKey::public_key() const {
    return {name, crypto::ed25519_public_key(seed)};
}

Result<PrivateKey> PrivateKey::parse(std::string_view text) {
    if (!text.starts_with(kPrivate)) return bad_key("it does not begin with PRIVATE+KEY+");
    TRY(auto parts, parts_of(text.substr(kPrivate.size())));
    PrivateKey out{std::move(parts.name), std::move(parts.bytes)};
    if (out.public_key().hash() != parts.hash) return bad_key("its hash is that of another key");
    return out;
}

std::string sign(const Checkpoint& checkpoint, const PrivateKey& key) {
    const auto body = body_of(checkpoint);
    const auto signature = key.public_key().hash() + crypto::ed25519_sign(key.seed, body);
    return fmt::format("{}\n{}{} {}\n", body, kDash, key.name, crypto::base64(signature));
}

std::string_view signed_part(std::string_view note) {
    const auto end = note.find("\n\n");
    return end == std::string_view::npos ? std::string_view() : note.substr(0, end + 1);
}

Result<Checkpoint> read_note(std::string_view note) {
    auto rest = signed_part(note);
    if (rest.empty() || note.size() > kNoteMax) return bad_note("it has no signatures");
    const auto origin = take_line(rest), size = take_line(rest), root = take_line(rest);
    if (!origin || !size || !root || origin->empty())
        return bad_note("it lacks one of three lines");
    Checkpoint out{.origin = std::string(*origin)};
    const auto end = size->data() + size->size();
    const auto read = std::from_chars(size->data(), end, out.size);
    if (read.ec != std::errc() || read.ptr != end || out.size < 1 || size->starts_with('0'))
        return bad_note("its second line is no size");
    std::string bytes;
    if (!crypto::base64_decode(*root, bytes) || bytes.size() != out.root.size())
        return bad_note("its third line is no hash");
    std::ranges::copy(bytes, out.root.begin());
    return out;
}

Result<Checkpoint> open_note(std::string_view note, std::span<const PublicKey> keys) {
    TRY(auto checkpoint, read_note(note));
    const auto body = signed_part(note);
    auto rest = note.substr(body.size() + 1);
    while (const auto line = take_line(rest)) {
        const auto space = line->rfind(' ');
        std::string signature;
        if (!line->starts_with(kDash) || space < kDash.size() ||
            !crypto::base64_decode(line->substr(space + 1), signature) || signature.size() < 5)
            return bad_note("a line after the text is no signature");
        const auto name = line->substr(kDash.size(), space - kDash.size());
        for (const auto& key : keys) {
            if (key.name != name || key.name != checkpoint.origin ||
                key.hash() != signature.substr(0, 4))
                continue;
            if (crypto::ed25519_verify(key.key, body, std::string_view(signature).substr(4)))
                return checkpoint;
            return fail(Fault::invalid, "note_signature_wrong",
                        "the checkpoint has a signature of " + key.name +
                            " that is wrong: it is not what was signed");
        }
    }
    return fail(Fault::invalid, "note_not_signed",
                "the checkpoint of " + checkpoint.origin + " is signed by no key that you gave");
}

}  // namespace florin::ledger
