#include "sandbox/idempotency.h"

#include <gtest/gtest.h>

namespace florin::sandbox {
namespace {

using Verdict = IdempotencyKeys::Verdict;

Reply answer(int status, std::string body) {
    Reply reply;
    reply.status = status;
    reply.body = std::make_shared<const std::string>(std::move(body));
    return reply;
}

TEST(IdempotencyKeys, GivesTheFirstAnswerAgain) {
    IdempotencyKeys keys;
    ASSERT_EQ(keys.begin("k", "/p", 1, 0).verdict, Verdict::fresh);
    EXPECT_EQ(keys.begin("k", "/p", 1, 1).verdict, Verdict::in_use);
    keys.finish("k", answer(402, "declined"));
    const auto again = keys.begin("k", "/p", 1, 2);
    EXPECT_EQ(again.verdict, Verdict::replay);
    EXPECT_EQ(again.reply.status, 402);
    EXPECT_EQ(*again.reply.body, "declined");
}

TEST(IdempotencyKeys, BelongsToOneRequest) {
    IdempotencyKeys keys;
    keys.begin("k", "/p", 1, 0);
    // The first one still runs: another request is refused as such, not as "in use".
    EXPECT_EQ(keys.begin("k", "/p", 2, 0).verdict, Verdict::other_params);
    keys.finish("k", answer(200, ""));
    EXPECT_EQ(keys.begin("k", "/p", 2, 0).verdict, Verdict::other_params);
    const auto elsewhere = keys.begin("k", "/q", 1, 0);
    EXPECT_EQ(elsewhere.verdict, Verdict::other_endpoint);
    EXPECT_EQ(elsewhere.first_path, "/p");
}

TEST(IdempotencyKeys, ReleasedKeyIsFreshAgain) {
    IdempotencyKeys keys;
    keys.begin("k", "/p", 1, 0);
    keys.release("k");
    EXPECT_EQ(keys.begin("k", "/p", 2, 5).verdict, Verdict::fresh);
    keys.finish("k", answer(200, ""));
    // The released first use is 24 hours old, the second is not: the key is still known.
    EXPECT_EQ(keys.begin("k", "/p", 2, IdempotencyKeys::kLifeUs).verdict, Verdict::replay);
}

TEST(IdempotencyKeys, LivesOneDay) {
    IdempotencyKeys keys;
    keys.begin("k", "/p", 1, 100);
    keys.finish("k", answer(200, ""));
    const auto end = 100 + IdempotencyKeys::kLifeUs;
    EXPECT_EQ(keys.begin("k", "/p", 1, end - 1).verdict, Verdict::replay);
    EXPECT_EQ(keys.begin("k", "/p", 2, end).verdict, Verdict::fresh);
    EXPECT_EQ(keys.size(), 1U);
}

}  // namespace
}  // namespace florin::sandbox
