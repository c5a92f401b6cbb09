// Refunds that wait for a second person: the list of them, and that person's word.

#include "api/answer.h"
#include "api/handlers.h"
#include "api/query.h"
#include "base/form.h"
#include "base/text.h"
#include "payments/show.h"
#include "platform/crypto/hash.h"

namespace florin::api {
namespace {

constexpr std::size_t kReasonLength = 200;

Task<Result<payments::Payment>> find_held(Services& services, MerchantId merchant,
                                          std::string text) {
    const auto id = RefundId::parse(text);
    std::optional<payments::Payment> found;
    if (id) found = co_await services.payment_store.held_refund(merchant, *id);
    if (found) co_return std::move(*found);
    co_return fail(Fault::not_found, "refund_not_found",
                   "no refund '" + std::string(shorten(text, 64)) +
                       "' waits for an approval, or waited: see GET /v1/refunds");
}

Result<payments::Decision> read_decision(Form& form, bool approve, KeyId by) {
    payments::Decision decision{.approve = approve, .by = by};
    auto root = form.root();
    if (!approve)
        decision.reason = root.optional_text("reason", {.length_max = kReasonLength}).value_or("");
    TRY_OK(form.finish());
    return decision;
}

// That the refund ended with a no is what was wanted.
http::Response show_rejection(const payments::Answer& answer) {
    auto response = json_response(200, answer.data);
    if (answer.replayed) response.headers.add("Idempotent-Replayed", "true");
    return response;
}

Handled decide(Services& services, Call call, bool approve) {
    CO_TRY(auto payment, co_await find_held(services, call.caller.merchant, call.id));
    Form form(call.request.body.empty() ? "{}" : call.request.body);
    CO_TRY(auto decision, read_decision(form, approve, call.caller.key));
    payments::ClientKey key{call.client_key};
    key.request_hash = crypto::sha256("POST " + call.target.path + "\n" + form.canonical());
    const auto wait = approve ? wait_of(services, call) : std::nullopt;
    CO_TRY(auto answer,
           co_await services.payments.decide(std::move(payment), std::move(decision),
                                             std::move(key), patience(wait), call.deadline));
    auto response = approve ? show_answer(answer, 200, call.target.path) : show_rejection(answer);
    if (wait) response.headers.add("Preference-Applied", wait->applied);
    response.headers.set("Location", "/v1/payments/" + answer.payment.text() + "/refunds/" +
                                         RefundId(answer.operation.uuid()).text());
    co_return response;
}

struct Page {
    std::optional<RefundId> after;
    std::int64_t limit;
};

Result<Page> read_page(const Call& call) {
    Query query(call.target);
    if (query.text("status") != "approval_pending")
        query.add_error("status", "not_allowed",
                        "send approval_pending; all others are listed with their payment, at "
                        "/v1/payments/{id}/refunds");
    const auto after = query.text("starting_after");
    Page page{RefundId::parse(after), query.limit()};
    if (!after.empty() && !page.after)
        query.add_error("starting_after", "cursor_malformed", "send the id of a refund, ref_...");
    TRY_OK(query.finish());
    return page;
}

}  // namespace

Handled list_held_refunds(Services& services, Call call) {
    CO_TRY(const auto page, read_page(call));
    // One more tells whether there are more.
    auto found = co_await services.payment_store.held_refunds(call.caller.merchant, page.after,
                                                              page.limit + 1);
    const auto limit = static_cast<std::size_t>(page.limit);
    const bool more = found.size() > limit;
    if (more) found.erase(found.begin() + page.limit, found.end());
    std::optional<std::string> next;
    if (more) next = RefundId(found.back().operation.id.uuid()).text();
    co_return list_response("/v1/refunds", found, payments::show_refund, more, next);
}

Handled approve_refund(Services& services, Call call) {
    return decide(services, std::move(call), true);
}

Handled reject_refund(Services& services, Call call) {
    return decide(services, std::move(call), false);
}

}  // namespace florin::api
