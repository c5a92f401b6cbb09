#pragma once

// The signed form of an anchor: a checkpoint (C2SP tlog-checkpoint) in a signed note (C2SP
// signed-note), so that other people's tools can check and witness it. Keys are in the forms of
// Go's sumdb/note. Pure.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace florin::ledger {

// Who may be believed: "<name>+<hash>+<base64 of 1 and the key>".
struct PublicKey {
    std::string name;
    std::string key;  // 32 bytes.

    std::string text() const;
    // The first four bytes of a hash over name and key; it stands before each signature.
    std::string hash() const;
    // Failure: ledger_key_malformed.
    static Result<PublicKey> parse(std::string_view text);

    friend bool operator==(const PublicKey&, const PublicKey&) = default;
};

// Who signs: "PRIVATE+KEY+<name>+<hash>+<base64 of 1 and the seed>".
struct PrivateKey {
    std::string name;
    std::string seed;  // 32 bytes, secret.

    std::string text() const;
    PublicKey public_key() const;
    static Result<PrivateKey> parse(std::string_view text);
};

// A name is the origin of the log, like "shop.example/ledger": no spaces, no plus, at most 200
// bytes.
bool is_key_name(std::string_view name);

// The root of a tree that only grows.
struct Checkpoint {
    std::string origin;  // The name of the key.
    std::int64_t size = 0;
    Hash root{};

    friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

std::string sign(const Checkpoint& checkpoint, const PrivateKey& key);

// The checkpoint of a note, whoever has signed it. Failure: note_malformed.
Result<Checkpoint> read_note(std::string_view note);
// Only when one of the keys has signed it under the name that it gives as its origin. Failures:
// note_malformed, note_not_signed (by none of them), note_signature_wrong.
Result<Checkpoint> open_note(std::string_view note, std::span<const PublicKey> keys);
// What is signed: the note without its signatures.
std::string_view signed_part(std::string_view note);

}  // namespace florin::ledger
