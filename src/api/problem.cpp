#include "api/problem.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/json.h"

namespace florin::api {
namespace {

struct Kind {
    int status;
    std::string_view title;
};

Kind kind_of(const Error& error) {
    switch (error.fault) {
        case Fault::malformed:
            return {400, "The request cannot be read"};
        case Fault::unauthorized:
            return {401, "Who are you?"};
        case Fault::forbidden:
            return {403, "The key may not do this"};
        case Fault::not_found:
            return {404, "Not found"};
        case Fault::conflict:
            return {409, "Not in this state"};
        case Fault::invalid:
            return {422, "The request asks for something impossible"};
        case Fault::too_large:
            return {413, "Too large"};
        case Fault::unsupported:
            return {error.code == "method_not_allowed" ? 405 : 415, "Not supported"};
        case Fault::unavailable:
            return {503, "Try again later"};
        case Fault::too_many:
            return {429, "Too many requests"};
    }
    return {500, "The server failed"};
}

// What a buyer's side may do next, by our word for the decline.
struct Advice {
    std::string_view code, title, advice;
};
constexpr std::array kAdvice = {
    Advice{"card_declined", "The card was declined", "use_other_method"},
    Advice{"expired_card", "The card has expired", "use_other_method"},
    Advice{"incorrect_cvc", "The security code is wrong", "confirm_card_data"},
    Advice{"incorrect_number", "The card number is wrong", "confirm_card_data"},
    Advice{"processing_error", "The card could not be processed", "try_again_later"},
    Advice{"authentication_required", "The bank asks for authentication", "authenticate"},
    Advice{"authentication_failed", "The authentication failed", "authenticate"},
    Advice{"provider_unreachable", "The provider could not be reached", "try_again_later"},
    Advice{"provider_refused", "The provider refused the request", "do_not_retry"},
    Advice{"provider_account", "The provider refused our account", "do_not_retry"},
    Advice{"already_captured", "The payment was captured already", "do_not_retry"},
    Advice{"already_canceled", "The payment was canceled already", "do_not_retry"},
    Advice{"insufficient_funds", "The wallet does not have so much", "use_other_method"},
    Advice{"wallet_not_of_buyer", "The wallet is somebody else's", "do_not_retry"},
    Advice{"points_currency", "Points pay in another currency", "use_other_method"},
    Advice{"points_not_whole", "The amount is not a whole number of points", "use_other_method"},
    Advice{"approval_rejected", "The refund was not approved", "do_not_retry"},
    Advice{"canceled_at_provider", "The payment was canceled at the provider", "do_not_retry"},
};

const Advice& advice_for(std::string_view code) {
    const auto* found = std::ranges::find(kAdvice, code, &Advice::code);
    return found == kAdvice.end() ? kAdvice.front() : *found;
}

std::string text(simdjson::dom::element object, std::string_view pointer) {
    std::string_view value;
    return object.at_pointer(pointer).get(value) == simdjson::SUCCESS ? std::string(value) : "";
}

void begin(json::Writer& out, std::string_view code, std::string_view title, int status,
           std::string_view detail, std::string_view instance) {
    out.begin_object();
    out.field("type", fmt::format("/problems/{}", code));
    out.field("title", title).field("status", status).field("detail", detail);
    out.field("instance", instance).field("code", code);
}

http::Response response_of(int status, json::Writer out) {
    out.end_object();
    http::Response response;
    response.status = status;
    response.headers.add("Content-Type", "application/problem+json");
    response.headers.add("Content-Language", "en");
    response.body = std::move(out).text();
    return response;
}

}  // namespace

http::Response problem(const Error& error, std::string_view instance) {
    const auto kind = kind_of(error);
    json::Writer out;
    begin(out, error.code, kind.title, kind.status, error.detail, instance);
    // The first request with this key may be charging right now, or was never looked at.
    const bool unknown = error.fault == Fault::unavailable || error.fault == Fault::too_many ||
                         error.code == "request_in_progress";
    out.field("outcome", unknown ? "unknown" : "not_charged");
    if (error.object.starts_with("pay_")) out.field("payment", error.object);
    if (error.object.starts_with("sel_")) out.field("seller", error.object);
    if (error.object.starts_with("pyo_")) out.field("payout", error.object);
    if (error.object.starts_with("pyb_")) out.field("payout_batch", error.object);
    if (error.object.starts_with("fee_")) out.field("fee_rule", error.object);
    if (error.object.starts_with("fxq_")) out.field("fx_quote", error.object);
    if (error.object.starts_with("jrn_")) out.field("journal_entry", error.object);
    if (error.fault == Fault::too_many)
        out.key("violated-policies").begin_array().value(error.object).end_array();
    if (!error.fields.empty()) {
        out.key("errors").begin_array();
        for (const auto& field : error.fields) {
            out.begin_object().field("pointer", field.pointer).field("code", field.code);
            out.field("detail", field.detail).end_object();
        }
        out.end_array();
    }
    auto response = response_of(kind.status, std::move(out));
    if (error.retry_after_s > 0)
        response.headers.add("Retry-After", std::to_string(error.retry_after_s));
    if (kind.status == 401) response.headers.add("WWW-Authenticate", "Bearer realm=\"florin\"");
    return response;
}

http::Response declined(std::string_view json, std::string_view instance) {
    thread_local simdjson::dom::parser parser;
    simdjson::dom::element subject;
    const auto failed = parser.parse(json.data(), json.size()).get(subject);
    check(failed == simdjson::SUCCESS, "what we stored is JSON");
    const auto code = text(subject, "/operation/decline_code");
    const auto finer = text(subject, "/operation/decline_detail");
    const auto& advice = advice_for(code);
    json::Writer out;
    std::string detail =
        code == "approval_rejected"
            ? "a second person rejected the refund, and nothing was sent"
            : fmt::format("the provider said no to {}: {}", text(subject, "/operation/kind"), code);
    if (!finer.empty()) detail += fmt::format(" ({})", finer);
    begin(out, code, advice.title, 402, detail, instance);
    out.field_if("decline_code", finer);
    out.field("advice", advice.advice);
    out.field("outcome", code == "already_captured" ? "charged" : "not_charged");
    const bool is_refund = text(subject, "/object") == "refund";
    out.field("payment", text(subject, is_refund ? "/payment" : "/id"));
    out.field("operation", text(subject, "/operation/id"));
    out.field(is_refund ? "refund_status" : "payment_status", text(subject, "/status"));
    out.key("provider").begin_object().field("name", text(subject, "/provider/name"));
    out.field_if("reference", text(subject, "/provider/reference")).end_object();
    return response_of(402, std::move(out));
}

}  // namespace florin::api
