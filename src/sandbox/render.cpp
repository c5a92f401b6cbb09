#include "sandbox/render.h"

#include <fmt/format.h>

#include "sandbox/render_kit.h"

namespace florin::sandbox {
namespace {

void billing_details(Writer& out) {
    out.key("billing_details").begin_object().key("address").begin_object();
    nulls(out, {"city", "country", "line1", "line2", "postal_code", "state"}).end_object();
    nulls(out, {"email", "name", "phone", "tax_id"}).end_object();
}

void available(Writer& out, std::string_view name, bool yes) {
    out.key(name).begin_object().field("status", yes ? "available" : "unavailable").end_object();
}

void used_card_fields(Writer& out, const Charge& charge) {
    out.field("amount_authorized", charge.failure == nullptr ? charge.amount : 0);
    if (!charge.captured) out.field("capture_before", charge.capture_before);
    available(out, "incremental_authorization", charge.incremental);
    available(out, "multicapture", charge.multicapture);
}

// `charge` is null where the card itself is shown, and not what it was used for.
void card_fields(Writer& out, const PaymentMethod& method, const Charge* charge = nullptr) {
    out.key("card").begin_object();
    if (charge != nullptr) used_card_fields(out, *charge);
    out.field("brand", method.card->brand);
    out.key("checks").begin_object();
    nulls(out, {"address_line1_check", "address_postal_code_check"});
    out.field("cvc_check", "pass").end_object();
    out.field("country", "US").field("exp_month", method.exp_month);
    out.field("exp_year", method.exp_year).field("funding", "credit");
    out.field("last4", method.card->last4()).field("network", method.card->brand);
    nulls(out, {"three_d_secure", "wallet"}).end_object();
}

// The failure as `last_payment_error` and as `error` have it.
struct Failure {
    std::string_view type, code, decline_code, message, param;
    std::uint32_t charge = kNone, method = kNone, intent = kNone;
};

void failure_fields(Writer& out, const Store& store, const Failure& failure) {
    if (failure.charge != kNone) out.field("charge", store.charges[failure.charge].id);
    if (!failure.code.empty()) {
        out.field("code", failure.code);
        out.field("doc_url", fmt::format("https://stripe.com/docs/error-codes/{}", failure.code));
    }
    out.field_if("decline_code", failure.decline_code);
    out.field("message", failure.message);
    out.field_if("param", failure.param);
    if (failure.intent != kNone)
        out.key("payment_intent").raw(render(store, store.intents[failure.intent]));
    if (failure.method != kNone)
        out.key("payment_method").raw(render(store.methods[failure.method]));
    out.field("type", failure.type);
}

void next_action(Writer& out, const Store& store, const PaymentIntent& intent) {
    out.key("next_action");
    if (intent.status != Status::requires_action) {
        out.null();
        return;
    }
    const auto page = fmt::format("{}/_sandbox/3ds/{}", store.base_url, intent.id);
    const bool redirects = !intent.return_url.empty();
    const std::string_view type = redirects ? "redirect_to_url" : "use_stripe_sdk";
    out.begin_object().key(type).begin_object();
    if (redirects) {
        out.field("return_url", intent.return_url).field("url", page);
    } else {
        out.field("type", "three_d_secure_redirect").field("stripe_js", page);
    }
    out.end_object().field("type", type).end_object();
}

void latest_charge(Writer& out, const Store& store, const PaymentIntent& intent, bool whole) {
    out.key("latest_charge");
    if (intent.latest_charge == kNone) {
        out.null();
    } else if (const auto& charge = store.charges[intent.latest_charge]; whole) {
        out.raw(render(store, charge));
    } else {
        out.value(charge.id);
    }
}

void payment_method(Writer& out, const Store& store, std::uint32_t method, bool whole) {
    out.key("payment_method");
    if (method == kNone) {
        out.null();
    } else if (whole) {
        out.raw(render(store.methods[method]));
    } else {
        out.value(store.methods[method].id);
    }
}

void last_payment_error(Writer& out, const Store& store, const PaymentIntent& intent) {
    out.key("last_payment_error");
    if (intent.error == nullptr) {
        out.null();
        return;
    }
    const auto& why = *intent.error;
    const Failure failure{why.type,           why.code, why.decline_code,
                          why.message,        {},       intent.error_charge,
                          intent.error_method};
    out.begin_object();
    failure_fields(out, store, failure);
    out.end_object();
}

void outcome(Writer& out, const Charge& charge, const Card& card) {
    const bool failed = charge.failure != nullptr;
    out.key("outcome").begin_object();
    out.field("network_status", card.blocked ? "not_sent_to_network"
                                : failed     ? "declined_by_network"
                                             : "approved_by_network");
    std::string_view reason;
    if (failed)
        reason = charge.failure->decline_code.empty() ? charge.failure->code
                                                      : charge.failure->decline_code;
    text_or_null(out, "reason", card.blocked ? "highest_risk_level" : reason);
    out.field("risk_level", card.blocked ? "highest" : "normal");
    out.field("seller_message",
              failed ? "The bank did not accept the payment." : "Payment complete.");
    out.field("type", card.blocked ? "blocked" : failed ? "issuer_declined" : "authorized");
    out.end_object();
}

void payment_method_options(Writer& out, const PaymentIntent& intent) {
    out.key("payment_method_options").begin_object().key("card").begin_object();
    nulls(out, {"installments", "mandate_options", "network"});
    if (intent.wants_increments) out.field("request_incremental_authorization", "if_available");
    if (intent.wants_multicapture) out.field("request_multicapture", "if_available");
    out.field("request_three_d_secure", "automatic").end_object().end_object();
}

}  // namespace

std::string render(const Store& store, const PaymentIntent& intent, Expand expand) {
    Writer out;
    out.begin_object().field("id", intent.id).field("object", "payment_intent");
    out.field("amount", intent.amount).field("amount_capturable", intent.amount_capturable);
    out.key("amount_details").raw(R"({"tip":{}})").field("amount_received", intent.amount_received);
    nulls(out, {"application", "application_fee_amount", "automatic_payment_methods"});
    out.key("canceled_at");
    intent.canceled_at == 0 ? out.null() : out.value(intent.canceled_at);
    text_or_null(out, "cancellation_reason", intent.cancellation_reason);
    out.field("capture_method", intent.capture_method);
    out.field("client_secret", store.client_secret(intent));
    out.field("confirmation_method", "automatic").field("created", intent.created_us / 1'000'000);
    out.field("currency", intent.currency).key("customer").null();
    text_or_null(out, "description", intent.description);
    last_payment_error(out, store, intent);
    latest_charge(out, store, intent, expand.latest_charge);
    out.field("livemode", false);
    metadata(out, intent.metadata);
    next_action(out, store, intent);
    out.key("on_behalf_of").null();
    payment_method(out, store, intent.method, expand.payment_method);
    payment_method_options(out, intent);
    out.key("payment_method_types").raw(R"(["card"])");
    nulls(out, {"processing", "receipt_email", "review", "setup_future_usage", "shipping",
                "statement_descriptor", "statement_descriptor_suffix"});
    out.field("status", name_of(intent.status));
    return std::move(nulls(out, {"transfer_data", "transfer_group"}).end_object()).text();
}

std::string render(const Store& store, const Charge& charge) {
    const auto& intent = store.intents[charge.intent];
    const auto& method = store.methods[charge.method];
    const bool failed = charge.failure != nullptr;
    Writer out;
    out.begin_object().field("id", charge.id).field("object", "charge");
    out.field("amount", charge.amount).field("amount_captured", charge.amount_captured);
    out.field("amount_refunded", charge.released + charge.refunded);
    out.key("balance_transaction").null();
    billing_details(out);
    out.field("captured", charge.captured).field("created", charge.created);
    out.field("currency", intent.currency).key("customer").null();
    text_or_null(out, "description", intent.description)
        .field("disputed", !charge.disputes.empty());
    text_or_null(out, "failure_code", failed ? charge.failure->code : "");
    text_or_null(out, "failure_message", failed ? charge.failure->message : "");
    out.field("livemode", false);
    metadata(out, intent.metadata);
    outcome(out, charge, *method.card);
    out.field("paid", !failed).field("payment_intent", intent.id);
    out.field("payment_method", method.id).key("payment_method_details").begin_object();
    card_fields(out, method, &charge);
    out.field("type", "card").end_object();
    nulls(out, {"receipt_email", "receipt_url"});
    out.field("refunded", is_refunded(charge));
    out.field("status", failed ? "failed" : "succeeded").end_object();
    return std::move(out).text();
}

std::string render(const PaymentMethod& method) {
    Writer out;
    out.begin_object().field("id", method.id).field("object", "payment_method");
    out.field("allow_redisplay", "unspecified");
    billing_details(out);
    card_fields(out, method);
    out.field("created", method.created).key("customer").null().field("livemode", false);
    metadata(out, method.metadata);
    return std::move(out.field("type", "card").end_object()).text();
}

std::string render(const Store& store, const Problem& problem) {
    const Failure failure{problem.type,  problem.code,   problem.decline_code, problem.message,
                          problem.param, problem.charge, problem.method,       problem.intent};
    Writer out;
    out.begin_object().key("error").begin_object();
    failure_fields(out, store, failure);
    out.end_object().end_object();
    return std::move(out).text();
}

std::string render_list(std::string_view kind, std::string_view url,
                        std::span<const std::string> objects, bool has_more,
                        std::string_view next_page) {
    Writer out;
    out.begin_object().field("object", kind).key("data").begin_array();
    for (const auto& object : objects) out.raw(object);
    out.end_array().field("has_more", has_more);
    if (kind == "search_result") text_or_null(out, "next_page", next_page);
    out.field("url", url).end_object();
    return std::move(out).text();
}

std::string render_event(const EventFacts& facts, std::string_view object_json) {
    Writer out;
    out.begin_object().field("id", facts.id).field("object", "event");
    out.field_if("account", facts.account);
    out.field("api_version", kApiVersion).field("created", facts.created);
    out.key("data").begin_object().key("object").raw(object_json).end_object();
    out.field("livemode", false).field("pending_webhooks", 1).key("request").begin_object();
    out.field("id", facts.request_id);
    text_or_null(out, "idempotency_key", facts.idempotency_key).end_object();
    return std::move(out.field("type", facts.type).end_object()).text();
}

}  // namespace florin::sandbox
