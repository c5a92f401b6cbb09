#include "connectors/stripe/stripe.h"

#include <utility>
#include <vector>

#include "connectors/stripe/mapping.h"
#include "connectors/stripe/requests.h"
#include "connectors/stripe/webhook.h"
#include "connectors/stripe/words.h"
#include "platform/crypto/hash.h"

namespace florin::connectors::stripe {
namespace {

constexpr Capabilities kCapabilities = {
    .name = "stripe",
    .safe_replay = true,
    // Keys may be pruned after at least 24 h; an hour is left for a paused process and the network.
    .key_window = std::chrono::hours(23),
    .query_by_key = true,
    .visibility_delay = std::chrono::minutes(1),  // Search lags, by Stripe's own word.
    .cancel = true,
    .several_captures = true,
    .refund = true,
    .increment = true,
    .fence = true,
    .answer_time = std::chrono::seconds(20),
};

Form refund_form(const Order& order) {
    Form form = {
        {"payment_intent", order.reference},
        {"amount", std::to_string(order.amount.minor())},
        {"metadata[" + std::string(kKeyName) + "]", order.key},
        {"metadata[" + std::string(kPaymentName) + "]", order.payment},
    };
    if (!order.reason.empty()) form.emplace_back("reason", order.reason);
    return form;
}

// Stripe knows four words.
std::string cancellation_reason(const Order& order) {
    if (order.action == Action::release || order.reason == "expired") return "abandoned";
    return order.reason.empty() ? "requested_by_customer" : order.reason;
}

Form form_of(const Order& order) {
    const auto amount = std::to_string(order.amount.minor());
    switch (order.action) {
        case Action::capture:
            if (order.is_final) return {{"amount_to_capture", amount}};
            return {{"amount_to_capture", amount}, {"final_capture", "false"}};
        case Action::cancel:
        case Action::release:
            return {{"cancellation_reason", cancellation_reason(order)}};
        case Action::refund:
            return refund_form(order);
        case Action::adjust:
            if (order.in_place) return {{"amount", amount}};
            break;
        case Action::authorize:
        case Action::sale:
            break;
    }
    const bool is_hold = order.action != Action::sale;
    Form form = {
        {"amount", amount},
        {"currency", lower(order.amount.currency().code())},
        {"payment_method", order.token},
        {"payment_method_types[0]", "card"},
        {"confirm", "true"},
        {"capture_method", is_hold ? "manual" : "automatic"},
        {"metadata[" + std::string(kKeyName) + "]", order.key},
        {"metadata[" + std::string(kPaymentName) + "]", order.payment},
    };
    // Or only one capture would be possible. Where the card cannot do it, Stripe says no to the
    // capture that is not the final one.
    if (is_hold) {
        const std::string card = "payment_method_options[card]";
        form.emplace_back(card + "[request_multicapture]", "if_available");
        form.emplace_back(card + "[request_incremental_authorization]", "if_available");
        form.emplace_back("expand[0]", "latest_charge");  // It says until when we may capture.
    }
    if (!order.return_url.empty()) form.emplace_back("return_url", order.return_url);
    return form;
}

std::string path_of(const Order& order) {
    std::string intents = "/v1/payment_intents";
    switch (order.action) {
        case Action::capture:
            return intents + '/' + order.reference + "/capture";
        case Action::cancel:
        case Action::release:
            return intents + '/' + order.reference + "/cancel";
        case Action::refund:
            return "/v1/refunds";
        case Action::adjust:
            if (order.in_place) return intents + '/' + order.reference + "/increment_authorization";
            break;
        case Action::authorize:
        case Action::sale:
            break;
    }
    return intents;
}

Proof proof_of(const http::Response& response, std::string_view kind) {
    return {std::string(kind), std::string(response.headers.get("Request-Id")),
            to_hex(view(crypto::sha256(response.body)))};
}

// Of what changes something there.
Outcome unanswered(const http::WireFailure& failure) {
    if (failure.request_left_us) return Unknown{failure.why};
    return NotSent{failure.why};
}

}  // namespace

http::Request encode(const Order& order) {
    return post(path_of(order), form_of(order), order.key);
}

http::Request encode(const DisputeReply& reply) {
    const auto path = "/v1/disputes/" + http::percent_encode(reply.reference);
    if (reply.accept) return post(path + "/close", {}, reply.key);
    Form form = {{"submit", "true"}};
    for (const auto& [field, text] : reply.evidence)
        form.emplace_back("evidence[" + field + "]", text);
    return post(path, form, reply.key);
}

http::Request encode(const EvidenceFile& file, const std::string& key) {
    // Longer than chance, and not of the shop's making: no file holds it.
    const auto hash = crypto::sha256(key + file.bytes);
    const auto boundary = "florin-" + to_hex(view(hash).substr(0, 16));  // At most 70: RFC 2046.
    const auto part = [&](std::string_view what) {
        return "--" + boundary + "\r\nContent-Disposition: form-data; name=" + std::string(what);
    };
    auto body = part("\"purpose\"") + "\r\n\r\ndispute_evidence\r\n";
    body += part("\"file\"; filename=\"" + file.name + "\"");
    body += "\r\nContent-Type: " + file.type + "\r\n\r\n" + file.bytes;
    body += "\r\n--" + boundary + "--\r\n";
    return post(std::string(kFiles) + "/v1/files", "multipart/form-data; boundary=" + boundary,
                std::move(body), key);
}

http::Request encode_query(const Order& order) {
    http::Request request;
    request.method = "GET";
    request.target = "/v1/payment_intents/";
    if (order.action == Action::refund) {
        // Refunds cannot be searched; the newest hundred of the payment hold ours.
        request.target = order.refund.empty() ? "/v1/refunds?limit=100&payment_intent=" +
                                                    http::percent_encode(order.reference)
                                              : "/v1/refunds/" + order.refund;
    } else if (order.reference.empty()) {
        const auto query = "metadata['" + std::string(kKeyName) + "']:'" + order.key + "'";
        request.target += "search?query=" + http::percent_encode(query);
        request.target += "&expand[0]=data.latest_charge";
    } else {
        request.target += order.reference + "?expand[0]=latest_charge";
    }
    add_account(request);
    return request;
}

const Capabilities& Stripe::capabilities() const {
    return kCapabilities;
}

Task<Outcome> Stripe::perform(Wire& wire, Order order, Deadline deadline) const {
    auto request = encode(order);
    const auto answer = co_await wire.send(std::move(request), deadline);
    if (answer)
        co_return conclude(order, answer->status, answer->body, proof_of(*answer, "answer"));
    co_return unanswered(answer.error());
}

Task<Outcome> Stripe::find(Wire& wire, Order order, Deadline deadline) const {
    auto request = encode_query(order);
    const auto answer = co_await wire.send(std::move(request), deadline);
    if (answer)
        co_return conclude_query(order, answer->status, answer->body, proof_of(*answer, "query"));
    co_return Unknown{answer.error().why};
}

// What is canceled there cannot be confirmed any more. Without a key: Stripe keeps what it answered
// to one, a refusal too, and each try is a question of its own. Whatever else it answers, the
// object itself tells best.
Task<Outcome> Stripe::fence(Wire& wire, Order order, Deadline deadline) const {
    auto cancel = order;
    cancel.action = Action::cancel;
    cancel.key.clear();
    auto done = co_await perform(wire, std::move(cancel), deadline);
    if (auto* yes = std::get_if<Succeeded>(&done))
        co_return Declined{std::string(kCanceled), "", std::move(yes->reference),
                           std::move(yes->proof)};
    co_return co_await find(wire, std::move(order), deadline);
}

Task<DisputeAnswer> Stripe::read_dispute(Wire& wire, std::string reference,
                                         Deadline deadline) const {
    http::Request request;
    request.method = "GET";
    request.target =
        "/v1/disputes/" + http::percent_encode(reference) + "?expand[0]=payment_intent";
    add_account(request);
    const auto answer = co_await wire.send(std::move(request), deadline);
    if (!answer) co_return Unknown{answer.error().why};
    co_return conclude_dispute(answer->status, answer->body);
}

Task<Outcome> Stripe::answer_dispute(Wire& wire, DisputeReply reply, Deadline deadline) const {
    const auto files = std::exchange(reply.files, {});
    for (const auto& file : files) {
        auto outcome =
            co_await say(wire, encode(file, reply.key + '_' + file.field), "file", deadline);
        const auto* done = std::get_if<Succeeded>(&outcome);
        if (!done) co_return outcome;
        reply.evidence.emplace_back(file.field, done->reference);
    }
    co_return co_await say(wire, encode(reply), "dispute", deadline);
}

Task<Outcome> Stripe::say(Wire& wire, http::Request request, std::string object,
                          Deadline deadline) const {
    const auto answer = co_await wire.send(std::move(request), deadline);
    if (answer)
        co_return conclude_reply(object, answer->status, answer->body, proof_of(*answer, "answer"));
    co_return unanswered(answer.error());
}

std::string Stripe::files_url(std::string_view url) const {
    return url == "https://api.stripe.com" ? "https://files.stripe.com" : std::string(url);
}

Result<Hint> Stripe::read_webhook(const http::Headers& headers, std::string_view body,
                                  std::string_view secret, Instant now) const {
    return stripe::read_webhook(headers.get("Stripe-Signature"), body, secret, now);
}

}  // namespace florin::connectors::stripe
