// The bytes of one request.

#include "requests.h"

#include <fmt/format.h>

#include <iterator>
#include <string_view>
#include <utility>

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

std::string_view target(Shape shape) {
    return shape == Shape::payment ? "/v1/payments" : "/v1/payment_intents";
}

std::string_view content_type(Shape shape) {
    return shape == Shape::payment ? "application/json" : "application/x-www-form-urlencoded";
}

}  // namespace

Requests::Requests(Shape shape, std::string host, std::string key, std::string seed)
    : shape_(shape),
      head_(fmt::format("POST {} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n"
                        "Content-Type: {}\r\nIdempotency-Key: ",
                        target(shape), host, key, content_type(shape))),
      seed_(std::move(seed)) {}

std::string Requests::next() {
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
