// Goal: only what Stripe signed a moment ago is heard. Method: Stripe's published vector, then each
// way to be wrong.

#include "connectors/stripe/webhook.h"

#include <gtest/gtest.h>

#include "platform/crypto/hash.h"

namespace florin::connectors::stripe {
namespace {

using std::chrono::seconds;

constexpr std::string_view kSecret = "whsec_test_secret";
constexpr std::string_view kBody =
    R"({"id":"evt_1","object":"event","type":"payment_intent.succeeded","data":{"object":)"
    R"({"id":"pi_1","metadata":{"florin_payment":"pay_1"}}}})";
const Instant kSigned{seconds(1'700'000'000)};

std::string signature(std::string_view body, std::string_view secret = kSecret,
                      std::string_view time = "1700000000") {
    const auto mac = crypto::hmac_sha256(secret, std::string(time) + "." + std::string(body));
    return "t=" + std::string(time) + ",v1=" + to_hex(mac);
}

std::string code_of(std::string_view header, std::string_view body, Instant now = kSigned) {
    const auto hint = read_webhook(header, body, kSecret, now);
    return hint ? "" : hint.error().code;
}

TEST(StripeWebhook, ThePublishedVectorIsRight) {
    const std::string_view body = R"({"id":"evt_test_webhook","object":"event"})";
    const std::string_view v1 = "d95c6b7477fbd7e9f90b1b0ef5f9c7ac25abca5382460e0d988c2b2a5b71b990";
    // The signature is right; as an event it lacks its type.
    EXPECT_EQ(code_of("t=1700000000,v1=" + std::string(v1), body), "webhook_malformed");
}

TEST(StripeWebhook, IsReadWhenItIsSigned) {
    const auto hint = read_webhook(signature(kBody), kBody, kSecret, kSigned);
    ASSERT_TRUE(hint);
    EXPECT_EQ(hint->id, "evt_1");
    EXPECT_EQ(hint->type, "payment_intent.succeeded");
    EXPECT_EQ(hint->payment, "pay_1");
    const auto rotated = "t=1700000000,v1=" + std::string(64, '0') +
                         signature(kBody).substr(std::string_view("t=1700000000").size());
    EXPECT_EQ(code_of(rotated, kBody), "") << "one of several signatures is ours";
    const std::string_view no_payment =
        R"({"id":"evt_2","object":"event","type":"balance.available","data":{"object":{}}})";
    EXPECT_EQ(read_webhook(signature(no_payment), no_payment, kSecret, kSigned)->payment, "");
}

TEST(StripeWebhook, SaysWhatItIsAboutWherePaymentsThatHaveEndedMayCare) {
    const auto read = [](std::string_view type, std::string_view object) {
        const auto body = R"({"id":"evt_1","object":"event","type":")" + std::string(type) +
                          R"(","data":{"object":{)" + std::string(object) + "}}}";
        return *read_webhook(signature(body), body, kSecret, kSigned);
    };
    const std::string_view id = R"("id":"x_1")";
    for (const auto& [type, about] : std::initializer_list<std::pair<std::string_view, About>>{
             {"payment_intent.succeeded", About::charge},
             {"payment_intent.amount_capturable_updated", About::charge},
             {"payment_intent.canceled", About::lapse},
             {"payment_intent.payment_failed", About::nothing_more},
             {"charge.succeeded", About::nothing_more},
             {"charge.dispute.created", About::dispute},
             {"refund.failed", About::refund},
             {"refund.created", About::nothing_more}}) {
        EXPECT_EQ(read(type, id).about, about) << type;
        EXPECT_EQ(read(type, id).object, "x_1");
        EXPECT_EQ(read(type, "").about, About::nothing_more) << "nothing can be looked at";
    }
}

TEST(StripeWebhook, IsRefusedWhenItIsForgedOrReplayed) {
    const auto good = signature(kBody);
    for (const auto* header : {"", "t=1700000000", "v1=aa", "t=,v1=aa", "t=17x,v1=aa", "nonsense",
                               "t=99999999999999999999,v1=aa"})
        EXPECT_EQ(code_of(header, kBody), "signature_missing") << header;
    EXPECT_EQ(code_of(good, std::string(kBody) + " "), "signature_wrong");
    EXPECT_EQ(code_of(signature(kBody, "whsec_other"), kBody), "signature_wrong");
    EXPECT_EQ(code_of("t=1700000001" + good.substr(12), kBody), "signature_wrong");
    EXPECT_EQ(code_of("t=1700000000,v0=" + good.substr(16), kBody), "signature_missing");
    EXPECT_EQ(code_of(good, kBody, kSigned + seconds(300)), "");
    EXPECT_EQ(code_of(good, kBody, kSigned + seconds(301)), "webhook_too_old");
    EXPECT_EQ(code_of(good, kBody, kSigned - seconds(301)), "webhook_too_old");
}

TEST(StripeWebhook, WhatIsNoEventIsRefused) {
    for (const std::string_view body :
         {"", "null", "[]", "{}", R"({"object":"event"})", R"({"id":"e","object":"event"})",
          R"({"id":7,"object":"event","type":"t"})", R"({"id":"e","object":"charge","type":"t"})",
          "\xff\xfe"})
        EXPECT_EQ(code_of(signature(body), body), "webhook_malformed") << body;
}

}  // namespace
}  // namespace florin::connectors::stripe
