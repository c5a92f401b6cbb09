// Payment orders: how they are shipped, and what becomes of their money.

#include "api/amounts.h"
#include "api/answer.h"
#include "api/conditional.h"
#include "api/handlers.h"
#include "base/form.h"
#include "base/text.h"
#include "payments/show.h"
#include "platform/crypto/hash.h"

namespace florin::api {
namespace {

using payments::ShipmentNews;
using shipment::Status;

constexpr std::size_t kEvidenceLength = 2000;

struct Found {
    payments::Payment payment;
    PaymentOrderId order;
};

Task<Result<Found>> find_order(Services& services, MerchantId merchant, std::string text) {
    const auto id = PaymentOrderId::parse(text);
    std::optional<payments::Payment> payment;
    if (id) payment = co_await services.payment_store.load_by_order(merchant, *id);
    if (!payment)
        co_return fail(Fault::not_found, "payment_order_not_found",
                       "there is no payment order '" + std::string(shorten(text, 64)) +
                           "': its id stands in its payment, as payment_orders[].id");
    Found found{std::move(*payment), *id};
    co_return found;
}

std::optional<Instant> read_time(Form& form, Fields root, std::string_view name) {
    const auto text = root.optional_text(name, {.length_max = 32});
    if (!text) return std::nullopt;
    const auto time = instant_from(*text);
    if (!time)
        form.add_error(root.pointer(name), "time_malformed",
                       "send a time in UTC, like 2026-11-22T12:00:00Z");
    return time;
}

Result<ShipmentNews> read_news(Form& form, Instant now) {
    auto root = form.root();
    ShipmentNews news{};
    const auto status = root.word("status", {"shipped", "delivered", "returned"});
    news.status = shipment::status_from(status).value_or(Status::shipped);
    news.carrier = root.optional_text("carrier", {.length_max = kNameLength}).value_or("");
    news.tracking_number =
        root.optional_text("tracking_number", {.length_max = kNameLength}).value_or("");
    news.evidence =
        root.optional_text("evidence", {.length_max = kEvidenceLength, .has_lines = true})
            .value_or("");
    news.estimated_at = read_time(form, root, "estimated_delivery_at");
    news.at = read_time(form, root, "occurred_at").value_or(now);
    if (news.at > now)
        form.add_error(root.pointer("occurred_at"), "time_in_future",
                       "send when it happened, not later than now");
    TRY_OK(form.finish());
    return news;
}

}  // namespace

Handled ship_order(Services& services, Call call) {
    CO_TRY(auto found, co_await find_order(services, call.caller.merchant, call.id));
    Form form(call.request.body);
    CO_TRY(auto news, read_news(form, now()));
    payments::ClientKey key{call.client_key};
    key.request_hash = crypto::sha256("POST " + call.target.path + "\n" + form.canonical());
    CO_TRY(auto told,
           co_await services.payments.ship(std::move(found.payment), found.order, std::move(news),
                                           std::move(key), call.deadline));
    auto response = json_response(200, std::move(told.data));
    if (told.replayed) response.headers.add("Idempotent-Replayed", "true");
    co_return response;
}

Handled get_order(Services& services, Call call) {
    CO_TRY(auto found, co_await find_order(services, call.caller.merchant, call.id));
    const auto n = payments::order_number(found.payment, found.order);
    co_return json_response(200, payments::show_order(found.payment, *n));
}

}  // namespace florin::api
