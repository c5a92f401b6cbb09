// Goal: the JSON of a payment, which is the answer to requests and the data of events: a change
// here is a change of the API. Method: golden texts, each of which must also parse.

#include "payments/show.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include "payments/test_payment.h"

namespace florin::payments {
namespace {

using namespace testing;

bool parses(const std::string& text) {
    simdjson::dom::parser parser;
    return parser.parse(text).error() == simdjson::SUCCESS;
}

// The part from one member to another.
std::string part(const std::string& text, std::string_view from, std::string_view to) {
    const auto begin = text.find(from);
    return text.substr(begin, text.find(to, begin) - begin);
}

TEST(Show, APaidPaymentReadsLikeThis) {
    const auto text =
        show(settle(opened(), yes(), kNoon + std::chrono::milliseconds(250), 2)->after);
    EXPECT_EQ(
        text,
        R"({"id":"pay_01m7wd7tg0e7e8h4bfazqdm6yt","object":"payment","version":2,)"
        R"("livemode":false,"status":"succeeded","outcome_unknown":false,)"
        R"("is_payment_done":true,"checkout_id":"chk_1001","buyer":{"id":"buyer_7",)"
        R"("email":"ann@shop.example"},"payment_method":{"type":"card",)"
        R"("token":"pm_card_visa"},"capture":"automatic","currency":"EUR","amount":"100.00",)"
        R"("amount_authorized":"100.00","amount_captured":"100.00","amount_voided":"0.00",)"
        R"("amount_refunded":"0.00","amount_refund_pending":"0.00","authorized_until":null,"payment_orders":[{"id":"por_01m7wd7tg0e7e8heq4jg4ccfmk",)"
        R"("payment_order_id":"ord_1","seller_account":"seller_a","wallet":null,"category":null,"amount":"70.00",)"
        R"("status":"captured","payment_order_status":"SUCCESS","ledger_updated":true,)"
        R"("wallet_updated":false,"shipment":null,"release":null},{"id":"por_01m7wd7tg0e7e9sr5mf7fbk4b6",)"
        R"("payment_order_id":"ord_2","seller_account":"seller_b","wallet":null,"category":null,"amount":"29.99",)"
        R"("status":"captured","payment_order_status":"SUCCESS","ledger_updated":true,)"
        R"("wallet_updated":false,"shipment":null,"release":null},{"id":"por_01m7wd7tg0e7e82p3p05f4tw13",)"
        R"("payment_order_id":"ord_3","seller_account":"seller_a","wallet":null,"category":null,"amount":"0.01",)"
        R"("status":"captured","payment_order_status":"SUCCESS","ledger_updated":true,)"
        R"("wallet_updated":false,"shipment":null,"release":null}],"operation":{"id":"op_01m7wd7tg0e7e9cx8xbjxky6ee",)"
        R"("kind":"sale","state":"succeeded","review":false},"proved_by":{"kind":"answer",)"
        R"("provider_request":"req_1","response_sha256":"c0ffee"},)"
        R"("provider":{"name":"stripe","reference":"pi_1"},"next_action":null,"waiting":null,)"
        R"("created_at":"2026-11-20T12:00:00.000Z","updated_at":"2026-11-20T12:00:00.250Z"})");
    EXPECT_TRUE(parses(text));
}

TEST(Show, AnUnknownOutcomeSaysSoAndWhy) {
    const auto text = show(lose(opened(), kNoon, 2)->after);
    EXPECT_TRUE(parses(text));
    EXPECT_EQ(part(text, "\"status\"", ",\"checkout_id\""),
              R"("status":"processing","outcome_unknown":true,"is_payment_done":false)");
    EXPECT_NE(text.find(R"("why":"no answer before the lease ended")"), std::string::npos);
    EXPECT_NE(text.find(R"("proved_by":null)"), std::string::npos);
}

std::string waiting(const Change& change) {
    return part(show_subject(change.after), "\"waiting\"", ",\"created_at\"");
}

TEST(Show, WhoeverWaitsIsToldForWhomSinceWhenAndUntilTheNextLook) {
    const auto later = kNoon + std::chrono::seconds(5);
    const connectors::Unknown lost{"no answer", true};
    const connectors::Pending bank{"pi_1", "provider", ""}, challenge{"pi_1", "customer", "https"};
    const auto unknown = settle(opened(), lost, later, 2);
    EXPECT_EQ(
        waiting(*unknown),
        R"("waiting":{"for":"provider","since":"2026-11-20T12:00:00.000Z","next_check_at":")" +
            to_text(unknown->after.operation.due_at) + R"(","do_not_pay_again":true})");
    EXPECT_NE(waiting(*settle(opened(), bank, later, 2)).find(R"("do_not_pay_again":true)"),
              std::string::npos);
    const auto customer = waiting(*settle(opened(), challenge, later, 2));
    EXPECT_TRUE(customer.starts_with(R"("waiting":{"for":"customer")")) << customer;
    EXPECT_TRUE(customer.ends_with(R"("do_not_pay_again":false})")) << customer;
    EXPECT_EQ(part(show(opened()), "\"waiting\"", ",\"created_at\""),
              R"("waiting":{"for":"provider","since":"2026-11-20T12:00:00.000Z",)"
              R"("next_check_at":null,"do_not_pay_again":true})");
    EXPECT_EQ(waiting(*settle(opened(), no(), later, 2)), R"("waiting":null)");
    // The buyer has paid: a capture that takes its time is no reason to warn.
    EXPECT_NE(waiting(*settle(begun(Action::capture), lost, later, 2))
                  .find(R"("do_not_pay_again":false)"),
              std::string::npos);
}

TEST(Show, ARefundWaitsForTheProvider) {
    const auto paid = settle(opened(), yes(), kNoon, 2)->after;
    const Part sale{.kind = Action::sale, .state = operation::State::succeeded};
    const auto refund = begin(paid, std::span(&sale, 1), {.action = Action::refund},
                              {"stripe", "third-key"}, {.key = "key-3"}, kTiming, 3);
    ASSERT_TRUE(refund);
    EXPECT_EQ(
        waiting(*refund),
        R"("waiting":{"for":"provider","since":"2026-11-20T12:00:00.000Z","next_check_at":null})");
    EXPECT_EQ(waiting(*settle(refund->after, yes(), kNoon, 4)), R"("waiting":null)");
}

TEST(Show, TheBuyerIsToldWhereToGo) {
    const connectors::Pending challenge{"pi_1", "customer", "https://bank.example/3ds?a=\"b\""};
    const auto text = show(settle(opened(), challenge, kNoon, 2)->after);
    EXPECT_TRUE(parses(text));
    EXPECT_EQ(part(text, "\"next_action\"", ",\"waiting\""),
              R"("next_action":{"type":"redirect","url":"https://bank.example/3ds?a=\"b\""})");
    EXPECT_NE(text.find(R"("status":"requires_action")"), std::string::npos);
}

TEST(Show, ADeclineNamesItsReasonAndItsProof) {
    const auto text = show(settle(opened(), no(), kNoon, 2)->after);
    EXPECT_TRUE(parses(text));
    EXPECT_NE(
        text.find(R"("review":false,"decline_code":"card_declined","decline_detail":"lost_card"})"),
        std::string::npos)
        << text;
    EXPECT_NE(text.find(R"("proved_by":{"kind":"answer","provider_request":"req_2")"),
              std::string::npos);
    EXPECT_NE(text.find(R"("payment_order_status":"FAILED","ledger_updated":false)"),
              std::string::npos);
}

TEST(Show, MoneyHasTheDecimalsOfItsCurrency) {
    const std::pair<Currency, std::string_view> rows[] = {{"EUR"_currency, "\"100.00\""},
                                                          {"JPY"_currency, "\"10000\""},
                                                          {"BHD"_currency, "\"10.000\""}};
    for (const auto& [currency, amount] : rows) {
        auto payment = opened();
        payment.currency = currency;
        const auto text = show(payment);
        EXPECT_EQ(part(text, "\"amount\":\"1", ",\"amount_authorized\""),
                  "\"amount\":" + std::string(amount))
            << text;
    }
}

TEST(Show, WhatTheShopWroteCannotBreakTheText) {
    auto payment = opened();
    payment.checkout_id = "a\"b\\c\n\x01</script>é";
    payment.buyer_email.clear();
    const auto text = show(payment);
    simdjson::dom::parser parser;
    simdjson::dom::element document;
    ASSERT_EQ(parser.parse(text).get(document), simdjson::SUCCESS);
    EXPECT_EQ(std::string_view(document["checkout_id"]), payment.checkout_id);
    EXPECT_EQ(document["buyer"]["email"].error(), simdjson::NO_SUCH_FIELD);
}

TEST(Show, OrdersTellTheirStatusInBothVocabularies) {
    struct Row {
        Payment payment;
        std::string_view status, execution;
    };
    const auto settled = [](const Payment& payment, const connectors::Outcome& outcome) {
        return settle(payment, outcome, kNoon, 9)->after;
    };
    auto ready = opened();
    ready.operation.state = operation::State::ready;
    const Row rows[] = {
        {ready, "processing", "NOT_STARTED"},
        {opened(), "processing", "EXECUTING"},
        {authorized(), "authorized", "EXECUTING"},
        {begun(Action::cancel), "canceling", "EXECUTING"},
        {settled(begun(Action::capture), yes()), "captured", "SUCCESS"},
        {settled(begun(Action::cancel), yes()), "canceled", "FAILED"},
        {settled(opened(), no()), "failed", "FAILED"},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(order_status(row.payment), row.status);
        EXPECT_EQ(execution_status(row.payment), row.execution);
    }
}

TEST(Status, NamesAreReadBack) {
    for (const auto* word : {"processing", "requires_action", "authorized", "partially_captured",
                             "succeeded", "canceling", "canceled", "failed"}) {
        const auto status = status_from(word);
        ASSERT_TRUE(status) << word;
        EXPECT_EQ(name(*status), word);
    }
    EXPECT_FALSE(status_from("Succeeded"));
    EXPECT_FALSE(status_from(""));
}

}  // namespace
}  // namespace florin::payments
