// Goal: the exact requests that leave for Stripe, and the contract of all connectors. Method:
// golden forms, and the contract's tests for each kind of order.

#include "connectors/stripe/stripe.h"

#include <gtest/gtest.h>

#include <map>

#include "connectors/contract_test.h"

namespace florin::connectors::stripe {
namespace {

Order order_for(Action action) {
    return {.action = action,
            .key = "mzxw6ytboi4dgmrtgezdgnbvgy3tqojqmzxw6ytb",
            .amount = Money(1099, "EUR"_currency),
            .token = "pm_card_visa",
            .reference = action == Action::sale || action == Action::authorize ? "" : "pi_1",
            .payment = "pay_01m7xmzqs8e82r0j6hb7h6nwvv"};
}

using Form = std::map<std::string, std::string>;

Form form_of(const http::Request& request) {
    std::vector<std::pair<std::string, std::string>> pairs;
    EXPECT_TRUE(http::parse_form(request.body, pairs));
    Form form(pairs.begin(), pairs.end());
    EXPECT_EQ(form.size(), pairs.size()) << "a field twice";
    return form;
}

TEST(StripeRequest, EachOrderHasItsPathAndForm) {
    const Form paid = {{"amount", "1099"},
                       {"currency", "eur"},
                       {"payment_method", "pm_card_visa"},
                       {"payment_method_types[0]", "card"},
                       {"confirm", "true"},
                       {"capture_method", "automatic"},
                       {"metadata[florin_key]", "mzxw6ytboi4dgmrtgezdgnbvgy3tqojqmzxw6ytb"},
                       {"metadata[florin_payment]", "pay_01m7xmzqs8e82r0j6hb7h6nwvv"}};
    auto held = paid;
    held["capture_method"] = "manual";
    held["payment_method_options[card][request_multicapture]"] = "if_available";
    held["payment_method_options[card][request_incremental_authorization]"] = "if_available";
    held["expand[0]"] = "latest_charge";
    struct Row {
        Action action;
        std::string_view target;
        Form form;
    };
    const Row rows[] = {
        {Action::sale, "/v1/payment_intents", paid},
        {Action::authorize, "/v1/payment_intents", held},
        {Action::capture, "/v1/payment_intents/pi_1/capture", {{"amount_to_capture", "1099"}}},
        {Action::refund,
         "/v1/refunds",
         {{"payment_intent", "pi_1"},
          {"amount", "1099"},
          {"metadata[florin_key]", "mzxw6ytboi4dgmrtgezdgnbvgy3tqojqmzxw6ytb"},
          {"metadata[florin_payment]", "pay_01m7xmzqs8e82r0j6hb7h6nwvv"}}},
        {Action::cancel,
         "/v1/payment_intents/pi_1/cancel",
         {{"cancellation_reason", "requested_by_customer"}}},
        {Action::release,
         "/v1/payment_intents/pi_1/cancel",
         {{"cancellation_reason", "abandoned"}}},
        {Action::adjust, "/v1/payment_intents/pi_1/increment_authorization", {{"amount", "1099"}}},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(name(row.action));
        const auto request = encode(order_for(row.action));
        EXPECT_EQ(request.method, "POST");
        EXPECT_EQ(request.target, row.target);
        EXPECT_EQ(form_of(request), row.form);
    }
}

TEST(StripeRequest, ACaptureThatIsNotTheLastSaysSoAndARefundSaysWhy) {
    auto part = order_for(Action::capture);
    part.is_final = false;
    EXPECT_EQ(form_of(encode(part)).at("final_capture"), "false");
    auto refund = order_for(Action::refund);
    refund.reason = "duplicate";
    EXPECT_EQ(form_of(encode(refund)).at("reason"), "duplicate");
    EXPECT_EQ(encode_query(refund).target, "/v1/refunds?limit=100&payment_intent=pi_1");
    refund.refund = "re_1";
    EXPECT_EQ(encode_query(refund).target, "/v1/refunds/re_1");
}

TEST(StripeRequest, AnAdjustmentThatCannotBeMadeInPlaceIsANewAuthorization) {
    auto order = order_for(Action::adjust);
    order.in_place = false;
    order.reference.clear();
    const auto request = encode(order);
    EXPECT_EQ(request.target, "/v1/payment_intents");
    EXPECT_EQ(form_of(request), form_of(encode(order_for(Action::authorize))));
}

TEST(StripeRequest, AWordOnADisputeIsEvidenceOrThatWeGiveIn) {
    DisputeReply reply{.reference = "dp_1", .key = "reply_1"};
    reply.evidence = {{"customer_name", "Ann & Bob"}, {"receipt", "file_1"}};
    const auto request = encode(reply);
    EXPECT_EQ(request.target, "/v1/disputes/dp_1");
    EXPECT_EQ(request.headers.get("Idempotency-Key"), "reply_1");
    const std::map<std::string, std::string> form = {{"submit", "true"},
                                                     {"evidence[customer_name]", "Ann & Bob"},
                                                     {"evidence[receipt]", "file_1"}};
    EXPECT_EQ(form_of(request), form);
    reply.accept = true;
    EXPECT_EQ(encode(reply).target, "/v1/disputes/dp_1/close");
    EXPECT_EQ(encode(reply).body, "");
}

TEST(StripeRequest, AFileGoesToTheHostForFilesAsItIs) {
    const EvidenceFile file{"receipt", "a.pdf", "application/pdf", "%PDF-\r\n--x\r\n\0 end"};
    const auto request = encode(file, "reply_1_receipt");
    EXPECT_EQ(request.target, "{{files}}/v1/files");
    EXPECT_EQ(request.headers.get("Idempotency-Key"), "reply_1_receipt");
    const std::string type(request.headers.get("Content-Type"));
    ASSERT_TRUE(type.starts_with("multipart/form-data; boundary="));
    EXPECT_LE(type.size() - type.find('=') - 1, 70U) << "RFC 2046, 5.1.1";
    const auto line = "--" + type.substr(type.find('=') + 1);
    EXPECT_EQ(request.body, line +
                                "\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n"
                                "dispute_evidence\r\n" +
                                line +
                                "\r\nContent-Disposition: form-data; name=\"file\"; "
                                "filename=\"a.pdf\"\r\nContent-Type: application/pdf\r\n\r\n" +
                                file.bytes + "\r\n" + line + "--\r\n");
    EXPECT_EQ(encode(file, "reply_1_receipt").body, request.body) << "the same each time";
    EXPECT_EQ(Stripe().files_url("https://api.stripe.com"), "https://files.stripe.com");
    EXPECT_EQ(Stripe().files_url("http://127.0.0.1:1"), "http://127.0.0.1:1");
}

TEST(StripeRequest, CarriesVersionKeyAndTheMarkOfTheSecret) {
    for (const auto action : {Action::sale, Action::authorize, Action::capture, Action::cancel}) {
        const auto order = order_for(action);
        const auto request = encode(order);
        EXPECT_EQ(request.headers.get("Authorization"), "Bearer {{secret.api_key}}");
        EXPECT_EQ(request.headers.get("Stripe-Version"), "2026-10-28.endive");
        EXPECT_EQ(request.headers.get("Content-Type"), "application/x-www-form-urlencoded");
        EXPECT_EQ(request.headers.get("Idempotency-Key"), order.key);
        EXPECT_EQ(testing::bytes_of(request).find("sk_"), std::string::npos);
    }
}

TEST(StripeRequest, AmountsAreMinorUnitsOfTheCurrency) {
    const std::tuple<std::string_view, Money, std::string_view, std::string_view> rows[] = {
        {"yen have none", Money(500, "JPY"_currency), "500", "jpy"},
        {"dinars have three", Money(1125, "BHD"_currency), "1125", "bhd"},
        {"the largest", Money(kAmountMax, "USD"_currency), "999999999999999", "usd"},
    };
    for (const auto& [title, amount, minor, currency] : rows) {
        SCOPED_TRACE(title);
        auto order = order_for(Action::sale);
        order.amount = amount;
        const auto form = form_of(encode(order));
        EXPECT_EQ(form.at("amount"), minor);
        EXPECT_EQ(form.at("currency"), currency);
    }
}

TEST(StripeRequest, WhatComesFromOutsideCannotAddFields) {
    auto order = order_for(Action::sale);
    order.token = "pm_1&amount=1&x=%00 +\n";
    const auto request = encode(order);
    const auto form = form_of(request);
    EXPECT_EQ(form.at("payment_method"), order.token);
    EXPECT_EQ(form.at("amount"), "1099");
    EXPECT_EQ(form.size(), 8U);
}

TEST(StripeRequest, ASearchAsksForOurKeyAndAReferenceIsReadDirectly) {
    auto order = order_for(Action::sale);
    auto request = encode_query(order);
    EXPECT_EQ(request.method, "GET");
    const auto target = http::split_target(request.target);
    EXPECT_EQ(target.path, "/v1/payment_intents/search");
    ASSERT_EQ(target.query.size(), 2U);
    EXPECT_EQ(target.query[0].first, "query");
    EXPECT_EQ(target.query[0].second,
              "metadata['florin_key']:'mzxw6ytboi4dgmrtgezdgnbvgy3tqojqmzxw6ytb'");
    EXPECT_EQ(target.query[1],
              (std::pair<std::string, std::string>("expand[0]", "data.latest_charge")));
    order.reference = "pi_1";
    request = encode_query(order);
    EXPECT_EQ(request.target, "/v1/payment_intents/pi_1?expand[0]=latest_charge");
    EXPECT_EQ(request.headers.get("Authorization"), "Bearer {{secret.api_key}}");
    EXPECT_EQ(request.headers.count("Idempotency-Key"), 0U);
}

TEST(StripeAnswer, IsKeptAsProofWithTheIdOfTheRequest) {
    const std::string body =
        R"({"id":"pi_1","object":"payment_intent","amount":1099,"currency":"eur",)"
        R"("status":"succeeded","amount_received":1099,"metadata":{"florin_key":")" +
        order_for(Action::sale).key + R"("}})";
    const Stripe stripe;
    testing::ScriptedWire wire(testing::says(200, body));
    const auto outcome = testing::run(
        stripe.perform(wire, order_for(Action::sale), deadline_in(std::chrono::seconds(1))));
    const auto& proof = std::get<Succeeded>(outcome).proof;
    EXPECT_EQ(proof.kind, "answer");
    EXPECT_EQ(proof.reference, "req_1");
    EXPECT_EQ(proof.hash.size(), 64U);
    const auto found = testing::run(
        stripe.find(wire, order_for(Action::sale), deadline_in(std::chrono::seconds(1))));
    EXPECT_EQ(std::get<Succeeded>(found).proof.kind, "query");
    EXPECT_EQ(std::get<Succeeded>(found).proof.hash, proof.hash) << "of the same bytes";
}

TEST(StripeFence, EndsByWhatTheObjectSaysAndNothingElse) {
    const auto order = [] {
        auto made = order_for(Action::sale);
        made.reference = "pi_1";
        made.reason = "expired";
        return made;
    }();
    const auto intent = [&](std::string_view status) {
        return R"({"id":"pi_1","object":"payment_intent","amount":1099,"currency":"eur",)"
               R"("amount_received":1099,"metadata":{"florin_key":")" +
               order.key + R"("},"status":")" + std::string(status) + R"("})";
    };
    const auto fence = [&](http::Answer answer) {
        testing::ScriptedWire wire(std::move(answer));
        auto outcome =
            testing::run(Stripe().fence(wire, order, deadline_in(std::chrono::seconds(1))));
        return std::pair(std::move(outcome), wire.requests);
    };
    const auto [canceled, asked] = fence(testing::says(200, intent("canceled")));
    EXPECT_EQ(std::get<Declined>(canceled).code, kCanceled);
    EXPECT_EQ(std::get<Declined>(canceled).proof.kind, "answer");
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked[0].target, "/v1/payment_intents/pi_1/cancel");
    EXPECT_EQ(asked[0].body, "cancellation_reason=abandoned");
    EXPECT_EQ(asked[0].headers.count("Idempotency-Key"), 0U) << "each try is a new question";
    const auto [paid, twice] = fence(testing::says(200, intent("succeeded")));
    EXPECT_TRUE(std::holds_alternative<Succeeded>(paid)) << "the buyer was faster";
    EXPECT_EQ(twice.size(), 2U);
    const auto [waits, again] = fence(testing::says(200, intent("requires_action")));
    EXPECT_TRUE(std::holds_alternative<Pending>(waits));
    for (const bool left : {false, true}) {
        const auto [lost, asks] = fence(testing::silence(left, "reset"));
        EXPECT_TRUE(std::holds_alternative<Unknown>(lost)) << "silence proves nothing";
    }
    const auto [refused, asks] = fence(testing::says(400, R"({"error":{"code":"any"}})"));
    EXPECT_TRUE(std::holds_alternative<Unknown>(refused));
}

std::vector<testing::Sample> samples() {
    const auto stripe = std::make_shared<const Stripe>();
    std::vector<testing::Sample> out;
    for (const auto action :
         {Action::sale, Action::authorize, Action::capture, Action::cancel, Action::refund}) {
        out.push_back(
            {"Stripe_" + std::string(name(action)), stripe, order_for(action), "Idempotency-Key"});
    }
    return out;
}

}  // namespace
}  // namespace florin::connectors::stripe

namespace florin::connectors::testing {
INSTANTIATE_TEST_SUITE_P(All, ConnectorContract, ::testing::ValuesIn(stripe::samples()),
                         name_of_sample);
}
