// Payouts: asked for, listed, explained, and what people decide about them.

#include "api/amounts.h"
#include "api/handlers.h"
#include "api/query.h"
#include "base/text.h"
#include "payouts/show.h"
#include "platform/crypto/hash.h"

namespace florin::api {
namespace {

using payout::Event;
using payouts::Payout;

constexpr std::size_t kReasonLength = 200;

Result<PayoutId> read_id(const Call& call) {
    const auto id = PayoutId::parse(call.id);
    if (id) return *id;
    return fail(Fault::not_found, "payout_not_found",
                "there is no payout '" + std::string(shorten(call.id, 64)) + "': see /v1/payouts");
}

void show_payout(json::Writer& out, const Payout& payout) {
    payouts::show(out, payout);
}

http::Response payout_response(int status, const Payout& payout) {
    json::Writer out;
    show_payout(out, payout);
    return json_response(status, std::move(out).text());
}

struct Wanted {
    SellerId seller;
    Currency currency;
};

Result<Wanted> read_wanted(Form& form) {
    Fields root = form.root();
    const auto seller = SellerId::parse(root.text("seller", {.length_max = kNameLength}));
    if (!seller)
        form.add_error(root.pointer("seller"), "seller_malformed",
                       "send the id of a seller, sel_...");
    const auto currency = read_currency(form, root).value_or("EUR"_currency);
    TRY_OK(form.finish());
    return Wanted{seller.value_or(SellerId()), currency};
}

Result<payouts::PayoutFilter> read_filter(const Call& call) {
    Query query(call.target);
    payouts::PayoutFilter filter{.merchant = call.caller.merchant};
    const auto seller = query.text("seller"), status = query.text("status");
    filter.seller = SellerId::parse(seller);
    if (!seller.empty() && !filter.seller)
        query.add_error("seller", "seller_malformed", "send the id of a seller, sel_...");
    filter.status = payout::status_from(status);
    if (!status.empty() && !filter.status)
        query.add_error("status", "not_allowed", "send a status of payouts, like in_transit");
    const auto after = query.text("starting_after");
    filter.after = PayoutId::parse(after);
    if (!after.empty() && !filter.after)
        query.add_error("starting_after", "cursor_malformed", "send the id of a payout, pyo_...");
    filter.limit = query.limit();
    TRY_OK(query.finish());
    return filter;
}

Result<std::string> read_reason(const Call& call) {
    Form form(call.request.body.empty() ? "{}" : call.request.body);
    auto root = form.root();
    auto reason = root.optional_text("reason", {.length_max = kReasonLength}).value_or("");
    TRY_OK(form.finish());
    return reason;
}

Handled decide(Services& services, Call call, bool approve) {
    CO_TRY(const auto id, read_id(call));
    CO_TRY(auto reason, read_reason(call));
    CO_TRY(const auto payout, co_await services.payouts.decide(call.caller.merchant, id, approve,
                                                               call.caller.key, std::move(reason)));
    co_return payout_response(200, payout);
}

Handled tell(Services& services, Call call, Event event) {
    CO_TRY(const auto id, read_id(call));
    CO_TRY(auto reason, read_reason(call));
    payouts::News news{.by = call.caller.key, .reason = std::move(reason)};
    CO_TRY(const auto payout,
           co_await services.payouts.tell(call.caller.merchant, id, event, std::move(news)));
    co_return payout_response(200, payout);
}

struct Outcome {
    Event event{};
    payouts::News news;
};

Result<Outcome> read_outcome(const Call& call, Currency currency) {
    Form form(call.request.body);
    auto root = form.root();
    const auto status = root.word("status", {"paid", "failed", "returned", "recalled"});
    Outcome out;
    out.event = status == "paid"       ? Event::paid
                : status == "failed"   ? Event::failed
                : status == "returned" ? Event::returned
                                       : Event::recalled;
    out.news.by = call.caller.key;
    out.news.reference = root.optional_text("reference", {.length_max = kNameLength}).value_or("");
    out.news.reason = root.optional_text("reason", {.length_max = kReasonLength}).value_or("");
    const auto fee = read_optional_amount(form, root, "fee", currency);
    out.news.fee = fee ? fee->minor() : 0;
    TRY_OK(form.finish());
    return out;
}

Result<std::int64_t> read_items_page(Query& query, std::int64_t& limit) {
    const auto after = query.whole("starting_after", 1, std::int64_t{1} << 62);
    limit = query.limit();
    TRY_OK(query.finish());
    return after;
}

}  // namespace

Handled create_payout(Services& services, Call call) {
    Form form(call.request.body);
    CO_TRY(const auto wanted, read_wanted(form));
    payouts::ClientKey key{call.client_key};
    key.request_hash = crypto::sha256("POST " + call.target.path + "\n" + form.canonical());
    CO_TRY(const auto made,
           co_await services.payouts.create(call.caller.merchant, wanted.seller, wanted.currency,
                                            call.caller.key, std::move(key)));
    auto response = payout_response(made.replayed ? 200 : 201, made.payout);
    response.headers.add("Location", "/v1/payouts/" + made.payout.id.text());
    if (made.replayed) response.headers.add("Idempotent-Replayed", "true");
    co_return response;
}

Handled list_payouts(Services& services, Call call) {
    CO_TRY(auto filter, read_filter(call));
    const auto limit = static_cast<std::size_t>(filter.limit);
    ++filter.limit;  // One more tells whether there are more.
    auto found = co_await services.payouts.store().payouts(filter);
    const bool more = found.size() > limit;
    if (more) found.pop_back();
    std::optional<std::string> next;
    if (more) next = found.back().id.text();
    co_return list_response(call.target.path, found, show_payout, more, next);
}

Handled get_payout(Services& services, Call call) {
    CO_TRY(const auto id, read_id(call));
    auto& store = services.payouts.store();
    CO_TRY(const auto payout, co_await store.payout(call.caller.merchant, id));
    const auto history = co_await store.history(id);
    json::Writer out;
    payouts::show(out, payout, history);
    co_return json_response(200, std::move(out).text());
}

Handled explain_payout(Services& services, Call call) {
    CO_TRY(const auto id, read_id(call));
    Query query(call.target);
    std::int64_t limit = 0;
    CO_TRY(const auto after, read_items_page(query, limit));
    auto& store = services.payouts.store();
    CO_TRY(auto payout, co_await store.payout(call.caller.merchant, id));
    payouts::Explanation explanation{.payout = payout};
    explanation.items = co_await store.explain(payout, after, limit + 1);
    explanation.proof = co_await store.proof(std::move(payout));
    if (explanation.items.size() > static_cast<std::size_t>(limit)) {
        explanation.items.pop_back();
        explanation.next = explanation.items.back().item.seq;
    }
    json::Writer out;
    payouts::show(out, explanation);
    co_return json_response(200, std::move(out).text());
}

Handled approve_payout(Services& services, Call call) {
    return decide(services, std::move(call), true);
}

Handled reject_payout(Services& services, Call call) {
    return decide(services, std::move(call), false);
}

Handled cancel_payout(Services& services, Call call) {
    return tell(services, std::move(call), Event::canceled);
}

Handled recall_payout(Services& services, Call call) {
    return tell(services, std::move(call), Event::recall_requested);
}

// The bank's word, by whoever has read it.
Handled tell_payout(Services& services, Call call) {
    CO_TRY(const auto id, read_id(call));
    const auto merchant = call.caller.merchant;
    CO_TRY(const auto payout, co_await services.payouts.store().payout(merchant, id));
    CO_TRY(auto told, read_outcome(call, payout.currency));
    if (payout.rail != payouts::RailKind::bank_file) {
        auto refusal = fail(Fault::conflict, "payout_outcome_not_told",
                            "this rail tells its outcomes itself: only those of bank files are "
                            "told by people");
        refusal.error().object = payout.id.text();
        co_return refusal;
    }
    CO_TRY(const auto after,
           co_await services.payouts.tell(merchant, id, told.event, std::move(told.news)));
    co_return payout_response(200, after);
}

}  // namespace florin::api
