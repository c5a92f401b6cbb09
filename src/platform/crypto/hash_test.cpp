#include "platform/crypto/hash.h"

#include <gtest/gtest.h>

namespace florin::crypto {
namespace {

TEST(Hash, AgreesWithPublishedVectors) {
    EXPECT_EQ(to_hex(view(sha256("abc"))),  // FIPS 180-4
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),  // RFC 4231, case 2
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Base64, FollowsRfc4648) {
    EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
    EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
    EXPECT_EQ(base64url("\xff\xfe\xfd\xfc"), "__79_A");
    std::string out;
    EXPECT_TRUE(base64_decode("Zm9vYmE=", out));
    EXPECT_EQ(out, "fooba");
    EXPECT_FALSE(base64_decode("Zm9vY", out));
}

TEST(Base32, TakesTheLeadingBits) {
    EXPECT_EQ(base32(std::string_view("\0\0\0\0\0", 5), 8), "00000000");
    EXPECT_EQ(base32("\xff\xff\xff\xff\xff", 8), "zzzzzzzz");
    EXPECT_EQ(base32("\x08\x40", 2), "11");
}

TEST(EqualInConstantTime, ComparesAllBytes) {
    EXPECT_TRUE(equal_in_constant_time("secret", "secret"));
    EXPECT_FALSE(equal_in_constant_time("secret", "secreT"));
    EXPECT_FALSE(equal_in_constant_time("secret", "secre"));
}

}  // namespace
}  // namespace florin::crypto
