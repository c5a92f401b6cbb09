// What can be done with a payment, and how it is read back.

#include <fmt/ranges.h>

#include <algorithm>

#include "api/amounts.h"
#include "api/answer.h"
#include "api/conditional.h"
#include "api/handlers.h"
#include "api/query.h"
#include "api/token.h"
#include "base/form.h"
#include "base/text.h"
#include "payments/show.h"
#include "platform/crypto/hash.h"

namespace florin::api {
namespace {

using payments::Action;

void read_amounts(Form& form, Fields root, Currency currency, payments::Wish& wish) {
    if (root.has("amount")) wish.amount = read_amount(form, root, currency).minor();
    if (!root.has("payment_orders")) return;
    for (auto& order : root.list("payment_orders", 1, kOrdersMax)) {
        auto reference = order.text("payment_order_id", {.length_max = kNameLength});
        const auto amount = read_amount(form, order, currency).minor();
        const auto same = [&](const auto& other) { return other.first == reference; };
        if (!reference.empty() && std::ranges::any_of(wish.orders, same))
            add_duplicate_order(form, order);
        wish.orders.emplace_back(std::move(reference), amount);
    }
}

void read_reason(Form& form, Fields root, std::span<const std::string_view> reasons,
                 payments::Wish& wish) {
    wish.reason = root.optional_text("reason", {.length_max = kNameLength}).value_or("");
    if (wish.reason.empty() || std::ranges::find(reasons, wish.reason) != reasons.end()) return;
    form.add_error(root.pointer("reason"), "not_allowed",
                   fmt::format("send one of: {}", fmt::join(reasons, ", ")));
}

// Another card, or the same once more. A wallet's payment stays with the wallet.
void read_method(Form& form, Fields root, const payments::Payment& payment, payments::Wish& wish) {
    if (!root.has("payment_method")) return;
    auto method = root.object("payment_method");
    wish.method_type = method.word("type", {payment.method_type});
    wish.method_token = read_token(form, method, wish.method_type, payment.buyer_id);
}

Result<payments::Wish> read_wish(Form& form, payments::Wish wish,
                                 const payments::Payment& payment) {
    auto root = form.root();
    const auto currency = payment.currency;
    if (wish.scope == payments::Scope::attempt) {
        wish.action = payment.capture_later ? Action::authorize : Action::sale;
        read_method(form, root, payment, wish);
    } else if (!wish.undo && wish.action != Action::cancel) {
        read_amounts(form, root, currency, wish);
    }
    if (wish.action == Action::capture) wish.is_final = root.flag("final", true);
    if (wish.undo || wish.action == Action::refund)
        read_reason(form, root, connectors::kRefundReasons, wish);
    else if (wish.action == Action::cancel)
        read_reason(form, root, connectors::kCancelReasons, wish);
    if (wish.action == Action::adjust && !wish.amount && wish.orders.empty())
        form.add_error(root.pointer("amount"), "missing",
                       "send the new amount of the payment, or of its payment_orders");
    TRY_OK(form.finish());
    return wish;
}

Handled act(Services& services, Call call, payments::Wish about) {
    CO_TRY(auto payment, co_await find_payment(services, call.caller.merchant, call.id));
    Form form(call.request.body.empty() ? "{}" : call.request.body);
    CO_TRY(auto wish, read_wish(form, std::move(about), payment));
    wish.asked_by = call.caller.key;
    const bool makes_a_refund = wish.action == Action::refund && !wish.undo;
    payments::ClientKey key{call.client_key};
    key.request_hash = crypto::sha256("POST " + call.target.path + "\n" + form.canonical());
    const auto wait = wait_of(services, call);
    CO_TRY(auto answer,
           co_await services.payments.act(std::move(payment), std::move(wish), std::move(key),
                                          patience(wait), call.deadline));
    auto response = show_answer(answer, makes_a_refund ? 201 : 200, call.target.path);
    if (wait) response.headers.add("Preference-Applied", wait->applied);
    if (makes_a_refund)
        response.headers.set("Location", "/v1/payments/" + answer.payment.text() + "/refunds/" +
                                             RefundId(answer.operation.uuid()).text());
    co_return response;
}

}  // namespace

Task<Result<payments::Payment>> find_payment(Services& services, MerchantId merchant,
                                             std::string text) {
    const auto id = PaymentId::parse(text);
    if (!id)
        co_return fail(Fault::not_found, "payment_not_found",
                       "there is no payment '" + std::string(shorten(text, 64)) + "'");
    auto payment = co_await services.payment_store.load(merchant, *id);
    if (!payment)
        co_return fail(Fault::not_found, "payment_not_found", "there is no payment " + id->text());
    co_return std::move(*payment);
}

Handled capture_payment(Services& services, Call call) {
    payments::Wish wish{.action = Action::capture};
    return act(services, std::move(call), std::move(wish));
}

Handled cancel_payment(Services& services, Call call) {
    payments::Wish wish{.action = Action::cancel};
    return act(services, std::move(call), std::move(wish));
}

Handled refund_payment(Services& services, Call call) {
    payments::Wish wish{.action = Action::refund};
    return act(services, std::move(call), std::move(wish));
}

Handled adjust_payment(Services& services, Call call) {
    payments::Wish wish{.action = Action::adjust};
    return act(services, std::move(call), std::move(wish));
}

Handled undo_payment(Services& services, Call call) {
    payments::Wish wish{.action = Action::cancel, .undo = true};
    return act(services, std::move(call), std::move(wish));
}

Handled retry_payment(Services& services, Call call) {
    payments::Wish wish{.action = Action::sale, .scope = payments::Scope::attempt};
    return act(services, std::move(call), std::move(wish));
}

Handled list_refunds(Services& services, Call call) {
    CO_TRY(const auto payment, co_await find_payment(services, call.caller.merchant, call.id));
    const auto refunds = co_await services.payment_store.refunds(payment);
    co_return list_response(call.target.path, refunds, payments::show_refund, false, std::nullopt);
}

Handled get_refund(Services& services, Call call) {
    CO_TRY(const auto payment, co_await find_payment(services, call.caller.merchant, call.id));
    const auto id = RefundId::parse(call.part);
    std::optional<payments::Payment> found;
    if (id && id->slot() == payment.id.slot()) {
        found = co_await services.payment_store.load(payment.merchant, payment.id,
                                                     OperationId(id->uuid()));
    }
    if (!found || found->operation.kind != Action::refund)
        co_return fail(Fault::not_found, "refund_not_found",
                       "the payment has no refund '" + std::string(shorten(call.part, 64)) + "'");
    co_return json_response(200, payments::show_subject(*found));
}

// With `Prefer: wait=N`, whoever knows the payment waits for it to change.
Handled get_payment(Services& services, Call call) {
    CO_TRY(auto payment, co_await find_payment(services, call.caller.merchant, call.id));
    const auto wait = read_wait(call.request.headers);
    if (wait && names_etag(call.request.headers.list("If-None-Match"), etag(payment.version))) {
        payments::Watch watch(services.watcher, payment.merchant, payment.id);
        if (co_await watch.above(payment.version, monotonic_now() + wait->time)) {
            CO_TRY(payment, co_await find_payment(services, call.caller.merchant, call.id));
        }
    }
    auto response = json_response(200, payments::show(payment));
    response.headers.add("ETag", etag(payment.version));
    if (wait) response.headers.add("Preference-Applied", wait->applied);
    co_return response;
}

namespace {

Result<payments::ListFilter> read_filter(const Call& call) {
    Query query(call.target);
    payments::ListFilter filter;
    filter.status = query.text("status");
    if (!filter.status.empty() && !payments::status_from(filter.status))
        query.add_error("status", "not_allowed",
                        "send a status of a payment, like succeeded or authorized");
    filter.currency = query.text("currency");
    if (!filter.currency.empty() && !currency_from(filter.currency))
        query.add_error("currency", "currency_unknown", "send an ISO 4217 code in capitals");
    filter.checkout_id = query.text("checkout_id");
    filter.created_from = query.instant("created[gte]");
    filter.created_before = query.instant("created[lt]");
    const auto after = query.text("starting_after");
    filter.after = PaymentId::parse(after);
    if (!after.empty() && !filter.after)
        query.add_error("starting_after", "cursor_malformed", "send the id of a payment, pay_...");
    filter.limit = query.limit();
    TRY_OK(query.finish());
    return filter;
}

}  // namespace

Handled list_payments(Services& services, Call call) {
    CO_TRY(auto filter, read_filter(call));
    const auto limit = static_cast<std::size_t>(filter.limit);
    ++filter.limit;  // One more tells whether there are more.
    auto found = co_await services.payment_store.list(call.caller.merchant, std::move(filter));
    const bool more = found.size() > limit;
    if (more) found.erase(found.begin() + static_cast<std::ptrdiff_t>(limit), found.end());
    const auto show = [](json::Writer& out, const payments::Payment& payment) {
        payments::show(out, payment);
    };
    std::optional<std::string> next;
    if (more) next = found.back().id.text();
    co_return list_response("/v1/payments", found, show, more, next);
}

}  // namespace florin::api
