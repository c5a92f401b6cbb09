#include "connectors/stripe/webhook.h"

#include <simdjson.h>

#include <charconv>
#include <vector>

#include "base/bytes.h"
#include "connectors/stripe/words.h"
#include "platform/crypto/hash.h"

namespace florin::connectors::stripe {
namespace {

constexpr std::size_t kSignaturesMax = 10;  // Two while a secret is rotated.
constexpr std::size_t kIdMax = 255;

struct Signature {
    std::string_view time;
    std::vector<std::string_view> v1;
};

Signature split_signature(std::string_view header) {
    Signature out;
    while (!header.empty()) {
        const auto comma = header.find(',');
        const auto part = header.substr(0, comma);
        header.remove_prefix(comma == std::string_view::npos ? header.size() : comma + 1);
        if (part.starts_with("t=")) out.time = part.substr(2);
        if (part.starts_with("v1=") && out.v1.size() < kSignaturesMax)
            out.v1.push_back(part.substr(3));
    }
    return out;
}

About about(std::string_view type) {
    if (type.starts_with("charge.dispute.")) return About::dispute;
    if (type == "refund.updated" || type == "refund.failed") return About::refund;
    if (type == "payment_intent.canceled") return About::lapse;
    if (type == "payment_intent.succeeded" || type == "payment_intent.amount_capturable_updated")
        return About::charge;
    return About::nothing_more;
}

Result<Hint> read_event(std::string_view body) {
    thread_local simdjson::dom::parser parser;
    const auto malformed = fail(Fault::malformed, "webhook_malformed",
                                "the body is not an event of the provider: nothing was done");
    simdjson::dom::element event;
    std::string_view object, id, type, payment;
    if (parser.parse(body.data(), body.size()).get(event) != simdjson::SUCCESS ||
        event["object"].get(object) != simdjson::SUCCESS || object != "event" ||
        event["id"].get(id) != simdjson::SUCCESS || id.empty() || id.size() > kIdMax ||
        event["type"].get(type) != simdjson::SUCCESS || type.size() > kIdMax)
        return malformed;
    Hint hint{std::string(id), std::string(type), ""};
    if (event["data"]["object"]["metadata"][kPaymentName].get(payment) == simdjson::SUCCESS)
        hint.payment = payment.substr(0, kIdMax);
    hint.about = about(type);
    if (event["data"]["object"]["id"].get(id) == simdjson::SUCCESS)
        hint.object = id.substr(0, kIdMax);
    if (hint.object.empty()) hint.about = About::nothing_more;
    return hint;
}

}  // namespace

Result<Hint> read_webhook(std::string_view signature, std::string_view body,
                          std::string_view secret, Instant now) {
    const auto parts = split_signature(signature);
    std::int64_t seconds = 0;
    const auto* end = parts.time.data() + parts.time.size();
    const auto read = std::from_chars(parts.time.data(), end, seconds);
    if (parts.time.empty() || read.ec != std::errc() || read.ptr != end || parts.v1.empty())
        return fail(Fault::malformed, "signature_missing",
                    "a webhook has the header Stripe-Signature: t=<time>,v1=<signature>");
    const auto mac = crypto::hmac_sha256(secret, std::string(parts.time) + "." + std::string(body));
    const auto expected = to_hex(mac);
    bool is_right = false;  // All are compared: how long it takes tells nothing.
    for (const auto v1 : parts.v1) is_right |= crypto::equal_in_constant_time(v1, expected);
    if (!is_right)
        return fail(Fault::malformed, "signature_wrong",
                    "the signature does not belong to this body and our secret: nothing was done");
    const auto at = Instant(std::chrono::seconds(seconds));
    if (at < now - kTolerance || at > now + kTolerance)
        return fail(Fault::malformed, "webhook_too_old",
                    "the signature is not of these five minutes: nothing was done");
    return read_event(body);
}

}  // namespace florin::connectors::stripe
