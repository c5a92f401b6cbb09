// Goal: the OpenAPI document is about the routes that there are, and the small readers and writers
// of the gate keep their word. Method: both lists compared in both directions, and tables.

#include <gtest/gtest.h>
#include <simdjson.h>

#include <initializer_list>
#include <set>
#include <string>

#include "api/gate.h"
#include "api/openapi.h"
#include "api/problem.h"
#include "payments/show.h"
#include "payments/test_payment.h"

namespace florin::api {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

// Keeps the parser that its elements live in.
class Document {
public:
    Document() { EXPECT_EQ(parser_.parse(files::openapi).get(root_), simdjson::SUCCESS); }

    object at(std::string_view pointer) { return root_.at_pointer(pointer).value(); }
    object operation(const Route& route) {
        std::string method(route.method);
        for (auto& c : method) c = static_cast<char>(std::tolower(c));
        return at("/paths")[route.path][method].value();
    }
    // What a {"$ref": "#/..."} stands for; anything else stands for itself.
    object resolve(element value) {
        std::string_view reference;
        if (value["$ref"].get(reference) != simdjson::SUCCESS) return object(value);
        return at(reference.substr(1));
    }
    element root() const { return root_; }

private:
    simdjson::dom::parser parser_;
    element root_;
};

TEST(OpenApi, HasExactlyTheRoutes) {
    Document document;
    std::set<std::string> documented, served;
    for (const auto path : document.at("/paths")) {
        for (const auto method : object(path.value)) {
            std::string name(method.key);
            for (auto& c : name) c = static_cast<char>(std::toupper(c));
            documented.insert(name + ' ' + std::string(path.key));
        }
    }
    for (const auto& route : routes())
        served.insert(std::string(route.method) + ' ' + std::string(route.path));
    EXPECT_EQ(served.size(), routes().size()) << "a route twice";
    EXPECT_EQ(documented, served);
}

std::set<std::string> words(element list) {
    std::set<std::string> out;
    for (const auto word : simdjson::dom::array(list))
        out.insert(std::string(std::string_view(word)));
    return out;
}

// `begins`: the events that make one; they are in no table.
template <class Statuses, class Events>
void expect_words(Document& document, const std::string& schema, const Statuses& statuses,
                  std::initializer_list<std::string_view> begins, const Events& events) {
    SCOPED_TRACE(schema);
    const auto& schemas = document.at("/components/schemas");
    const auto at =
        schema == "Payment" ? "/PaymentStatus/enum" : '/' + schema + "/properties/status/enum";
    EXPECT_EQ(words(schemas.at_pointer(at).value()),
              std::set<std::string>(statuses.begin(), statuses.end()));
    const auto word_of = [&](std::string_view event) {
        auto word = schema + '.' + std::string(event);
        word.front() = static_cast<char>(word.front() - 'A' + 'a');
        return word;
    };
    std::set<std::string> told, documented;
    for (const auto event : begins) told.insert(word_of(event));
    for (const auto event : events) told.insert(word_of(event));
    for (const auto& type : words(schemas.at_pointer("/Event/properties/type/enum").value()))
        if (type.starts_with(word_of(""))) documented.insert(type);
    EXPECT_EQ(documented, told);
}

TEST(OpenApi, HasEveryWordOfTheTables) {
    Document document;
    expect_words(document, "Payment", payment::kStatusNames, {"created"}, payment::kEventNames);
    expect_words(document, "Refund", refund::kStatusNames, {"created", "approval_pending"},
                 refund::kEventNames);
    const auto steps = words(
        document.at("/components/schemas").at_pointer("/PayoutStep/properties/type/enum").value());
    std::set<std::string> told{"payout.created"};
    for (const auto event : payout::kEventNames) told.insert("payout." + std::string(event));
    EXPECT_EQ(steps, told);
    EXPECT_EQ(words(document.at("/components/schemas").at_pointer("/PayoutStatus/enum").value()),
              std::set<std::string>(payout::kStatusNames.begin(), payout::kStatusNames.end()));
    expect_words(document, "Dispute", dispute::kStatusNames, {"opened"}, dispute::kEventNames);
}

std::set<std::string> parameters(Document& document, const Route& route, std::string_view place) {
    std::set<std::string> names;
    simdjson::dom::array list;
    if (document.operation(route)["parameters"].get(list) != simdjson::SUCCESS) return names;
    for (const auto item : list) {
        const auto parameter = document.resolve(item);
        if (std::string_view(parameter["in"]) == place)
            names.insert(std::string(std::string_view(parameter["name"])));
    }
    return names;
}

bool makes_at_once(const Route& route) {
    return route.path.starts_with("/v1/wallets/") || route.path == "/v1/fx_quotes" ||
           route.path.starts_with("/v1/journal_entries");
}

// Nothing is called for it, and nobody waits.
bool ends_at_once(const Route& route) {
    return makes_at_once(route) || route.path == "/v1/payouts" ||
           route.path == "/v1/refunds/{id}/reject" ||
           route.path == "/v1/payment_orders/{id}/shipment";
}

TEST(OpenApi, EveryPostThatRepeatsByKeyAsksForTheKeyAndTellsOfTheReplay) {
    Document document;
    for (const auto& route : routes()) {
        SCOPED_TRACE(route.path);
        const bool by_key = route.replay == Replay::by_key;
        EXPECT_EQ(parameters(document, route, "header").contains("Idempotency-Key"), by_key);
        EXPECT_TRUE(route.replay != Replay::none || route.method == "GET")
            << "what changes something can be repeated";
        if (!by_key) continue;
        const auto operation = document.operation(route);
        EXPECT_EQ(operation["requestBody"].error(), simdjson::SUCCESS);
        const auto* status = makes_at_once(route) ? "201" : ends_at_once(route) ? "200" : "202";
        const auto later = document.resolve(operation["responses"][status].value());
        EXPECT_EQ(later["headers"]["Idempotent-Replayed"].error(), simdjson::SUCCESS);
    }
}

TEST(OpenApi, NamesTheIdsScopesAndRefusalsOfEachRoute) {
    Document document;
    for (const auto& route : routes()) {
        SCOPED_TRACE(route.path);
        const auto operation = document.operation(route);
        const bool has_id = route.path.find("{id}") != std::string_view::npos;
        EXPECT_EQ(parameters(document, route, "path").contains("id"), has_id);
        const bool open = route.scope.empty();
        EXPECT_EQ(operation["security"].error() == simdjson::SUCCESS, open);
        if (open) continue;
        const std::string_view description = operation["description"];
        EXPECT_NE(description.find('`' + std::string(route.scope) + '`'), std::string_view::npos);
        for (const auto* status : {"400", "401", "403", "429", "503"})
            EXPECT_EQ(operation["responses"][status].error(), simdjson::SUCCESS) << status;
        EXPECT_EQ(operation["responses"]["404"].error() == simdjson::SUCCESS, has_id);
    }
}

TEST(OpenApi, EveryReadOfAMerchantTellsOfItsTag) {
    Document document;
    for (const auto& route : routes()) {
        SCOPED_TRACE(route.path);
        const bool has_tag = route.method == "GET" && !route.scope.empty();
        EXPECT_EQ(parameters(document, route, "header").contains("If-None-Match"), has_tag);
        const auto responses = object(document.operation(route)["responses"].value());
        EXPECT_EQ(responses["304"].error() == simdjson::SUCCESS, has_tag);
        if (!has_tag) continue;
        EXPECT_EQ(responses["200"]["headers"]["ETag"].error(), simdjson::SUCCESS);
    }
}

TEST(OpenApi, WhatMovesMoneyTakesAPreference) {
    Document document;
    for (const auto& route : routes()) {
        SCOPED_TRACE(route.path);
        if (route.replay != Replay::by_key || ends_at_once(route)) continue;
        EXPECT_TRUE(parameters(document, route, "header").contains("Prefer"));
        const auto later = document.resolve(document.operation(route)["responses"]["202"].value());
        EXPECT_EQ(later["headers"]["Preference-Applied"].error(), simdjson::SUCCESS);
        EXPECT_EQ(later["headers"]["Retry-After"].error(), simdjson::SUCCESS);
    }
}

void check_references(Document& document, element value) {
    if (value.is_array()) {
        for (const auto item : simdjson::dom::array(value)) check_references(document, item);
    }
    if (!value.is_object()) return;
    for (const auto field : object(value)) {
        std::string_view reference;
        if (field.key == "$ref" && field.value.get(reference) == simdjson::SUCCESS) {
            EXPECT_EQ(document.root().at_pointer(reference.substr(1)).error(), simdjson::SUCCESS)
                << reference;
        }
        check_references(document, field.value);
    }
}

TEST(OpenApi, EveryReferenceLeadsSomewhere) {
    Document document;
    check_references(document, document.root());
}

// Names of the members of a JSON object.
std::set<std::string> names(element value) {
    std::set<std::string> out;
    for (const auto field : object(value)) out.insert(std::string(field.key));
    return out;
}

TEST(OpenApi, APaymentHasExactlyTheMembersOfItsSchema) {
    Document document;
    simdjson::dom::parser parser;
    auto opened = payments::testing::opened();
    opened.return_url = "https://shop.example/paid";
    opened.cancellation_reason = "expired";
    opened.tender = {.provider = "points", .amount = 500};
    opened.presentment = {.currency = "USD"_currency, .amount = 1};
    const auto text = payments::show(opened);
    const element payment = parser.parse(text).value();
    const auto schema = [&](std::string_view name) {
        return names(document.root()["components"]["schemas"][name]["properties"].value());
    };
    EXPECT_EQ(names(payment), schema("Payment"));
    EXPECT_EQ(names(payment["payment_orders"].at(0).value()), schema("PaymentOrder"));
}

http::Headers with_keys(std::initializer_list<std::string> values) {
    http::Headers headers;
    for (const auto& value : values) headers.add("Idempotency-Key", value);
    return headers;
}

TEST(IdempotencyKey, IsReadBareAndInQuotes) {
    const std::pair<std::string, std::string> rows[] = {
        {"8e03978e-40d5-43e8-bc93-6894a57f9324", "8e03978e-40d5-43e8-bc93-6894a57f9324"},
        {"\"8e03978e\"", "8e03978e"},
        {"x", "x"},
        {"~!#[]{}:;,", "~!#[]{}:;,"},
        {std::string(255, 'k'), std::string(255, 'k')},
        {'"' + std::string(255, 'k') + '"', std::string(255, 'k')},
    };
    for (const auto& [sent, key] : rows) {
        const auto read = read_idempotency_key(with_keys({sent}));
        ASSERT_TRUE(read) << sent;
        EXPECT_EQ(*read, key);
    }
}

TEST(IdempotencyKey, IsRefusedWhenItCouldMeanTwoThings) {
    for (const auto& sent :
         {std::string(), std::string("\""), std::string("\"\""), std::string("a b"),
          std::string("a\tb"), std::string("a\\b"), std::string("\"a"), std::string("a\""),
          std::string("\"a\"b\""), std::string("é"), std::string("\x7f"), std::string(256, 'k')}) {
        const auto read = read_idempotency_key(with_keys({sent}));
        ASSERT_FALSE(read) << sent;
        EXPECT_EQ(read.error().code, "idempotency_key_malformed");
        EXPECT_EQ(read.error().fault, Fault::malformed);
    }
    const auto twice = read_idempotency_key(with_keys({"a", "a"}));
    ASSERT_FALSE(twice);
    EXPECT_EQ(twice.error().code, "idempotency_key_malformed");
    EXPECT_EQ(read_idempotency_key({}).error().code, "idempotency_key_missing");
}

TEST(Problem, EachFaultHasItsStatus) {
    const std::pair<Fault, int> rows[] = {
        {Fault::malformed, 400},   {Fault::unauthorized, 401}, {Fault::forbidden, 403},
        {Fault::not_found, 404},   {Fault::conflict, 409},     {Fault::too_large, 413},
        {Fault::unsupported, 415}, {Fault::invalid, 422},      {Fault::unavailable, 503},
        {Fault::too_many, 429},
    };
    for (const auto& [fault, status] : rows) {
        const auto response = problem({fault, "some_code", "what to do"}, "/v1/payments");
        EXPECT_EQ(response.status, status);
        EXPECT_EQ(response.headers.get("Content-Type"), "application/problem+json");
        EXPECT_EQ(response.headers.count("WWW-Authenticate"), status == 401 ? 1U : 0U);
        EXPECT_NE(response.body.find(status == 503 || status == 429 ? R"("outcome":"unknown")"
                                                                    : R"("outcome":"not_charged")"),
                  std::string::npos);
    }
    EXPECT_EQ(problem({Fault::unsupported, "method_not_allowed", ""}, "/").status, 405);
}

TEST(Problem, ReadsLikeThis) {
    Error error{Fault::invalid, "too_few", "#/payment_orders: Send at least 1."};
    error.fields = {{"#/payment_orders", "too_few", "Send at least 1."}};
    error.object = "pay_1";
    error.retry_after_s = 3;
    const auto response = problem(error, "/v1/payments");
    EXPECT_EQ(response.body,
              R"({"type":"/problems/too_few","title":"The request asks for something impossible",)"
              R"("status":422,"detail":"#/payment_orders: Send at least 1.",)"
              R"("instance":"/v1/payments","code":"too_few","outcome":"not_charged",)"
              R"("payment":"pay_1","errors":[{"pointer":"#/payment_orders","code":"too_few",)"
              R"("detail":"Send at least 1."}]})");
    EXPECT_EQ(response.headers.get("Retry-After"), "3");
}

std::string refused_with(const std::string& code, const std::string& detail) {
    using namespace payments::testing;
    const connectors::Declined no{code, detail, "pi_1", {"answer", "req_1", ""}};
    return payments::show(payments::settle(opened(), no, kNoon, 1)->after);
}

TEST(Declined, IsMadeFromThePaymentAloneAndGivesAdvice) {
    const std::pair<std::string, std::string> rows[] = {
        {"card_declined", "use_other_method"},   {"expired_card", "use_other_method"},
        {"incorrect_cvc", "confirm_card_data"},  {"authentication_required", "authenticate"},
        {"processing_error", "try_again_later"}, {"provider_refused", "do_not_retry"},
    };
    for (const auto& [code, advice] : rows) {
        const auto payment = refused_with(code, "lost_card");
        const auto response = declined(payment, "/v1/payments");
        EXPECT_EQ(response.status, 402);
        EXPECT_EQ(response.body, declined(payment, "/v1/payments").body);
        simdjson::dom::parser parser;
        const element problem = parser.parse(response.body).value();
        EXPECT_EQ(std::string_view(problem["code"]), code);
        EXPECT_EQ(std::string_view(problem["decline_code"]), "lost_card");
        EXPECT_EQ(std::string_view(problem["advice"]), advice);
        EXPECT_EQ(std::string_view(problem["payment_status"]), "failed");
        EXPECT_EQ(std::string_view(problem["provider"]["reference"]), "pi_1");
        EXPECT_EQ(std::string_view(problem["payment"]), payments::testing::opened().id.text());
    }
}

}  // namespace
}  // namespace florin::api
