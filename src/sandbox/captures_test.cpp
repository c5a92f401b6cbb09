// Authorizations after their approval: many captures, increments, and what a cancel releases.

#include <gtest/gtest.h>

#include "sandbox/test_bench.h"

namespace florin::sandbox {
namespace {

using Types = std::vector<std::string>;

const std::string kManual = "&capture_method=manual";
const std::string kMulticapture =
    kManual + "&payment_method_options[card][request_multicapture]=if_available";
const std::string kIncrements =
    kManual + "&payment_method_options[card][request_incremental_authorization]=if_available";

TEST(Captures, ManyUntilTheFinalOne) {
    Bench bench;
    const auto held = bench.pay("pm_card_visa", kMulticapture + "&expand[]=latest_charge");
    EXPECT_EQ(held.at("/payment_method_options/card/request_multicapture"), "if_available");
    const std::string card = "/latest_charge/payment_method_details/card";
    EXPECT_EQ(held.at(card + "/multicapture/status"), "available");
    EXPECT_EQ(held.at(card + "/incremental_authorization/status"), "unavailable");
    EXPECT_EQ(held.at(card + "/amount_authorized"), "1000");
    const auto path = intent_path(held) + "/capture";
    bench.told();
    const auto part =
        bench.post(path, "amount_to_capture=700&final_capture=false&expand[]=latest_charge", "k1");
    EXPECT_EQ(part.at("/status"), "requires_capture");
    EXPECT_EQ(part.at("/amount"), "1000");
    EXPECT_EQ(part.at("/amount_capturable"), "300");
    EXPECT_EQ(part.at("/amount_received"), "700");
    EXPECT_EQ(part.at("/latest_charge/amount_captured"), "700");
    EXPECT_EQ(part.at("/latest_charge/amount_refunded"), "0");
    EXPECT_EQ(part.at("/latest_charge/captured"), "false");
    EXPECT_EQ(bench.told(), (Types{"charge.updated", "payment_intent.amount_capturable_updated"}));
    EXPECT_EQ(
        bench.post(path, "amount_to_capture=700&final_capture=false&expand[]=latest_charge", "k1")
            .body,
        part.body);
    const auto too_much = bench.post(path, "amount_to_capture=301");
    EXPECT_EQ(too_much.at("/error/code"), "amount_too_large");
    const auto last = bench.post(path, "amount_to_capture=200&expand[]=latest_charge");
    EXPECT_EQ(last.at("/status"), "succeeded");
    EXPECT_EQ(last.at("/amount_capturable"), "0");
    EXPECT_EQ(last.at("/amount_received"), "900");
    EXPECT_EQ(last.at("/latest_charge/amount_captured"), "900");
    EXPECT_EQ(last.at("/latest_charge/amount_refunded"), "0");
    EXPECT_EQ(last.at("/latest_charge/captured"), "true");
    EXPECT_EQ(bench.told(), (Types{"charge.updated", "payment_intent.amount_capturable_updated",
                                   "charge.captured", "payment_intent.succeeded"}));
    EXPECT_EQ(bench.post(path, "").at("/error/code"), "payment_intent_unexpected_state");
}

TEST(Captures, OnlyOneWithoutMulticapture) {
    Bench bench;
    for (const auto& [card, more] :
         {std::pair{"pm_card_visa", kManual},
          {"pm_card_credit_disableEnterpriseCardFeatures", kMulticapture}}) {
        const auto held = bench.pay(card, more);
        const auto refused =
            bench.post(intent_path(held) + "/capture", "amount_to_capture=400&final_capture=false");
        EXPECT_EQ(refused.status, 400);
        EXPECT_EQ(refused.at("/error/param"), "final_capture");
        EXPECT_EQ(bench.get(intent_path(held)).at("/amount_capturable"), "1000");
        const auto zero = bench.post(intent_path(held) + "/capture", "amount_to_capture=0");
        EXPECT_EQ(zero.at("/error/param"), "amount_to_capture");
        const auto taken = bench.post(intent_path(held) + "/capture",
                                      "amount_to_capture=400&expand[]=latest_charge");
        EXPECT_EQ(taken.at("/status"), "succeeded");
        EXPECT_EQ(taken.at("/latest_charge/amount_refunded"), "600");
        EXPECT_EQ(taken.at("/latest_charge/refunded"), "false");
        const auto truth = bench.truth(taken.at("/latest_charge/id"));
        EXPECT_EQ(truth.at("/amount_refunded"), "0");
        EXPECT_EQ(truth.at("/amount_captured"), "400");
    }
    EXPECT_EQ(bench.pay("pm_card_visa", "&payment_method_options[card][request_multicapture]=yes")
                  .at("/error/param"),
              "payment_method_options[card][request_multicapture]");
}

TEST(Captures, ZeroReleasesTheRest) {
    Bench bench;
    const auto held = bench.pay("pm_card_visa", kMulticapture);
    const auto path = intent_path(held) + "/capture";
    EXPECT_EQ(bench.post(path, "amount_to_capture=0&final_capture=true").status, 400);
    // All of it, and still open: only a final capture ends it.
    const auto all = bench.post(path, "final_capture=false");
    EXPECT_EQ(all.at("/status"), "requires_capture");
    EXPECT_EQ(all.at("/amount_capturable"), "0");
    EXPECT_EQ(bench.post(path, "amount_to_capture=1").at("/error/code"), "amount_too_large");
    const auto closed = bench.post(path, "amount_to_capture=0&final_capture=true");
    EXPECT_EQ(closed.at("/status"), "succeeded");
    EXPECT_EQ(closed.at("/amount_received"), "1000");
}

TEST(Captures, FiftyAtMost) {
    Bench bench;
    const auto held = bench.pay("pm_card_visa", kMulticapture);
    const auto path = intent_path(held) + "/capture";
    for (int i = 0; i < 49; ++i)
        ASSERT_EQ(bench.post(path, "amount_to_capture=1&final_capture=false").status, 200) << i;
    EXPECT_EQ(bench.post(path, "amount_to_capture=1&final_capture=false").status, 400);
    EXPECT_EQ(bench.post(path, "amount_to_capture=1").at("/amount_received"), "50");
}

TEST(Captures, CancelKeepsWhatWasCaptured) {
    Bench bench;
    const auto held = bench.pay("pm_card_visa", kMulticapture);
    bench.post(intent_path(held) + "/capture", "amount_to_capture=300&final_capture=false");
    bench.told();
    const auto kept = bench.post(intent_path(held) + "/cancel", "expand[]=latest_charge");
    EXPECT_EQ(kept.at("/status"), "succeeded");
    EXPECT_EQ(kept.at("/amount_received"), "300");
    EXPECT_EQ(kept.at("/amount_capturable"), "0");
    EXPECT_EQ(kept.at("/canceled_at"), "null");
    EXPECT_EQ(kept.at("/latest_charge/captured"), "true");
    EXPECT_EQ(bench.events.back(), "payment_intent.succeeded");
    EXPECT_EQ(bench.truth(kept.at("/latest_charge/id")).at("/status"), "captured");
    EXPECT_EQ(bench.post(intent_path(held) + "/cancel", "").status, 400);
}

TEST(Captures, RefundsWhileCapturing) {
    Bench bench;
    const auto held = bench.pay("pm_card_visa", kMulticapture);
    const auto refund = "payment_intent=" + held.at("/id");
    EXPECT_EQ(bench.post("/v1/refunds", refund).status, 400);
    bench.post(intent_path(held) + "/capture", "amount_to_capture=300&final_capture=false");
    EXPECT_EQ(bench.post("/v1/refunds", refund + "&amount=301").at("/error/param"), "amount");
    EXPECT_EQ(bench.post("/v1/refunds", refund).at("/amount"), "300");
    const auto charge = "/v1/charges/" + held.at("/latest_charge");
    EXPECT_EQ(bench.get(charge).at("/amount_refunded"), "300");
    EXPECT_EQ(bench.get(charge).at("/refunded"), "false");
    bench.post(intent_path(held) + "/capture", "amount_to_capture=0");
    EXPECT_EQ(bench.get(charge).at("/refunded"), "true");
}

TEST(Increments, RaiseTheAuthorizationToANewTotal) {
    Bench bench;
    const auto held = bench.pay("pm_card_visa", kIncrements);
    const auto path = intent_path(held) + "/increment_authorization";
    bench.told();
    const auto more = bench.post(path, "amount=1500&metadata[a]=1&expand[]=latest_charge");
    EXPECT_EQ(more.at("/amount"), "1500");
    EXPECT_EQ(more.at("/amount_capturable"), "1500");
    EXPECT_EQ(more.at("/status"), "requires_capture");
    EXPECT_EQ(more.at("/metadata/a"), "1");
    EXPECT_EQ(more.at("/latest_charge/amount"), "1500");
    EXPECT_EQ(bench.told(), (Types{"charge.updated", "payment_intent.amount_capturable_updated"}));
    for (const auto* amount : {"1500", "900"}) {
        const auto refused = bench.post(path, std::string("amount=") + amount);
        EXPECT_EQ(refused.status, 400) << amount;
        EXPECT_EQ(refused.at("/error/code"), "amount_too_small") << amount;
        EXPECT_EQ(refused.at("/error/param"), "amount") << amount;
    }
    EXPECT_EQ(bench.post(path, "").at("/error/code"), "parameter_missing");
    const auto taken = bench.post(intent_path(held) + "/capture", "");
    EXPECT_EQ(taken.at("/amount_received"), "1500");
    EXPECT_EQ(bench.post(path, "amount=2000").at("/error/code"), "payment_intent_unexpected_state");
}

TEST(Increments, DeclineLeavesTheAuthorization) {
    Bench bench;
    const auto held = bench.pay("pm_card_visa", kIncrements);
    const auto path = intent_path(held) + "/increment_authorization";
    const auto declined = bench.post(path, "amount=10001&metadata[a]=1", "k1");
    EXPECT_EQ(declined.status, 402);
    EXPECT_EQ(declined.at("/error/type"), "card_error");
    EXPECT_EQ(declined.at("/error/code"), "card_declined");
    EXPECT_EQ(declined.at("/error/decline_code"), "insufficient_funds");
    EXPECT_EQ(declined.at("/error/payment_intent/amount_capturable"), "1000");
    EXPECT_EQ(declined.at("/error/payment_intent/metadata"), "{}");
    EXPECT_EQ(bench.post(path, "amount=10001&metadata[a]=1", "k1").body, declined.body);
    for (int i = 1; i < 10; ++i)
        ASSERT_EQ(bench.post(path, "amount=" + std::to_string(1000 + i)).status, 200) << i;
    EXPECT_EQ(bench.post(path, "amount=2000").status, 400);
    EXPECT_EQ(bench.get(intent_path(held)).at("/amount_capturable"), "1009");
}

TEST(Increments, OnlyWhereRequestedAndUncaptured) {
    Bench bench;
    const auto plain = bench.pay("pm_card_visa", kManual);
    const auto refused = bench.post(intent_path(plain) + "/increment_authorization", "amount=2000");
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(refused.at("/error/type"), "invalid_request_error");
    const auto both = bench.pay(
        "pm_card_visa", kMulticapture +
                            "&payment_method_options[card][request_incremental_authorization]="
                            "if_available");
    bench.post(intent_path(both) + "/capture", "amount_to_capture=1&final_capture=false");
    EXPECT_EQ(bench.post(intent_path(both) + "/increment_authorization", "amount=2000").status,
              400);
}

TEST_F(JournalFolder, RestoresCapturesAndIncrements) {
    Answer shown, raised;
    {
        Bench bench(folder());
        const auto held = bench.pay("pm_card_visa", kMulticapture);
        shown =
            bench.post(intent_path(held) + "/capture", "amount_to_capture=300&final_capture=false");
        const auto other = bench.pay("pm_card_visa", kIncrements);
        const auto path = intent_path(other) + "/increment_authorization";
        bench.post(path, "amount=99999");  // Declined, and counted.
        raised = bench.post(path, "amount=1200");
    }
    Bench bench(folder());
    EXPECT_EQ(bench.get(intent_path(shown)).body, shown.body);
    EXPECT_EQ(bench.get(intent_path(raised)).body, raised.body);
    EXPECT_EQ(bench.sandbox.provider().store().intents.back().increments, 2);
    EXPECT_EQ(bench.post(intent_path(shown) + "/capture", "").at("/amount_received"), "1000");
}

}  // namespace
}  // namespace florin::sandbox
