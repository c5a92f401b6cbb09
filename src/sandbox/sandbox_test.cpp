// The provider as its callers see it, without HTTP: payments through all states, keys, lists, the
// search, and the journal after a torn write.

#include "sandbox/sandbox.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "sandbox/routes.h"
#include "sandbox/test_bench.h"

namespace florin::sandbox {
namespace {

TEST(Sandbox, PaysAtOnce) {
    Bench bench;
    const auto paid = bench.pay("pm_card_visa", "&metadata[order]=1&expand[]=latest_charge");
    EXPECT_EQ(paid.status, 200);
    EXPECT_EQ(paid.at("/status"), "succeeded");
    EXPECT_EQ(paid.at("/amount_received"), "1000");
    EXPECT_EQ(paid.at("/metadata/order"), "1");
    EXPECT_EQ(paid.at("/livemode"), "false");
    EXPECT_EQ(paid.at("/latest_charge/captured"), "true");
    EXPECT_EQ(paid.at("/latest_charge/amount_captured"), "1000");
    EXPECT_TRUE(paid.at("/client_secret").starts_with(paid.at("/id") + "_secret_"));
    EXPECT_EQ(bench.get(intent_path(paid), "expand[]=latest_charge").body, paid.body);
    EXPECT_EQ(bench.get("/v1/charges/" + paid.at("/latest_charge/id")).at("/status"), "succeeded");
    EXPECT_EQ(bench.events, (std::vector<std::string>{"payment_intent.created", "charge.succeeded",
                                                      "payment_intent.succeeded"}));
}

TEST(Sandbox, DeclineIsAnErrorThatCarriesThePayment) {
    Bench bench;
    const auto refused = bench.pay("pm_card_visa_chargeDeclinedInsufficientFunds");
    EXPECT_EQ(refused.status, 402);
    EXPECT_EQ(refused.at("/error/type"), "card_error");
    EXPECT_EQ(refused.at("/error/code"), "card_declined");
    EXPECT_EQ(refused.at("/error/decline_code"), "insufficient_funds");
    EXPECT_EQ(refused.at("/error/payment_intent/status"), "requires_payment_method");
    EXPECT_EQ(refused.at("/error/payment_intent/last_payment_error/code"), "card_declined");
    EXPECT_EQ(refused.at("/error/payment_intent/payment_method"), "null");
    const auto path = "/v1/payment_intents/" + refused.at("/error/payment_intent/id");
    EXPECT_EQ(bench.get("/v1/charges/" + refused.at("/error/charge")).at("/failure_code"),
              "card_declined");
    const auto paid = bench.post(path + "/confirm", "payment_method=pm_card_visa");
    EXPECT_EQ(paid.at("/status"), "succeeded");
    EXPECT_EQ(paid.at("/last_payment_error"), "null");
    const auto charges =
        bench.get("/v1/charges", "payment_intent=" + refused.at("/error/payment_intent/id"));
    EXPECT_EQ(charges.at("/data/0/id"), paid.at("/latest_charge"));
    EXPECT_EQ(charges.at("/data/1/id"), refused.at("/error/charge"));
}

TEST(Sandbox, CapturesAPartAndReleasesTheRest) {
    Bench bench;
    const auto held = bench.pay("pm_card_visa", "&capture_method=manual");
    EXPECT_EQ(held.at("/status"), "requires_capture");
    EXPECT_EQ(held.at("/amount_capturable"), "1000");
    const auto path = intent_path(held);
    const auto too_much = bench.post(path + "/capture", "amount_to_capture=1001");
    EXPECT_EQ(too_much.at("/error/code"), "amount_too_large");
    const auto taken =
        bench.post(path + "/capture", "amount_to_capture=600&expand[]=latest_charge");
    EXPECT_EQ(taken.at("/status"), "succeeded");
    EXPECT_EQ(taken.at("/amount"), "1000");
    EXPECT_EQ(taken.at("/amount_received"), "600");
    EXPECT_EQ(taken.at("/amount_capturable"), "0");
    EXPECT_EQ(taken.at("/latest_charge/amount_captured"), "600");
    const auto again = bench.post(path + "/capture", "");
    EXPECT_EQ(again.status, 400);
    EXPECT_EQ(again.at("/error/code"), "payment_intent_unexpected_state");
    EXPECT_EQ(again.at("/error/payment_intent/id"), held.at("/id"));
    const auto refund = bench.post("/v1/refunds", "payment_intent=" + held.at("/id"));
    EXPECT_EQ(refund.at("/amount"), "600");
}

TEST(Sandbox, CancelsWhatIsOpen) {
    Bench bench;
    const auto held = bench.pay("pm_card_visa", "&capture_method=manual");
    const auto path = intent_path(held);
    EXPECT_EQ(bench.post(path + "/cancel", "cancellation_reason=bored").status, 400);
    const auto gone = bench.post(path + "/cancel", "cancellation_reason=abandoned");
    EXPECT_EQ(gone.at("/status"), "canceled");
    EXPECT_EQ(gone.at("/cancellation_reason"), "abandoned");
    EXPECT_EQ(gone.at("/amount_capturable"), "0");
    for (const auto* step : {"/cancel", "/capture", "/confirm"})
        EXPECT_EQ(bench.post(path + step, "").at("/error/code"), "payment_intent_unexpected_state");
    EXPECT_EQ(bench.events.back(), "payment_intent.canceled");
    const auto paid = bench.pay("pm_card_visa");
    EXPECT_EQ(bench.post(intent_path(paid) + "/cancel", "").status, 400);
}

TEST(Sandbox, AsksTheBuyer) {
    Bench bench;
    const auto asked =
        bench.pay("pm_card_threeDSecure2Required", "&return_url=https://shop.example/back");
    EXPECT_EQ(asked.at("/status"), "requires_action");
    EXPECT_EQ(asked.at("/next_action/type"), "redirect_to_url");
    const auto page = "/_sandbox/3ds/" + asked.at("/id");
    EXPECT_EQ(asked.at("/next_action/redirect_to_url/url"), "http://sandbox" + page);
    EXPECT_EQ(bench.post(page, "outcome=perhaps").status, 400);
    EXPECT_EQ(bench.post(page, "outcome=approve").at("/status"), "succeeded");
    EXPECT_EQ(bench.post(page, "outcome=approve").status, 400);

    const auto failed = bench.pay("pm_card_authenticationRequired");
    EXPECT_EQ(failed.at("/next_action/type"), "use_stripe_sdk");
    const auto after = bench.post("/_sandbox/3ds/" + failed.at("/id"), "outcome=fail");
    EXPECT_EQ(after.at("/status"), "requires_payment_method");
    EXPECT_EQ(after.at("/last_payment_error/code"), "payment_intent_authentication_failure");

    const auto absent = bench.pay("pm_card_authenticationRequired", "&off_session=true");
    EXPECT_EQ(absent.status, 402);
    EXPECT_EQ(absent.at("/error/code"), "authentication_required");
}

TEST(Sandbox, RefusesBadParametersWithoutATrace) {
    Bench bench;
    const std::pair<const char*, const char*> kBad[] = {
        {"", "amount"},
        {"amount=5", "currency"},
        {"amount=0&currency=eur", "amount"},
        {"amount=5&currency=EUR", "currency"},
        {"amount=5&currency=eur&amonut=6", "amonut"},
        {"amount=5&currency=eur&capture_method=never", "capture_method"},
        {"amount=5&currency=eur&payment_method=pm_nobody", "payment_method"},
        {"amount=5&currency=eur&confirm=true", "payment_method"},
        {"amount=5&currency=eur&confirm=yes", "confirm"},
        {"amount=5&currency=eur&payment_method_types[]=cash", "payment_method_types"},
    };
    for (const auto& [form, param] : kBad) {
        const auto refused = bench.post("/v1/payment_intents", form, "same_key");
        EXPECT_EQ(refused.status, 400) << form;
        EXPECT_EQ(refused.at("/error/type"), "invalid_request_error") << form;
        EXPECT_EQ(refused.at("/error/param"), param) << form;
    }
    EXPECT_EQ(bench.get("/v1/payment_intents").at("/data"), "[]");
    EXPECT_TRUE(bench.events.empty());
    EXPECT_EQ(bench.get("/v1/payment_intents/pi_nobody").status, 404);
    EXPECT_EQ(bench.get("/v1/payment_intents/pi_nobody").at("/error/code"), "resource_missing");
    EXPECT_EQ(bench.post("/v1/payment_intents/pi_nobody/capture", "").status, 404);
    EXPECT_EQ(bench.post("/v1/nothing", "").status, 404);
    // None of the refusals kept the key.
    EXPECT_EQ(bench.post("/v1/payment_intents", "amount=5&currency=eur", "same_key").status, 200);
}

TEST(Sandbox, KeysReplayAnswers) {
    Bench bench;
    const std::string form = "amount=5&currency=eur&payment_method=pm_card_visa&confirm=true";
    const auto first = bench.post("/v1/payment_intents", form, "k1");
    const auto again = bench.post("/v1/payment_intents", form, "k1");
    EXPECT_TRUE(again.replayed);
    EXPECT_EQ(again.body, first.body);
    const auto other = bench.post("/v1/payment_intents", form + "&description=x", "k1");
    EXPECT_EQ(other.status, 400);
    EXPECT_EQ(other.at("/error/type"), "idempotency_error");
    EXPECT_EQ(bench.post(intent_path(first) + "/cancel", "", "k1").at("/error/type"),
              "idempotency_error");
    const auto lost = bench.post("/v1/payment_intents", form, "k2", true);
    EXPECT_EQ(lost.status, 500);
    EXPECT_EQ(lost.at("/error/type"), "api_error");
    EXPECT_EQ(bench.post("/v1/payment_intents", form, "k2").status, 500);
    EXPECT_EQ(bench.sandbox.provider().store().charges.size(), 2U);
}

TEST(Sandbox, ConcurrentUseOfAKeyConflicts) {
    Bench bench;
    Command running;
    running.at_us = kStart;
    running.path = "/v1/payment_intents";
    running.form = "amount=5&currency=eur";
    running.key = "k";
    const auto params = Params::parse(running.form).value();
    ASSERT_FALSE(bench.sandbox.begin(running, params));
    const auto second = bench.post(running.path, running.form, "k");
    EXPECT_EQ(second.status, 409);
    EXPECT_EQ(second.at("/error/code"), "idempotency_key_in_use");
    bench.sandbox.execute(running, params);
    EXPECT_TRUE(bench.post(running.path, running.form, "k").replayed);
}

TEST(Sandbox, CardsBecomePaymentMethods) {
    Bench bench;
    const auto card = [&](const std::string& number, const std::string& year = "2030") {
        return bench.post("/v1/payment_methods", "type=card&card[number]=" + number +
                                                     "&card[exp_month]=4&card[exp_year]=" + year);
    };
    const auto saved = card("4000000000000341");
    EXPECT_EQ(saved.at("/card/last4"), "0341");
    EXPECT_EQ(bench.pay(saved.at("/id")).status, 402);
    const auto good = card("4242424242424242");
    const auto paid = bench.pay(good.at("/id"));
    EXPECT_EQ(paid.at("/payment_method"), good.at("/id"));
    EXPECT_EQ(card("4242424242424241").at("/error/code"), "incorrect_number");
    EXPECT_EQ(card("4242424242424242", "2001").at("/error/code"), "invalid_expiry_year");
    EXPECT_EQ(card("4111111111111111").at("/error/decline_code"), "test_mode_live_card");
}

TEST(Sandbox, ListsNewestFirstInPages) {
    Bench bench;
    std::vector<std::string> ids;
    for (int i = 0; i < 5; ++i) ids.push_back(bench.pay("pm_card_visa").at("/id"));
    const auto first = bench.get("/v1/payment_intents", "limit=2");
    EXPECT_EQ(first.at("/data/0/id"), ids[4]);
    EXPECT_EQ(first.at("/data/1/id"), ids[3]);
    EXPECT_EQ(first.at("/has_more"), "true");
    const auto last = bench.get("/v1/payment_intents", "limit=3&starting_after=" + ids[3]);
    EXPECT_EQ(last.at("/data/2/id"), ids[0]);
    EXPECT_EQ(last.at("/has_more"), "false");
    const auto newer = bench.get("/v1/payment_intents", "limit=2&ending_before=" + ids[1]);
    EXPECT_EQ(newer.at("/data/0/id"), ids[3]);
    EXPECT_EQ(newer.at("/data/1/id"), ids[2]);
    EXPECT_EQ(newer.at("/has_more"), "true");
    EXPECT_EQ(bench.get("/v1/payment_intents", "limit=101").status, 400);
    const auto events = bench.get("/v1/events", "type=payment_intent.succeeded&limit=1");
    EXPECT_EQ(events.at("/data/0/data/object/id"), ids[4]);
    EXPECT_EQ(bench.get("/v1/events/" + events.at("/data/0/id")).at("/object"), "event");
}

TEST(Sandbox, SearchesByMetadataInPagesAndWithLag) {
    Bench bench;
    std::vector<std::string> ids;
    for (int i = 0; i < 3; ++i)
        ids.push_back(bench.pay("pm_card_visa", "&metadata[shop]=a").at("/id"));
    bench.pay("pm_card_visa", "&metadata[shop]=b");
    const std::string query = "query=metadata['shop']:'a' AND status:'succeeded'";
    const auto all = bench.get("/v1/payment_intents/search", query);
    EXPECT_EQ(all.at("/object"), "search_result");
    EXPECT_EQ(all.at("/data/0/id"), ids[2]);
    EXPECT_EQ(all.at("/data/2/id"), ids[0]);
    EXPECT_EQ(all.at("/has_more"), "false");
    const auto page = bench.get("/v1/payment_intents/search", query + "&limit=2");
    EXPECT_EQ(page.at("/data/1/id"), ids[1]);
    const auto rest =
        bench.get("/v1/payment_intents/search", query + "&limit=2&page=" + page.at("/next_page"));
    EXPECT_EQ(rest.at("/data/0/id"), ids[0]);
    EXPECT_EQ(rest.at("/next_page"), "null");
    bench.now_us = kStart;  // Seen from a moment when nothing is indexed yet.
    EXPECT_EQ(bench.get("/v1/payment_intents/search", query).at("/data"), "[]");
}

TEST_F(JournalFolder, RestoresObjectsAndKeys) {
    const std::string form =
        "amount=5&currency=eur&payment_method=pm_card_visa&confirm=true"
        "&metadata[o]=%C3%A9%22%0A";
    Answer paid, declined, failed;
    {
        Bench bench(folder());
        paid = bench.post("/v1/payment_intents", form, "k1");
        declined = bench.pay("pm_card_visa_chargeDeclined");
        failed = bench.post("/v1/payment_intents", form, "k2", true);
        bench.post("/v1/payment_intents", "amount=0", "k3");  // Refused: leaves no line.
    }
    Bench bench(folder());
    EXPECT_EQ(bench.restored, 3U);
    EXPECT_TRUE(bench.events.empty());
    EXPECT_EQ(bench.get(intent_path(paid)).body, paid.body);
    const auto again = bench.post("/v1/payment_intents", form, "k1");
    EXPECT_TRUE(again.replayed);
    EXPECT_EQ(again.body, paid.body);
    EXPECT_EQ(bench.post("/v1/payment_intents", form, "k2").body, failed.body);
    EXPECT_EQ(bench.get("/v1/charges/" + declined.at("/error/charge")).at("/status"), "failed");
    EXPECT_NE(bench.pay("pm_card_visa").at("/id"), paid.at("/id"));
}

TEST_F(JournalFolder, CutsATornLastLine) {
    Answer paid;
    {
        Bench bench(folder());
        paid = bench.pay("pm_card_visa");
        bench.pay("pm_card_visa");
    }
    std::filesystem::resize_file(file(), std::filesystem::file_size(file()) - 3);
    {
        Bench bench(folder());
        EXPECT_EQ(bench.restored, 1U);
        EXPECT_EQ(bench.get(intent_path(paid)).body, paid.body);
        bench.pay("pm_card_visa");
    }
    EXPECT_EQ(Bench(folder()).restored, 2U);
}

TEST_F(JournalFolder, StopsAtAnythingElseThatItCannotRead) {
    {
        Bench(folder()).pay("pm_card_visa");
    }
    std::ofstream(file(), std::ios::app) << "not json\n";
    EXPECT_THROW(Bench{folder()}, std::runtime_error);
    std::ofstream(file(), std::ios::trunc) << "{\"other\":1}\n";
    EXPECT_THROW(Bench{folder()}, std::runtime_error);
}

TEST_F(JournalFolder, BelongsToOneProcess) {
    Bench bench(folder());
    EXPECT_THROW(Bench{folder()}, std::runtime_error);
}

TEST(Routes, ReadsBothKindsOfKey) {
    EXPECT_EQ(key_from("Bearer sk_test_1"), "sk_test_1");
    EXPECT_EQ(key_from("bearer sk_test_1"), "sk_test_1");
    EXPECT_EQ(key_from("Basic c2tfdGVzdF8xOg=="), "sk_test_1");
    EXPECT_EQ(key_from("Basic !"), "");
    EXPECT_EQ(key_from("sk_test_1"), "");
    EXPECT_EQ(key_from(""), "");
}

}  // namespace
}  // namespace florin::sandbox
