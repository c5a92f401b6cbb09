// The bytes of one request.

#include "requests.h"

#include <fmt/format.h>

#include <iterator>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/random.h"
#include "domain/ids.h"
#include "platform/crypto/hash.h"

namespace florin::bench {
namespace {

constexpr std::string_view kPayment =
    R"({{"checkout_id":"chk_{0}","buyer":{{"id":"buyer_7","email":"buyer@example.com"}},)"
    R"("payment_method":{{"type":"card","token":"pm_card_visa"}},"capture":"automatic",)"
    R"("currency":"EUR","payment_orders":[)"
    R"({{"payment_order_id":"ord_{0}_1","seller_account":"seller_a","amount":"70.00"}},)"
    R"({{"payment_order_id":"ord_{0}_2","seller_account":"seller_b","amount":"30.00"}}]}})";

constexpr std::string_view kCharge =
    "amount=10000&currency=eur&confirm=true&payment_method=pm_card_visa&capture_method=automatic"
    "&payment_method_types%5B0%5D=card&metadata%5Breference%5D=chk_{0}";

// As long as the provider's own, with what Florin reads of it and what it does not.
constexpr std::string_view kEvent =
    R"({{"id":"evt_{0}","object":"event","api_version":"2025-03-31.basil","created":{2},)"
    R"("type":"payment_intent.succeeded","livemode":false,"pending_webhooks":1,)"
    R"("request":{{"id":"req_{0}","idempotency_key":"{0}"}},"data":{{"object":{{"id":"pi_{0}",)"
    R"("object":"payment_intent","amount":10000,"amount_capturable":0,"amount_details":)"
    R"({{"tip":{{}}}},"amount_received":10000,"application":null,"application_fee_amount":null,)"
    R"("automatic_payment_methods":null,"canceled_at":null,"cancellation_reason":null,)"
    R"("capture_method":"automatic","client_secret":"pi_{0}_secret","confirmation_method":)"
    R"("automatic","created":{2},"currency":"eur","customer":null,"description":null,)"
    R"("last_payment_error":null,"latest_charge":"ch_{0}","livemode":false,"metadata":)"
    R"({{"florin_payment":"{1}"}},"next_action":null,"on_behalf_of":null,"payment_method":)"
    R"("pm_{0}","payment_method_options":{{"card":{{"installments":null,"network":null,)"
    R"("request_three_d_secure":"automatic"}}}},"payment_method_types":["card"],"processing":null,)"
    R"("receipt_email":null,"review":null,"setup_future_usage":null,"shipping":null,"source":null,)"
    R"("statement_descriptor":null,"status":"succeeded","transfer_data":null}}}}}})";

std::string_view target(Shape shape) {
    if (shape == Shape::webhook) return "/v1/providers/stripe/webhooks";
    return shape == Shape::payment ? "/v1/payments" : "/v1/payment_intents";
}

std::string_view content_type(Shape shape) {
    return shape == Shape::charge ? "application/x-www-form-urlencoded" : "application/json";
}

std::string head(Shape shape, const std::string& host, const std::string& key) {
    auto out = fmt::format("POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: {}\r\n", target(shape),
                           host, content_type(shape));
    if (shape == Shape::webhook) return out + "Stripe-Signature: ";
    return out + fmt::format("Authorization: Bearer {}\r\nIdempotency-Key: ", key);
}

}  // namespace

Requests::Requests(Shape shape, std::string host, std::string key, std::string seed)
    : shape_(shape), head_(head(shape, host, key)), key_(std::move(key)), seed_(std::move(seed)) {}

// Signed now, as the provider does: a signature holds for five minutes.
std::string Requests::webhook() {
    const auto time = now();
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
    const auto id = fmt::format("{}_{}", seed_, ++number_);
    const auto slot = static_cast<Slot>(number_ % kSlots);
    const auto payment = PaymentId::make(time, slot, random_u64()).text();
    const auto body = fmt::format(kEvent, id, payment, seconds);
    const auto mac = crypto::hmac_sha256(key_, fmt::format("{}.{}", seconds, body));
    return fmt::format("{}t={},v1={}\r\nContent-Length: {}\r\n\r\n{}", head_, seconds, to_hex(mac),
                       body.size(), body);
}

std::string Requests::next() {
    if (shape_ == Shape::webhook) return webhook();
    const auto id = fmt::format("{}_{}", seed_, ++number_);
    const auto body =
        shape_ == Shape::payment ? fmt::format(kPayment, id) : fmt::format(kCharge, id);
    std::string request;
    request.reserve(head_.size() + body.size() + 100);
    request = head_;
    fmt::format_to(std::back_inserter(request), "bench_{}\r\nContent-Length: {}\r\n\r\n{}", id,
                   body.size(), body);
    return request;
}

}  // namespace florin::bench
