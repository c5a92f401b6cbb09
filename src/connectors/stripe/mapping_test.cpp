// Goal: everything that Stripe can say, and what we hear. Method: one table for the answers to
// orders and one for the answers to queries; a row that is missing here is a word we do not know.

#include "connectors/stripe/mapping.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace florin::connectors::stripe {
namespace {

// What we hear, in one line.
std::string heard(const Outcome& outcome) {
    struct Visitor {
        static std::string join(std::initializer_list<std::string_view> words) {
            std::string out;
            for (const auto word : words) {
                if (!word.empty()) out += (out.empty() ? "" : " ") + std::string(word);
            }
            return out;
        }
        std::string operator()(const Succeeded& yes) const { return join({"yes", yes.reference}); }
        std::string operator()(const Declined& no) const {
            return join({"no", no.code, no.detail_code, no.reference});
        }
        std::string operator()(const Pending& later) const {
            return join({"later", later.reference, later.waiting_for, later.next_action});
        }
        std::string operator()(const NotSent&) const { return "not sent"; }
        std::string operator()(const Unknown& lost) const {
            EXPECT_FALSE(lost.why.empty()) << "people must be told why";
            return lost.needs_review ? "unknown, review" : "unknown";
        }
        std::string operator()(const NotFound&) const { return "not found"; }
    };
    return std::visit(Visitor{}, outcome);
}

Order order_for(Action action, bool is_replay = false) {
    return {.action = action,
            .key = "key-1",
            .amount = Money(1099, "EUR"_currency),
            .token = "pm_card_visa",
            .reference = action == Action::sale || action == Action::authorize ? "" : "pi_1",
            .payment = "pay_1",
            .is_replay = is_replay};
}

// A PaymentIntent; `more` begins with a comma.
std::string intent_over(std::int64_t amount, std::string_view currency, std::string_view status,
                        std::string_view more = "") {
    return fmt::format(R"({{"id":"pi_1","object":"payment_intent","amount":{},)"
                       R"("currency":"{}","status":"{}","metadata":{{"florin_key":"key-1"}}{}}})",
                       amount, currency, status, more);
}

std::string intent(std::string_view status, std::string_view more = "") {
    return intent_over(1099, "eur", status, more);
}

constexpr std::string_view kReceived = R"(,"amount_received":1099)";
constexpr std::string_view kCapturable = R"(,"amount_capturable":1099)";
constexpr std::string_view kRedirect = R"(,"next_action":{"type":"redirect_to_url",)"
                                       R"("redirect_to_url":{"url":"https://bank.example/x"}})";

std::string error(std::string_view type, std::string_view code, std::string_view more = "") {
    return fmt::format(R"({{"error":{{"type":"{}","code":"{}"{}}}}})", type, code, more);
}

struct Row {
    std::string_view title;
    Action action;
    int status;
    std::string body;
    std::string_view heard;
};

class Answers : public ::testing::TestWithParam<bool> {};

void check(const Row& row, bool is_replay) {
    SCOPED_TRACE(fmt::format("{}{}", row.title, is_replay ? ", on a replay" : ""));
    const Proof proof{"answer", "req_1", "c0ffee"};
    const auto outcome = conclude(order_for(row.action, is_replay), row.status, row.body, proof);
    EXPECT_EQ(heard(outcome), row.heard);
    if (const auto* yes = std::get_if<Succeeded>(&outcome)) EXPECT_EQ(yes->proof.hash, "c0ffee");
    if (const auto* no = std::get_if<Declined>(&outcome)) EXPECT_EQ(no->proof.hash, "c0ffee");
}

constexpr auto kSale = Action::sale, kHold = Action::authorize, kTake = Action::capture,
               kBack = Action::cancel;

TEST_P(Answers, OnlyTheStatusThatWasOrderedWithTheSameMoneyIsAYes) {
    const Row rows[] = {
        {"sale", kSale, 200, intent("succeeded", kReceived), "yes pi_1"},
        {"authorize", kHold, 200, intent("requires_capture", kCapturable), "yes pi_1"},
        {"capture", kTake, 200, intent("succeeded", kReceived), "yes pi_1"},
        {"cancel", kBack, 200, intent("canceled"), "yes pi_1"},
        {"sale, but only held", kSale, 200, intent("requires_capture", kCapturable), "unknown"},
        {"hold, but captured", kHold, 200, intent("succeeded", kReceived), "unknown"},
        {"sale, less received", kSale, 200, intent("succeeded", R"(,"amount_received":1098)"),
         "unknown, review"},
        {"sale, nothing said of the amount", kSale, 200, intent("succeeded"), "unknown, review"},
        {"hold, less capturable", kHold, 200,
         intent("requires_capture", R"(,"amount_capturable":1)"), "unknown, review"},
        {"capture, less received", kTake, 200, intent("succeeded", R"(,"amount_received":1)"),
         "unknown, review"},
        {"an amount as text", kSale, 200, intent("succeeded", R"(,"amount_received":"1099")"),
         "unknown, review"},
        {"an amount with a fraction", kSale, 200,
         intent("succeeded", R"(,"amount_received":1099.0)"), "unknown, review"},
        {"another amount", kSale, 200, intent_over(109900, "eur", "succeeded", kReceived),
         "unknown, review"},
        {"another currency", kSale, 200, intent_over(1099, "usd", "succeeded", kReceived),
         "unknown, review"},
        {"not an intent", kSale, 200,
         R"({"id":"ch_1","object":"charge","amount":1099,"currency":"eur","status":"succeeded"})",
         "unknown"},
        {"no id", kSale, 200,
         R"({"object":"payment_intent","amount":1099,"currency":"eur","status":"succeeded"})",
         "unknown"},
        {"a status of tomorrow", kSale, 200, intent("reconsidering"), "unknown"},
        {"no status", kSale, 200, intent(""), "unknown"},
        {"a capture not done", kTake, 200, intent("requires_capture", kCapturable), "unknown"},
        {"a cancel not done", kBack, 200, intent("requires_capture", kCapturable), "unknown"},
    };
    for (const auto& row : rows) check(row, GetParam());
}

TEST_P(Answers, SomethingThatIsDecidedLaterIsPending) {
    const Row rows[] = {
        {"3-D Secure", kSale, 200, intent("requires_action", kRedirect),
         "later pi_1 customer https://bank.example/x"},
        {"3-D Secure for a hold", kHold, 200, intent("requires_action", kRedirect),
         "later pi_1 customer https://bank.example/x"},
        {"an action without an address", kSale, 200, intent("requires_action"),
         "later pi_1 customer"},
        {"an action of the SDK", kSale, 200,
         intent("requires_action", R"(,"next_action":{"type":"use_stripe_sdk"})"),
         "later pi_1 customer"},
        {"processing", kSale, 200, intent("processing"), "later pi_1 provider"},
        {"processing, other money", kSale, 200, intent_over(1, "eur", "processing"),
         "unknown, review"},
    };
    for (const auto& row : rows) check(row, GetParam());
}

TEST_P(Answers, OnlyAnExplicitNoIsANo) {
    const auto refused = [](std::string_view code, std::string_view more = "") {
        return error("card_error", code, more);
    };
    const Row rows[] = {
        {"declined", kSale, 402,
         refused("card_declined", R"(,"decline_code":"insufficient_funds")"),
         "no card_declined insufficient_funds"},
        {"declined, with its intent", kHold, 402,
         refused("card_declined", R"(,"payment_intent":{"id":"pi_1"})"), "no card_declined pi_1"},
        {"expired", kSale, 402, refused("expired_card"), "no expired_card"},
        {"cvc", kSale, 402, refused("incorrect_cvc"), "no incorrect_cvc"},
        {"number", kSale, 402, refused("incorrect_number"), "no incorrect_number"},
        {"processing error", kSale, 402, refused("processing_error"), "no processing_error"},
        {"authentication", kSale, 402,
         refused("authentication_required", R"(,"decline_code":"authentication_required")"),
         "no authentication_required authentication_required"},
        {"failed authentication", kSale, 402, refused("payment_intent_authentication_failure"),
         "no authentication_failed payment_intent_authentication_failure"},
        {"a decline of tomorrow", kSale, 402, refused("sunspots"), "no card_declined sunspots"},
        {"402 without a code", kSale, 402, R"({"error":{}})", "no card_declined"},
        {"402 to a capture", kTake, 402, refused("card_declined"), "no card_declined"},
        {"the intent asks for another method", kSale, 200,
         intent("requires_payment_method",
                R"(,"last_payment_error":{"code":"card_declined","decline_code":"lost_card"})"),
         "no card_declined lost_card pi_1"},
        {"canceled meanwhile", kSale, 200, intent("canceled"), "no canceled_at_provider pi_1"},
        {"capture of what is canceled", kTake, 200, intent("canceled"), "no already_canceled pi_1"},
        {"cancel of what is captured", kBack, 200, intent("succeeded", kReceived),
         "no already_captured pi_1"},
        {"a parameter", kSale, 400, error("invalid_request_error", "parameter_invalid_integer"),
         "no provider_refused parameter_invalid_integer"},
        {"no such method", kSale, 404, error("invalid_request_error", "resource_missing"),
         "no provider_refused resource_missing"},
    };
    for (const auto& row : rows) check(row, GetParam());
}

TEST_P(Answers, AllElseMayHaveMovedMoney) {
    const auto saw = error("idempotency_error", "idempotency_key_in_use");
    const Row rows[] = {
        {"500", kSale, 500, error("api_error", ""), "unknown"},
        {"500 that looks like a yes", kSale, 500, intent("succeeded", kReceived), "unknown"},
        {"502 of a proxy", kSale, 502, "<html>", "unknown"},
        {"503", kTake, 503, "", "unknown"},
        {"504", kBack, 504, "", "unknown"},
        {"409, the key is in use", kSale, 409, saw, "unknown"},
        {"424", kSale, 424, error("api_error", ""), "unknown"},
        {"400, our key with another request", kSale, 400, saw, "unknown, review"},
        {"the intent is elsewhere", kTake, 400,
         error("invalid_request_error", "payment_intent_unexpected_state"), "unknown"},
        {"200, empty", kSale, 200, "", "unknown"},
        {"200, half", kSale, 200, intent("succeeded", kReceived).substr(0, 60), "unknown"},
        {"200, a list", kSale, 200, "[]", "unknown"},
        {"402 without JSON", kSale, 402, "declined!", "unknown"},
        {"402 without an error", kSale, 402, "{}", "unknown"},
        {"400 without an error", kSale, 400, "{}", "unknown"},
        {"404 of a proxy", kSale, 404, "not found", "unknown"},
        {"201", kSale, 201, intent("succeeded", kReceived), "unknown"},
        {"302", kSale, 302, "", "unknown"},
        {"418", kSale, 418, error("teapot", "short_and_stout"), "unknown"},
    };
    for (const auto& row : rows) check(row, GetParam());
}

TEST_P(Answers, BusyIsNotSent) {
    for (const auto action : {kSale, kHold, kTake, kBack})
        check({"429", action, 429, error("invalid_request_error", "rate_limit"), "not sent"},
              GetParam());
}

INSTANTIATE_TEST_SUITE_P(Stripe, Answers, ::testing::Bool(), [](const auto& info) {
    return std::string(info.param ? "OnAReplay" : "OnTheFirstCall");
});

TEST(Answers, AnAccountThatIsRefusedTodaySaysNothingAboutYesterday) {
    for (const int status : {401, 403}) {
        const auto body = error("invalid_request_error", "api_key_expired");
        check({"first call", kSale, status, body, "no provider_account api_key_expired"}, false);
        check({"replay", kSale, status, body, "unknown"}, true);
    }
}

TEST(Answers, YenHaveNoDecimalsAndDinarsHaveThree) {
    for (const auto currency : {"JPY"_currency, "BHD"_currency}) {
        auto order = order_for(kSale);
        order.amount = Money(5000, currency);
        std::string code(currency.code());
        for (auto& c : code) c = static_cast<char>(std::tolower(c));
        const auto body = intent_over(5000, code, "succeeded", R"(,"amount_received":5000)");
        EXPECT_EQ(heard(conclude(order, 200, body, {})), "yes pi_1");
    }
}

std::string found(std::string_view intents) {
    return fmt::format(R"({{"object":"search_result","data":[{}]}})", intents);
}

TEST(Queries, TellWhatBecameOfAnOrder) {
    const Row rows[] = {
        {"nothing found", kSale, 200, found(""), "not found"},
        {"one, paid", kSale, 200, found(intent("succeeded", kReceived)), "yes pi_1"},
        {"one, held", kHold, 200, found(intent("requires_capture", kCapturable)), "yes pi_1"},
        {"one, other money", kSale, 200, found(intent("succeeded", R"(,"amount_received":1)")),
         "unknown, review"},
        {"one, waits for the buyer", kSale, 200, found(intent("requires_action", kRedirect)),
         "later pi_1 customer https://bank.example/x"},
        {"one, processing", kSale, 200, found(intent("processing")), "later pi_1 provider"},
        {"one, refused", kSale, 200,
         found(
             intent("requires_payment_method", R"(,"last_payment_error":{"code":"expired_card"})")),
         "no expired_card pi_1"},
        {"one, never confirmed", kSale, 200, found(intent("requires_confirmation")), "not found"},
        {"two under one key", kSale, 200,
         found(intent("succeeded", kReceived) + ',' + intent("succeeded", kReceived)),
         "unknown, review"},
        {"a search that is not a list", kSale, 200, R"({"object":"search_result","data":7})",
         "unknown"},
        {"found, but not an intent", kSale, 200, found("7"), "unknown"},
        {"the intent, captured", kTake, 200, intent("succeeded", kReceived), "yes pi_1"},
        {"the intent, not captured yet", kTake, 200, intent("requires_capture", kCapturable),
         "not found"},
        {"the intent, canceled", kTake, 200, intent("canceled"), "no already_canceled pi_1"},
        {"the intent, other money captured", kTake, 200,
         intent("succeeded", R"(,"amount_received":1)"), "unknown, review"},
        {"the cancel, done", kBack, 200, intent("canceled"), "yes pi_1"},
        {"the cancel, not yet", kBack, 200, intent("requires_capture", kCapturable), "not found"},
        {"the cancel, too late", kBack, 200, intent("succeeded", kReceived),
         "no already_captured pi_1"},
        {"no such intent", kTake, 404, error("invalid_request_error", "resource_missing"),
         "not found"},
        {"401", kSale, 401, error("invalid_request_error", ""), "unknown"},
        {"402", kSale, 402, error("card_error", "card_declined"), "unknown"},
        {"429", kSale, 429, error("invalid_request_error", "rate_limit"), "unknown"},
        {"500", kSale, 500, "", "unknown"},
        {"broken", kSale, 200, R"({"object":"search_result","data":[)", "unknown"},
        {"empty", kSale, 200, "", "unknown"},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.title);
        const Proof proof{"query", "req_1", "c0ffee"};
        const auto outcome =
            conclude_query(order_for(row.action, true), row.status, row.body, proof);
        EXPECT_EQ(heard(outcome), row.heard);
        if (const auto* yes = std::get_if<Succeeded>(&outcome)) EXPECT_EQ(yes->proof.kind, "query");
    }
}

std::string refund(std::string_view status, std::string_view key = "key-1",
                   std::int64_t amount = 1099, std::string_view more = "") {
    return fmt::format(R"({{"id":"re_1","object":"refund","amount":{},"currency":"eur",)"
                       R"("payment_intent":"pi_1","status":"{}",)"
                       R"("metadata":{{"florin_key":"{}"}}{}}})",
                       amount, status, key, more);
}

std::string refunds(std::string_view items, bool has_more = false) {
    return fmt::format(R"({{"object":"list","data":[{}],"has_more":{}}})", items, has_more);
}

std::string answer(const Order& order, const std::string& body) {
    return heard(conclude(order, 200, body, {"answer", "req_1", ""}));
}

std::string query(const Order& order, const std::string& body) {
    return heard(conclude_query(order, 200, body, {"query", "req_1", ""}));
}

TEST(Refunds, AreHeardAsTheyAre) {
    const auto order = order_for(Action::refund);
    for (const auto& [body, expected] : std::vector<std::pair<std::string, std::string>>{
             {refund("succeeded"), "yes re_1"},
             {refund("pending"), "later re_1 provider"},
             {refund("requires_action"), "later re_1 provider"},
             {refund("failed", "key-1", 1099, R"(,"failure_reason":"expired_or_canceled_card")"),
              "no refund_failed expired_or_canceled_card re_1"},
             {refund("canceled"), "no refund_failed re_1"},
             {refund("dancing"), "unknown"},
             {refund("succeeded", "key-2"), "unknown, review"},
             {refund("succeeded", "key-1", 1100), "unknown, review"},
             {intent("succeeded", kReceived), "unknown"}}) {
        EXPECT_EQ(answer(order, body), expected) << body;
        EXPECT_EQ(query(order, body), expected) << body;
    }
}

TEST(Refunds, AreFoundAmongThoseOfThePaymentByOurKey) {
    const auto order = order_for(Action::refund);
    const auto other = refund("succeeded", "key-2");
    EXPECT_EQ(query(order, refunds(other + "," + refund("succeeded"))), "yes re_1");
    EXPECT_EQ(query(order, refunds(other)), "not found");
    EXPECT_EQ(query(order, refunds("")), "not found");
    EXPECT_EQ(query(order, refunds(other, true)), "unknown, review");
}

TEST(Captures, OfPartsAddUp) {
    auto part = order_for(Action::capture);
    part.captured_before = 500;
    part.is_final = false;
    const auto held = [](std::int64_t received) {
        return intent_over(9000, "eur", "requires_capture",
                           fmt::format(R"(,"amount_received":{})", received));
    };
    EXPECT_EQ(answer(part, held(1599)), "yes pi_1");
    EXPECT_EQ(answer(part, held(500)), "unknown");
    EXPECT_EQ(query(part, held(500)), "not found");
    EXPECT_EQ(query(part, held(1598)), "unknown, review");
    auto last = part;
    last.is_final = true;
    EXPECT_EQ(query(last, held(1599)), "not found") << "the rest is still held";
    EXPECT_EQ(answer(last, intent_over(9000, "eur", "succeeded", R"(,"amount_received":1599)")),
              "yes pi_1");
}

TEST(Cancel, AfterAPartGivesBackTheRest) {
    auto order = order_for(Action::cancel);
    order.captured_before = 500;
    const auto body = [](std::int64_t received) {
        return intent_over(9000, "eur", "succeeded",
                           fmt::format(R"(,"amount_received":{})", received));
    };
    EXPECT_EQ(answer(order, body(500)), "yes pi_1");
    EXPECT_EQ(answer(order, body(9000)), "no already_captured pi_1");
}

TEST(Dispute, HasATimeForEvidenceUntilItIsAnswered) {
    const auto due = [](std::string_view status) {
        const auto body = fmt::format(
            R"({{"object":"dispute","id":"dp_1","status":"{}","currency":"eur","amount":4000,)"
            R"("evidence_details":{{"due_by":1800000000}}}})",
            status);
        const auto answer = conclude_dispute(200, body);
        return std::get<DisputeFacts>(answer).evidence_due_at;
    };
    const Instant end{std::chrono::seconds(1'800'000'000)};
    EXPECT_EQ(due("needs_response"), end);
    EXPECT_EQ(due("warning_needs_response"), end);
    EXPECT_EQ(due("warning_under_review"), Instant::max()) << "else we would warn of it";
}

TEST(Reply, IsTakenOrRefusedOrNobodyKnows) {
    const auto said = [](int status, std::string_view body) {
        const auto outcome = conclude_reply("dispute", status, body, {"answer", "req_1", ""});
        if (const auto* yes = std::get_if<Succeeded>(&outcome)) return "yes " + yes->reference;
        if (const auto* no = std::get_if<Declined>(&outcome)) return "no " + no->detail_code;
        return std::string(std::holds_alternative<NotSent>(outcome) ? "not sent" : "unknown");
    };
    EXPECT_EQ(said(200, R"({"object":"dispute","id":"dp_1"})"), "yes dp_1");
    EXPECT_EQ(said(200, R"({"object":"charge","id":"ch_1"})"), "unknown");
    EXPECT_EQ(said(200, "{"), "unknown");
    EXPECT_EQ(said(400, R"({"error":{"type":"invalid_request_error","code":"closed"}})"),
              "no closed");
    EXPECT_EQ(said(401, R"({"error":{"type":"invalid_request_error"}})"), "unknown");
    EXPECT_EQ(said(409, R"({"error":{"code":"idempotency_key_in_use"}})"), "unknown");
    EXPECT_EQ(said(429, ""), "not sent");
    EXPECT_EQ(said(500, ""), "unknown");
}

}  // namespace
}  // namespace florin::connectors::stripe
