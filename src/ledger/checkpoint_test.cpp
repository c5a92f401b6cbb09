// Goal: notes that other people's tools read. Method: the example of Go's sumdb/note byte by byte,
// there and back, and every single bit turned over.

#include "ledger/checkpoint.h"

#include <gtest/gtest.h>

namespace florin::ledger {
namespace {

// From the documentation of golang.org/x/mod/sumdb/note.
constexpr std::string_view kPublic =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr std::string_view kPrivate =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";

Checkpoint example() {
    Checkpoint out{.origin = "PeterNeumann", .size = 42};
    out.root.fill(7);
    return out;
}

std::string code_of(const Result<Checkpoint>& result) {
    return result ? "" : result.error().code;
}

TEST(Checkpoint, KeysAreThoseOfOthers) {
    const auto key = PrivateKey::parse(kPrivate);
    ASSERT_TRUE(key);
    EXPECT_EQ(key->text(), kPrivate);
    EXPECT_EQ(key->public_key().text(), kPublic);
    EXPECT_EQ(*PublicKey::parse(std::string(kPublic) + "\n"), key->public_key());
}

TEST(Checkpoint, SignsWhatOthersSign) {
    const auto key = PrivateKey::parse(kPrivate);
    const auto note = sign(example(), *key);
    EXPECT_EQ(note.substr(0, note.find("\n\n") + 2),
              "PeterNeumann\n42\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n\n");
    EXPECT_EQ(note.substr(note.find("\n\n") + 2, 20), "\xe2\x80\x94 PeterNeumann x08");
    EXPECT_EQ(open_note(note, std::vector{key->public_key()}), example());
    EXPECT_EQ(read_note(note), example());
}

TEST(Checkpoint, OpensOnlyWhatAKnownKeySigned) {
    const auto key = *PrivateKey::parse(kPrivate);
    const PrivateKey other{"PeterNeumann", std::string(32, 'x')}, stranger{"B", key.seed};
    const std::vector keys = {key.public_key()};
    const auto note = sign(example(), key);
    EXPECT_EQ(code_of(open_note(note, {})), "note_not_signed");
    EXPECT_EQ(code_of(open_note(note, std::vector{other.public_key()})), "note_not_signed");
    EXPECT_EQ(code_of(open_note(sign(example(), stranger), std::vector{stranger.public_key()})),
              "note_not_signed")
        << "a key signs for its own log only";
    // Others may add their signatures.
    const auto witnessed = note + "\xe2\x80\x94 witness AAAAAAAAAAAAAAAA\n";
    EXPECT_EQ(open_note(witnessed, keys), example());
    EXPECT_EQ(signed_part(witnessed), signed_part(note));
    auto forged = note;
    forged.replace(forged.find("42"), 2, "43");
    EXPECT_EQ(code_of(open_note(forged, keys)), "note_signature_wrong");
    for (std::size_t bit = 0; bit < note.size() * 8; ++bit) {
        auto spoiled = note;
        spoiled[bit / 8] = static_cast<char>(spoiled[bit / 8] ^ (1 << bit % 8));
        const auto opened = open_note(spoiled, keys);
        // Base64 has bits that mean nothing, in the last letter of a signature.
        EXPECT_TRUE(!opened || *opened == example()) << bit;
    }
}

TEST(Checkpoint, RefusesWhatIsNone) {
    for (const auto* text :
         {"", "a\n1\n", "a\n1\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n",
          "a\n0\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n\n",
          "a\n01\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n\n", "a\n1\nBwcH\n\n",
          "a\n-1\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n\n", "a\n1\n\n", "\n\n\n\n"})
        EXPECT_EQ(code_of(read_note(text)), "note_malformed") << text;
    for (const auto* text : {"", "a", "a+b", "a+c74f20a3+ARpc",
                             "PeterNeumann+c74f20a4+"
                             "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"})
        EXPECT_FALSE(PublicKey::parse(text)) << text;
    EXPECT_FALSE(PrivateKey::parse(kPublic));
    EXPECT_FALSE(is_key_name("a b"));
    EXPECT_FALSE(is_key_name("a+b"));
    EXPECT_TRUE(is_key_name("shop.example/ledger"));
}

}  // namespace
}  // namespace florin::ledger
