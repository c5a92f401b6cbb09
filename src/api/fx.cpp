// Currencies: quotes, lists of what issuers and banks take, and what can be offered to a buyer.

#include <algorithm>

#include "api/amounts.h"
#include "api/handlers.h"
#include "api/query.h"
#include "base/text.h"
#include "fx/show.h"
#include "platform/crypto/hash.h"

namespace florin::api {
namespace {

using fx::Side;

constexpr auto kAnyCurrency = "EUR"_currency;  // Where a mistake is noted instead of one.

Result<FxQuoteId> read_quote_id(const Call& call) {
    const auto id = FxQuoteId::parse(call.id);
    if (id) return *id;
    return fail(Fault::not_found, "fx_quote_not_found",
                "there is no quote '" + std::string(shorten(call.id, 64)) +
                    "': make one with POST /v1/fx_quotes");
}

std::optional<Currency> read_payable(Form& form, Fields fields, std::string_view name) {
    const auto currency = currency_from(fields.text(name, {.length_max = 3}));
    if (currency && currency->payable()) return currency;
    form.add_error(fields.pointer(name), "currency_unknown",
                   "send an active ISO 4217 code in capitals, like EUR");
    return std::nullopt;
}

// One of `amount` and `presentment_amount`; the other one follows.
fx::Wish read_wish(Form& form, Fields root) {
    const auto settlement = read_currency(form, root).value_or(kAnyCurrency);
    const auto presentment =
        read_payable(form, root, "presentment_currency").value_or(kAnyCurrency);
    if (settlement == presentment)
        form.add_error(root.pointer("presentment_currency"), "fx_same_currency",
                       "send another one than currency: the same needs no quote");
    const bool has_presentment = root.has("presentment_amount");
    const auto* const name = has_presentment ? "presentment_amount" : "amount";
    if (has_presentment && root.has("amount"))
        form.add_error(root.pointer("amount"), "fx_both_amounts",
                       "send amount or presentment_amount: the other one follows from it");
    const auto in = has_presentment ? presentment : settlement;
    const auto amount = Money::parse(root.amount(name), in);
    if (!amount) form.add_error(root.pointer(name), amount.error().code, amount.error().detail);
    if (amount && amount->is_zero())
        form.add_error(root.pointer(name), "amount_not_positive", "send an amount above zero");
    return {amount.value_or(Money(1, in)), has_presentment ? settlement : presentment,
            has_presentment ? Side::presentment : Side::settlement};
}

struct Asked {
    fx::Wish wish;
    fx::Request request;
};

Result<Asked> read(const Call& call) {
    Form form(call.request.body);
    const auto wish = read_wish(form, form.root());
    TRY_OK(form.finish());
    const auto hash = crypto::sha256("POST " + call.target.path + "\n" + form.canonical());
    return Asked{wish, {call.caller.merchant, call.client_key, hash}};
}

http::Response quote_response(int status, const fx::Quote& quote, Instant at) {
    json::Writer out;
    fx::show(out, quote, at);
    return json_response(status, std::move(out).text());
}

void show_list(json::Writer& out, const fx::CurrencyList& list) {
    fx::show(out, list);
}

Result<std::vector<Currency>> read_currencies(const Call& call) {
    Form form(call.request.body);
    Fields root = form.root();
    std::vector<Currency> out;
    for (auto& fields : root.list("currencies", 1, fx::kListCurrenciesMax)) {
        const auto currency = read_currency(form, fields);
        if (!currency) continue;
        if (std::ranges::find(out, *currency) != out.end())
            form.add_error(fields.pointer("currency"), "duplicate_currency",
                           "each currency of a list stands there once");
        out.push_back(*currency);
    }
    TRY_OK(form.finish());
    return out;
}

struct Offer {
    Money amount;
    fx::Instrument instrument;
};

Result<Offer> read_offer(const Call& call) {
    Query query(call.target);
    const auto code = currency_from(query.text("currency"));
    if (!code || !code->payable())
        query.add_error("currency", "currency_unknown",
                        "send an active ISO 4217 code in capitals, like EUR");
    const auto currency = code.value_or(kAnyCurrency);
    const auto amount = Money::parse(query.text("amount"), currency);
    if (!amount) query.add_error("amount", amount.error().code, amount.error().detail);
    if (amount && amount->is_zero())
        query.add_error("amount", "amount_not_positive", "send an amount above zero");
    // One mistake is told for the three; the first that is there is to blame.
    auto bin = query.text("bin"), bank = query.text("bank"), method = query.text("method");
    const auto* const blamed = !bin.empty() ? "bin" : !bank.empty() ? "bank" : "method";
    auto instrument = fx::read_instrument(std::move(bin), std::move(bank), std::move(method));
    if (!instrument) query.add_error(blamed, instrument.error().code, instrument.error().detail);
    TRY_OK(query.finish());
    return Offer{*amount, std::move(*instrument)};
}

// A currency as it can be offered now: at its price, as it is, or not at all and why.
void show_offer(json::Writer& out, Currency currency, Money amount,
                const Result<fx::Quote>& price) {
    const bool is_own = currency == amount.currency();
    out.begin_object().field("currency", currency.code()).key("presentment_amount");
    if (is_own)
        out.value(amount.decimal());
    else if (price)
        out.value(Money(price->amounts.presentment, currency).decimal());
    else
        out.null();
    out.key("price");
    if (!is_own && price) {
        out.begin_object();
        fx::show_price(out, *price);
        out.end_object();
    } else {
        out.null();
    }
    out.key("reason");
    is_own || price ? out.null() : out.value(price.error().code);
    out.end_object();
}

// What is offered when no list says so: the order's own currency, and all that have a price.
std::vector<Currency> all_offered(const fx::Desk& desk, Money amount, Instant at) {
    std::vector<Currency> out{amount.currency()};
    for (const auto& facts : kCurrencyTable) {
        const auto currency = currency_from(facts.code);
        if (!currency->payable() || *currency == amount.currency()) continue;
        if (desk.price({amount, *currency}, at)) out.push_back(*currency);
    }
    return out;
}

}  // namespace

Handled create_fx_quote(Services& services, Call call) {
    CO_TRY(auto asked, read(call));
    const auto at = now();
    CO_TRY(const auto kept, co_await services.fx.quote(std::move(asked.request), asked.wish, at));
    // Repeated, it is shown as it was made: the state of now is for GET to tell.
    fx::Quote made = kept.quote;
    made.payment = PaymentId();
    auto response = quote_response(201, made, made.created_at);
    response.headers.add("Location", "/v1/fx_quotes/" + made.id.text());
    if (!kept.is_new) response.headers.add("Idempotent-Replayed", "true");
    co_return response;
}

Handled get_fx_quote(Services& services, Call call) {
    CO_TRY(const auto id, read_quote_id(call));
    CO_TRY(const auto quote, co_await services.fx.store().quote(call.caller.merchant, id));
    co_return quote_response(200, quote, now());
}

Handled list_currencies(Services& services, Call call) {
    CO_TRY(const auto offer, read_offer(call));
    const auto lists = co_await services.fx.store().lists(call.caller.merchant);
    const auto* list = fx::list_for(lists, offer.instrument);
    const auto at = now();
    json::Writer out;
    out.begin_object().field("object", "currencies").field("amount", offer.amount.decimal());
    out.field("currency", offer.amount.currency().code()).key("list");
    list ? out.value(list->key.text()) : out.null();
    out.key("data").begin_array();
    const auto offered = list ? list->currencies : all_offered(services.fx, offer.amount, at);
    for (const auto currency : offered) {
        const bool is_own = currency == offer.amount.currency();
        const auto price = is_own ? Result<fx::Quote>(std::unexpected(Error()))
                                  : services.fx.price({offer.amount, currency}, at);
        show_offer(out, currency, offer.amount, price);
    }
    out.end_array().end_object();
    co_return json_response(200, std::move(out).text());
}

Handled put_currency_list(Services& services, Call call) {
    CO_TRY(auto key, fx::ListKey::parse(call.id));
    CO_TRY(auto currencies, read_currencies(call));
    fx::CurrencyList list{call.caller.merchant, std::move(key), std::move(currencies), now()};
    json::Writer out;
    fx::show(out, list);
    CO_TRY_OK(co_await services.fx.store().put(std::move(list)));
    co_return json_response(200, std::move(out).text());
}

Handled get_currency_list(Services& services, Call call) {
    CO_TRY(auto key, fx::ListKey::parse(call.id));
    CO_TRY(const auto list,
           co_await services.fx.store().list(call.caller.merchant, std::move(key)));
    json::Writer out;
    fx::show(out, list);
    co_return json_response(200, std::move(out).text());
}

Handled drop_currency_list(Services& services, Call call) {
    CO_TRY(auto key, fx::ListKey::parse(call.id));
    co_await services.fx.store().drop(call.caller.merchant, std::move(key));
    http::Response response;
    response.status = 204;
    co_return response;
}

// All of them at once: there are fx::kListsMax at most.
Handled list_currency_lists(Services& services, Call call) {
    Query query(call.target);
    CO_TRY_OK(query.finish());
    const auto lists = co_await services.fx.store().lists(call.caller.merchant);
    co_return list_response(call.target.path, lists, show_list, false, std::nullopt);
}

}  // namespace florin::api
