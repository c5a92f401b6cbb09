// Refunds: several for one charge, the errors, the ones that change later, and their truth.

#include <gtest/gtest.h>

#include "sandbox/test_bench.h"

namespace florin::sandbox {
namespace {

using Types = std::vector<std::string>;

TEST(Refunds, PartByPartUpToWhatWasTaken) {
    Bench bench;
    const auto paid = bench.pay("pm_card_visa");
    const auto charge = paid.at("/latest_charge");
    bench.told();
    const auto part =
        bench.post("/v1/refunds",
                   "amount=400&reason=requested_by_customer&metadata[op]=1&charge=" + charge, "k1");
    EXPECT_EQ(part.at("/object"), "refund");
    EXPECT_EQ(part.at("/status"), "succeeded");
    EXPECT_EQ(part.at("/reason"), "requested_by_customer");
    EXPECT_EQ(part.at("/metadata/op"), "1");
    EXPECT_EQ(part.at("/charge"), charge);
    EXPECT_EQ(part.at("/payment_intent"), paid.at("/id"));
    EXPECT_EQ(bench.told(), (Types{"refund.created", "charge.refunded"}));
    EXPECT_EQ(bench.get("/v1/refunds/" + part.at("/id")).body, part.body);
    const auto whole = bench.get("/v1/refunds/" + part.at("/id"), "expand[]=charge");
    EXPECT_EQ(whole.at("/charge/amount_refunded"), "400");
    EXPECT_EQ(whole.at("/charge/refunded"), "false");
    EXPECT_EQ(bench.post("/v1/refunds", "payment_intent=" + paid.at("/id")).at("/amount"), "600");
    EXPECT_EQ(bench.get("/v1/charges/" + charge).at("/refunded"), "true");
}

TEST(Refunds, KeysReplayThemAndTheirRefusals) {
    Bench bench;
    const auto paid = bench.pay("pm_card_visa");
    const auto form = "amount=700&payment_intent=" + paid.at("/id");
    const auto first = bench.post("/v1/refunds", form, "k1");
    const auto again = bench.post("/v1/refunds", form, "k1");
    EXPECT_TRUE(again.replayed);
    EXPECT_EQ(again.body, first.body);
    const auto over = bench.post("/v1/refunds", form, "k2");
    EXPECT_EQ(over.status, 400);
    EXPECT_EQ(over.at("/error/type"), "invalid_request_error");
    EXPECT_EQ(over.at("/error/param"), "amount");
    EXPECT_EQ(over.at("/error/code"), "");
    EXPECT_TRUE(bench.post("/v1/refunds", form, "k2").replayed);
    EXPECT_EQ(bench.post("/v1/refunds", form + "&reason=bored", "k3").status, 400);
    EXPECT_FALSE(bench.post("/v1/refunds", form + "&reason=bored", "k3").replayed);
    bench.post("/v1/refunds", "payment_intent=" + paid.at("/id"));
    const auto done = bench.post("/v1/refunds", form);
    EXPECT_EQ(done.at("/error/code"), "charge_already_refunded");
    EXPECT_EQ(bench.sandbox.provider().store().refunds.size(), 2U);
}

TEST(Refunds, NeedACapturedCharge) {
    Bench bench;
    EXPECT_EQ(bench.post("/v1/refunds", "amount=1").at("/error/code"), "parameter_missing");
    EXPECT_EQ(bench.post("/v1/refunds", "payment_intent=pi_no").status, 404);
    EXPECT_EQ(bench.post("/v1/refunds", "charge=ch_no").at("/error/code"), "resource_missing");
    EXPECT_EQ(bench.get("/v1/refunds/re_no").status, 404);
    const auto open = bench.post("/v1/payment_intents", "amount=5&currency=eur");
    const auto held = bench.pay("pm_card_visa", "&capture_method=manual");
    for (const auto& one : {open, held})
        EXPECT_EQ(bench.post("/v1/refunds", "payment_intent=" + one.at("/id")).status, 400);
    const auto paid = bench.pay("pm_card_visa");
    const auto mixed = "&charge=" + held.at("/latest_charge");
    EXPECT_EQ(
        bench.post("/v1/refunds", "payment_intent=" + paid.at("/id") + mixed).at("/error/param"),
        "charge");
    EXPECT_TRUE(bench.sandbox.provider().store().refunds.empty());
}

TEST(Refunds, AreListedByPayment) {
    Bench bench;
    const auto one = bench.pay("pm_card_visa");
    const auto two = bench.pay("pm_card_visa");
    std::vector<std::string> ids;
    for (const auto* paid : {&one, &two, &one, &one})
        ids.push_back(
            bench.post("/v1/refunds", "amount=10&payment_intent=" + paid->at("/id")).at("/id"));
    const auto query = "payment_intent=" + one.at("/id");
    const auto first = bench.get("/v1/refunds", query + "&limit=2");
    EXPECT_EQ(first.at("/url"), "/v1/refunds");
    EXPECT_EQ(first.at("/data/0/id"), ids[3]);
    EXPECT_EQ(first.at("/data/1/id"), ids[2]);
    EXPECT_EQ(first.at("/has_more"), "true");
    const auto rest = bench.get("/v1/refunds", query + "&starting_after=" + ids[2]);
    EXPECT_EQ(rest.at("/data/0/id"), ids[0]);
    EXPECT_EQ(rest.at("/has_more"), "false");
    const auto newer = bench.get("/v1/refunds", query + "&ending_before=" + ids[0] + "&limit=1");
    EXPECT_EQ(newer.at("/data/0/id"), ids[2]);
    EXPECT_EQ(newer.at("/has_more"), "true");
    EXPECT_EQ(bench.get("/v1/refunds", "charge=" + two.at("/latest_charge")).at("/data/0/id"),
              ids[1]);
    EXPECT_EQ(
        bench.get("/v1/refunds", "charge=" + two.at("/latest_charge") + "&" + query).at("/data"),
        "[]");
    EXPECT_EQ(bench.get("/v1/refunds").at("/data/3/id"), ids[0]);
    EXPECT_EQ(bench.get("/v1/refunds", "payment_intent=pi_no").status, 404);
}

TEST(Refunds, PendingBecomesSucceeded) {
    Bench bench;
    const auto paid = bench.pay("pm_card_pendingRefund");
    const auto made = bench.post("/v1/refunds", "amount=400&payment_intent=" + paid.at("/id"));
    EXPECT_EQ(made.at("/status"), "pending");
    EXPECT_EQ(made.at("/pending_reason"), "processing");
    EXPECT_EQ(bench.truth(paid.at("/latest_charge")).at("/amount_refunded"), "0");
    const auto over = bench.post("/v1/refunds", "amount=601&payment_intent=" + paid.at("/id"));
    EXPECT_EQ(over.status, 400);  // What is pending is taken.
    bench.told();
    const auto changed = bench.post("/_sandbox/advance", "");
    EXPECT_EQ(changed.at("/changed"), "[\"" + made.at("/id") + "\"]");
    EXPECT_EQ(bench.told(), Types{"refund.updated"});
    EXPECT_EQ(bench.get("/v1/refunds/" + made.at("/id")).at("/status"), "succeeded");
    EXPECT_EQ(bench.truth(paid.at("/latest_charge")).at("/amount_refunded"), "400");
    EXPECT_EQ(bench.post("/_sandbox/advance", "").at("/changed"), "[]");
}

TEST(Refunds, SucceededBecomesFailed) {
    Bench bench;
    const auto paid = bench.pay("pm_card_refundFail");
    const auto charge = "/v1/charges/" + paid.at("/latest_charge");
    const auto form = "payment_intent=" + paid.at("/id");
    const auto made = bench.post("/v1/refunds", form);
    EXPECT_EQ(made.at("/status"), "succeeded");
    EXPECT_EQ(bench.get(charge).at("/refunded"), "true");
    bench.told();
    EXPECT_EQ(bench.post("/_sandbox/advance", "id=re_other").at("/changed"), "[]");
    bench.post("/_sandbox/advance", "id=" + made.at("/id"));
    EXPECT_EQ(bench.told(), (Types{"refund.updated", "refund.failed"}));
    const auto failed = bench.get("/v1/refunds/" + made.at("/id"));
    EXPECT_EQ(failed.at("/status"), "failed");
    EXPECT_EQ(failed.at("/failure_reason"), "expired_or_canceled_card");
    EXPECT_EQ(bench.get(charge).at("/amount_refunded"), "0");
    EXPECT_EQ(bench.get(charge).at("/refunded"), "false");
    EXPECT_EQ(bench.truth(paid.at("/latest_charge")).at("/amount_refunded"), "0");
    EXPECT_EQ(bench.post("/v1/refunds", form).at("/amount"), "1000");  // It can be tried again.
}

TEST(Refunds, TakeNewMetadata) {
    Bench bench;
    const auto paid = bench.pay("pm_card_visa");
    const auto made = bench.post("/v1/refunds", "metadata[a]=1&payment_intent=" + paid.at("/id"));
    const auto path = "/v1/refunds/" + made.at("/id");
    const auto changed = bench.post(path, "metadata[b]=2&metadata[a]=");
    EXPECT_EQ(changed.at("/metadata/b"), "2");
    EXPECT_EQ(changed.at("/metadata/a"), "");
    EXPECT_EQ(bench.events.back(), "refund.updated");
    EXPECT_EQ(bench.post(path, "amount=1").at("/error/code"), "parameter_unknown");
    EXPECT_EQ(bench.post("/v1/refunds/re_no", "metadata[b]=2").status, 404);
}

TEST(Refunds, StandInTheTruthLog) {
    Bench bench;
    const auto paid = bench.pay("pm_card_visa", "&metadata[order]=1");
    bench.post("/v1/refunds", "amount=100&metadata[op]=7&charge=" + paid.at("/latest_charge"),
               "key-7");
    bench.post("/v1/refunds", "amount=50&charge=" + paid.at("/latest_charge"));
    const auto truth = bench.truth(paid.at("/latest_charge"));
    EXPECT_EQ(truth.at("/payment_intent"), paid.at("/id"));
    EXPECT_EQ(truth.at("/amount"), "1000");
    EXPECT_EQ(truth.at("/amount_captured"), "1000");
    EXPECT_EQ(truth.at("/amount_refunded"), "150");
    EXPECT_EQ(truth.at("/status"), "captured");
    EXPECT_EQ(truth.at("/metadata/order"), "1");
    EXPECT_EQ(truth.at("/refunds/0/amount"), "100");
    EXPECT_EQ(truth.at("/refunds/0/status"), "succeeded");
    EXPECT_EQ(truth.at("/refunds/0/metadata/op"), "7");
    EXPECT_EQ(truth.at("/refunds/0/idempotency_key"), "key-7");
    EXPECT_EQ(truth.at("/refunds/1/idempotency_key"), "null");
    const auto gone = bench.pay("pm_card_visa", "&capture_method=manual");
    bench.post(intent_path(gone) + "/cancel", "");
    EXPECT_EQ(bench.truth(gone.at("/latest_charge")).at("/amount_refunded"), "0");
}

TEST_F(JournalFolder, RestoresRefundsAndWhatWaits) {
    Answer paid, waits, failed, truth;
    {
        Bench bench(folder());
        failed = bench.post("/v1/refunds",
                            "payment_intent=" + bench.pay("pm_card_refundFail").at("/id"));
        bench.post("/_sandbox/advance", "");
        paid = bench.pay("pm_card_pendingRefund");
        waits = bench.post("/v1/refunds", "amount=5&payment_intent=" + paid.at("/id"), "k1");
        truth = bench.truth(paid.at("/latest_charge"));
    }
    Bench bench(folder());
    EXPECT_EQ(bench.get("/v1/refunds/" + failed.at("/id")).at("/status"), "failed");
    EXPECT_EQ(bench.get("/v1/refunds/" + waits.at("/id")).body, waits.body);
    EXPECT_EQ(bench.truth(paid.at("/latest_charge")).body, truth.body);
    EXPECT_TRUE(
        bench.post("/v1/refunds", "amount=5&payment_intent=" + paid.at("/id"), "k1").replayed);
    bench.post("/_sandbox/advance", "");
    EXPECT_EQ(bench.get("/v1/refunds/" + waits.at("/id")).at("/status"), "succeeded");
}

}  // namespace
}  // namespace florin::sandbox
