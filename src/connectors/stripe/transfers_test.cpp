// Goal: what leaves for Stripe Connect, and that every answer, silence and garbage at every step
// comes to the right outcome. Method: golden requests, tables, and wires that play a script.

#include "connectors/stripe/transfers.h"

#include <fmt/format.h>

#include <deque>

#include "connectors/contract_test.h"
#include "connectors/stripe/connect.h"
#include "connectors/stripe/words.h"

namespace florin::connectors::stripe {
namespace {

using testing::bytes_of;
using testing::says;
using testing::silence;

PayoutOrder order(std::string reference = "", bool is_replay = false) {
    return {.payout = "pyo_1",
            .amount = Money(5950, "EUR"_currency),
            .destination = "acct_1",
            .reference = std::move(reference),
            .is_replay = is_replay};
}

const std::string kAccount =
    R"({"id":"acct_1","object":"account","payouts_enabled":true,"settings":{"payouts":{"schedule":{"interval":"manual"}}}})";

std::string transfer(bool reversed = false, std::string_view changes = R"("amount":5950)") {
    return fmt::format(
        R"({{"id":"tr_1","object":"transfer","currency":"eur","destination":"acct_1","created":170,)"
        R"("metadata":{{"florin_payout":"pyo_1"}},"reversed":{},{}}})",
        reversed, changes);
}

std::string payout(std::string_view status, std::string_view changes = R"("amount":5950)") {
    return fmt::format(
        R"({{"id":"po_1","object":"payout","currency":"eur","status":"{}","failure_code":{},)"
        R"("metadata":{{"florin_payout":"pyo_1"}},{}}})",
        status, status == "failed" ? "\"account_closed\"" : "null", changes);
}

std::string list(std::string_view objects, bool more = false) {
    return fmt::format(R"({{"object":"list","data":[{}],"has_more":{}}})", objects, more);
}

std::string error(std::string_view code, std::string_view type = "invalid_request_error") {
    return fmt::format(R"({{"error":{{"type":"{}","code":"{}"}}}})", type, code);
}

const std::string kReversal =
    R"({"id":"trr_1","object":"transfer_reversal","amount":5950,"currency":"eur","transfer":"tr_1"})";

// One word for an outcome, with what it carries.
std::string told(const Outcome& outcome) {
    if (const auto* yes = std::get_if<Succeeded>(&outcome)) return "paid " + yes->reference;
    if (const auto* no = std::get_if<Declined>(&outcome))
        return "no " + no->code + (no->detail_code.empty() ? "" : " " + no->detail_code);
    if (const auto* wait = std::get_if<Pending>(&outcome))
        return "pending " + wait->reference + (wait->why.empty() ? "" : " " + wait->why);
    if (std::holds_alternative<NotSent>(outcome)) return "not sent";
    if (const auto* unknown = std::get_if<Unknown>(&outcome))
        return unknown->needs_review ? "review" : "unknown";
    return "not found";
}

// Answers in the order of the script, and remembers what it was asked.
class Script : public Wire {
public:
    explicit Script(std::vector<http::Answer> answers) : answers_(answers.begin(), answers.end()) {}

    Task<http::Answer> send(http::Request request, Deadline) override {
        asked.push_back(request.method + ' ' + request.target.substr(0, request.target.find('?')));
        if (answers_.empty()) co_return says(500, "not in the script");
        auto answer = std::move(answers_.front());
        answers_.pop_front();
        co_return answer;
    }

    std::vector<std::string> asked;

private:
    std::deque<http::Answer> answers_;
};

struct Played {
    std::string told;
    std::size_t asked = 0;
};

Played pay(std::vector<http::Answer> answers, bool is_replay = false) {
    Script wire(std::move(answers));
    const auto outcome =
        testing::run(Connect().pay(wire, order("", is_replay), deadline_in(std::chrono::hours(1))));
    return {told(outcome), wire.asked.size()};
}

Played find(std::string reference, std::vector<http::Answer> answers) {
    Script wire(std::move(answers));
    const auto outcome = testing::run(Connect().find(wire, order(std::move(reference), true),
                                                     deadline_in(std::chrono::hours(1))));
    return {told(outcome), wire.asked.size()};
}

TEST(StripeConnectRequest, IsTheSameEachTimeAndCarriesOurMark) {
    const std::string head =
        "Authorization: Bearer {{secret.api_key}}\nStripe-Version: " + std::string(kVersion) + '\n';
    const std::string form = "Content-Type: application/x-www-form-urlencoded\nIdempotency-Key: ";
    const std::string mark = "metadata%5Bflorin_payout%5D=pyo_1";
    EXPECT_EQ(bytes_of(encode_account(order())), "GET /v1/accounts/acct_1\n" + head + "\n");
    EXPECT_EQ(bytes_of(encode_transfer(order())),
              "POST /v1/transfers\n" + head + form +
                  "pyo_1_transfer\n\namount=5950&currency=eur&destination=acct_1&"
                  "transfer_group=pyo_1&" +
                  mark);
    EXPECT_EQ(bytes_of(encode_payout(order())),
              "POST /v1/payouts\n" + head + form +
                  "pyo_1_payout\nStripe-Account: acct_1\n\namount=5950&currency=eur&" + mark);
    EXPECT_EQ(bytes_of(encode_reversal(order(), "tr_1")),
              "POST /v1/transfers/tr_1/reversals\n" + head + form +
                  "pyo_1_reversal\n\namount=5950&" + mark);
    EXPECT_EQ(bytes_of(encode_transfer_query(order())),
              "GET /v1/transfers?limit=100&transfer_group=pyo_1\n" + head + "\n");
    EXPECT_EQ(bytes_of(encode_payout_query(order(), 170)),
              "GET /v1/payouts?limit=100&created[gte]=170\n" + head + "Stripe-Account: acct_1\n\n");
    EXPECT_EQ(bytes_of(encode_payout_query(order("po_1"), 170)),
              "GET /v1/payouts/po_1\n" + head + "Stripe-Account: acct_1\n\n");
}

TEST(StripeConnectPay, TheAccountIsAskedBeforeAnythingMoves) {
    const auto account = [](std::string_view changes) {
        return says(200, fmt::format(R"({{"id":"acct_1","object":"account",{}}})", changes));
    };
    const std::string daily =
        R"("payouts_enabled":true,"settings":{"payouts":{"schedule":{"interval":"daily"}}})";
    const std::pair<http::Answer, std::string> rows[] = {
        {account(R"("payouts_enabled":false)"), "no destination_disabled"},
        {account(daily), "no destination_automatic"},
        {says(403, error("account_invalid")), "no destination_unknown"},
        {says(404, error("resource_missing")), "no destination_unknown"},
        {says(401, error("")), "not sent"},
        {says(429, error("rate_limit")), "not sent"},
        {says(500, ""), "not sent"},
        {says(200, "<html>"), "not sent"},
        {says(200, R"({"id":"acct_2","payouts_enabled":true})"), "not sent"},
        {silence(true, "timeout"), "not sent"},
    };
    for (const auto& [answer, wanted] : rows) {
        const auto played = pay({answer});
        EXPECT_EQ(played.told, wanted);
        EXPECT_EQ(played.asked, 1U) << wanted;
    }
}

TEST(StripeConnectPay, WhatTheTransferComesTo) {
    const auto account = says(200, kAccount);
    struct Row {
        http::Answer answer;
        std::string first, replay;
    };
    const Row rows[] = {
        {says(400, error("balance_insufficient")), "no transfer_refused balance_insufficient",
         "no transfer_refused balance_insufficient"},
        {says(403, error("account_invalid")), "no transfer_refused account_invalid",
         "no transfer_refused account_invalid"},
        {says(400, error("", "idempotency_error")), "review", "review"},
        {says(401, error("")), "not sent", "unknown"},
        {says(409, error("idempotency_key_in_use")), "unknown", "unknown"},
        {says(429, error("rate_limit")), "not sent", "not sent"},
        {says(500, error("")), "unknown", "unknown"},
        {says(400, "nothing"), "unknown", "unknown"},
        {says(302, ""), "unknown", "unknown"},
        {says(200, "{}"), "unknown", "unknown"},
        {says(200, transfer(false, R"("amount":5951)")), "review", "review"},
        {silence(true, "reset"), "unknown", "unknown"},
        {silence(false, "refused"), "not sent", "not sent"},
    };
    for (const auto& row : rows) {
        const auto played = pay({account, row.answer});
        EXPECT_EQ(played.told, row.first);
        EXPECT_EQ(played.asked, 2U) << row.first;
        EXPECT_EQ(pay({says(200, list("")), row.answer}, true).told, row.replay);
    }
}

TEST(StripeConnectPay, AfterTheTransferNothingIsANo) {
    const std::pair<http::Answer, std::string> rows[] = {
        {says(200, payout("pending")), "pending po_1"},
        {says(200, payout("in_transit")), "pending po_1"},
        {says(200, payout("paid")), "paid po_1"},
        {says(200, payout("failed")), "pending po_1"},
        {says(200, payout("paid", R"("amount":1)")), "review"},
        {says(400, error("payouts_not_allowed")), "pending tr_1 payouts_not_allowed"},
        {says(403, error("account_invalid")), "pending tr_1 account_invalid"},
        {says(400, error("", "idempotency_error")), "review"},
        {says(401, error("")), "unknown"},
        {says(409, error("idempotency_key_in_use")), "unknown"},
        {says(429, error("rate_limit")), "unknown"},
        {says(500, error("")), "unknown"},
        {says(200, "[]"), "unknown"},
        {silence(true, "reset"), "unknown"},
        {silence(false, "refused"), "unknown"},
    };
    for (const auto& [answer, wanted] : rows) {
        EXPECT_EQ(pay({says(200, kAccount), says(200, transfer()), answer}).told, wanted);
        // A replay finds the transfer and makes no second one, whatever was answered to the first.
        EXPECT_EQ(pay({says(200, list(transfer())), answer}, true).told, wanted);
    }
    for (const auto& answer : {silence(false, "refused"), says(401, error("")), says(200, "{}")})
        EXPECT_EQ(pay({answer}, true).told, "unknown");
}

TEST(StripeConnectFind, WhatIsThereSaysWhatItHasComeTo) {
    const auto moved = says(200, list(transfer())), back = says(200, list(transfer(true)));
    const auto none = says(200, list(""));
    struct Row {
        std::string reference;
        std::vector<http::Answer> answers;
        std::string wanted;
    };
    const Row rows[] = {
        {"", {none}, "not found"},
        {"", {moved, none}, "not found"},
        {"", {moved, says(200, list(payout("pending")))}, "pending po_1"},
        {"", {moved, says(200, list(payout("paid")))}, "paid po_1"},
        {"", {back, none}, "no payout_refused"},
        {"po_1", {moved, says(200, payout("in_transit"))}, "pending po_1"},
        {"po_1", {moved, says(200, payout("paid"))}, "paid po_1"},
        {"po_1", {back, says(200, payout("failed"))}, "no payout_failed account_closed"},
        {"po_1", {back, says(200, payout("canceled"))}, "no payout_failed canceled"},
        {"po_1", {moved, says(200, payout("reversed"))}, "review"},
        {"po_1", {moved, says(404, error("resource_missing"))}, "unknown"},
        {"po_1", {none}, "review"},
        {"tr_1", {none}, "review"},
        // A payout is there although one was refused: then it counts.
        {"tr_1", {moved, says(200, list(payout("in_transit")))}, "pending po_1"},
        {"tr_1", {back, none}, "no payout_refused"},
        // No answer, or one that cannot be trusted.
        {"", {silence(true, "timeout")}, "unknown"},
        {"", {says(404, error(""))}, "unknown"},
        {"", {says(200, "{}")}, "unknown"},
        {"", {says(200, list(transfer() + ',' + transfer()))}, "review"},
        {"", {says(200, list(transfer(false, R"("amount":1)")))}, "review"},
        {"", {says(200, list("", true))}, "review"},
        {"tr_1", {moved, silence(false, "refused")}, "unknown"},
        {"tr_1", {moved, says(403, error("account_invalid"))}, "unknown"},
        {"tr_1", {moved, says(200, list("", true))}, "review"},
    };
    for (const auto& row : rows) {
        const auto played = find(row.reference, row.answers);
        EXPECT_EQ(played.told, row.wanted) << row.reference;
        EXPECT_EQ(played.asked, row.answers.size()) << row.wanted;
    }
}

TEST(StripeConnectFind, ANoIsToldOnlyWhenTheMoneyIsBack) {
    const auto moved = says(200, list(transfer()));
    const std::vector<http::Answer> refused{moved, says(200, list(""))},
        failed{moved, says(200, payout("failed"))};
    const std::pair<http::Answer, std::string> rows[] = {
        {says(200, kReversal), "no"},
        {says(200, "{}"), "review"},
        {says(400, error("balance_insufficient")), "review"},
        {says(409, error("idempotency_key_in_use")), "unknown"},
        {says(429, error("rate_limit")), "unknown"},
        {says(500, ""), "unknown"},
        {silence(true, "reset"), "unknown"},
        {silence(false, "refused"), "unknown"},
    };
    for (const auto& [answer, wanted] : rows) {
        auto first = refused, second = failed;
        first.push_back(answer);
        second.push_back(answer);
        EXPECT_EQ(find("tr_1", first).told, wanted == "no" ? "no payout_refused" : wanted);
        EXPECT_EQ(find("po_1", second).told,
                  wanted == "no" ? "no payout_failed account_closed" : wanted);
        EXPECT_EQ(find("po_1", second).asked, 3U);
    }
}

}  // namespace
}  // namespace florin::connectors::stripe
