#include "sandbox/cards.h"

#include <gtest/gtest.h>

#include <set>

#include "sandbox/objects.h"

namespace florin::sandbox {
namespace {

struct Row {
    std::string_view number;
    Outcome outcome;
    std::string_view code;
    std::string_view decline_code;
};

// The behaviour column of the provider's published table.
constexpr Row kTable[] = {
    {"4242424242424242", Outcome::approved, "", ""},
    {"4000000000000002", Outcome::declined, "card_declined", "generic_decline"},
    {"4000000000009995", Outcome::declined, "card_declined", "insufficient_funds"},
    {"4000000000009987", Outcome::declined, "card_declined", "lost_card"},
    {"4000000000009979", Outcome::declined, "card_declined", "stolen_card"},
    {"4000000000006975", Outcome::declined, "card_declined", "card_velocity_exceeded"},
    {"4000000000000069", Outcome::declined, "expired_card", ""},
    {"4000000000000127", Outcome::declined, "incorrect_cvc", ""},
    {"4000000000000119", Outcome::declined, "processing_error", ""},
    {"4000000000000341", Outcome::declined, "card_declined", "generic_decline"},
    {"4000000000003220", Outcome::challenged, "", ""},
    {"4000002500003155", Outcome::challenged, "", ""},
    {"4000002760003184", Outcome::challenged, "", ""},
    {"4000008400001629", Outcome::challenged, "card_declined", "generic_decline"},
    {"4000008260003178", Outcome::challenged, "card_declined", "insufficient_funds"},
    {"4000000000000259", Outcome::approved, "", ""},
    {"4000000000002685", Outcome::approved, "", ""},
    {"4000000000001976", Outcome::approved, "", ""},
    {"4000000000005423", Outcome::approved, "", ""},
    {"4000000000000077", Outcome::approved, "", ""},
    {"4000000000007726", Outcome::approved, "", ""},
    {"4000000000005126", Outcome::approved, "", ""},
    {"4000008400000076", Outcome::approved, "", ""},
    {"4100000000000019", Outcome::declined, "card_declined", "fraudulent"},
};

TEST(Cards, BehaveAsTheTableSays) {
    for (const auto& row : kTable) {
        const Card* card = card_by_number(row.number);
        ASSERT_NE(card, nullptr) << row.number;
        EXPECT_EQ(judge(*card, Presence{}), row.outcome) << row.number;
        const bool declines = !row.code.empty();
        ASSERT_EQ(card->decline != nullptr, declines) << row.number;
        if (!declines) continue;
        EXPECT_EQ(card->decline->code, row.code) << row.number;
        EXPECT_EQ(card->decline->decline_code, row.decline_code) << row.number;
    }
}

TEST(Cards, ChallengeIsAnsweredByTheIssuerAfterwards) {
    Presence passed;
    passed.authenticated = true;
    EXPECT_EQ(judge(*card_by_number("4000000000003220"), passed), Outcome::approved);
    EXPECT_EQ(judge(*card_by_number("4000008400001629"), passed), Outcome::declined);
    Presence nobody_there;
    nobody_there.can_challenge = false;
    EXPECT_EQ(judge(*card_by_number("4000002760003184"), nobody_there),
              Outcome::authentication_missing);
}

TEST(Cards, TokensNameTheSameCards) {
    EXPECT_EQ(card_by_token("pm_card_visa")->number, "4242424242424242");
    EXPECT_EQ(card_by_token("pm_card_amex")->brand, "amex");
    EXPECT_EQ(card_by_token("pm_card_visa_chargeDeclined")->number, "4000000000000002");
    EXPECT_EQ(card_by_token("pm_card_chargeDeclinedExpiredCard")->decline->code, "expired_card");
    EXPECT_EQ(card_by_token("pm_card_visa_chargeDeclinedFraudulent")->decline->decline_code,
              "fraudulent");
    EXPECT_TRUE(card_by_token("pm_card_threeDSecure2Required")->challenge);
    EXPECT_EQ(card_by_token("pm_card_createDispute")->decline, nullptr);
    EXPECT_EQ(card_by_token("pm_card_nobody"), nullptr);
}

TEST(Cards, NumbersAreValidAndStandOnce) {
    std::set<std::string_view> seen;
    for (const auto& card : cards()) {
        EXPECT_TRUE(seen.insert(card.number).second) << card.number;
        EXPECT_EQ(passes_luhn(card.number), card.decline != &kIncorrectNumber) << card.number;
    }
    EXPECT_FALSE(passes_luhn("4242"));
    EXPECT_FALSE(passes_luhn("424242424242424x"));
}

}  // namespace
}  // namespace florin::sandbox
