#include "fx/show.h"

#include "fx/rules.h"

namespace florin::fx {

void show_price(json::Writer& out, const Quote& quote) {
    const auto settled = [&](std::int64_t minor) {
        return Money(minor, quote.settlement).decimal();
    };
    out.field("amount", settled(quote.amounts.settlement));
    out.field("currency", quote.settlement.code());
    out.field("presentment_amount", Money(quote.amounts.presentment, quote.presentment).decimal());
    out.field("presentment_currency", quote.presentment.code());
    out.field("fixed", quote.fixed == Side::settlement ? "amount" : "presentment_amount");
    out.key("rate").begin_object().field("base", quote.presentment.code());
    out.field("quote", quote.settlement.code()).field("value", quote.rate.text());
    out.field("derivation", name(quote.derivation)).field("source", quote.source);
    out.field("as_of", to_text(quote.rate_as_of)).end_object();
    out.field("spread", settled(quote.amounts.spread));
    out.field("spread_rate", spread_text(quote.spread_rate));
}

void show(json::Writer& out, const Quote& quote, Instant at) {
    const auto field_or_null = [&](std::string_view name, bool is_there, const std::string& text) {
        out.key(name);
        is_there ? out.value(text) : out.null();
    };
    out.begin_object().field("id", quote.id.text()).field("object", "fx_quote");
    out.field("status", name(quote.state(at)));
    show_price(out, quote);
    field_or_null("payment", quote.is_used(), quote.payment.text());
    out.field("created_at", to_text(quote.created_at));
    out.field("expires_at", to_text(quote.expires_at));
    field_or_null("used_at", quote.is_used(), quote.is_used() ? to_text(quote.used_at) : "");
    out.end_object();
}

void show(json::Writer& out, const CurrencyList& list) {
    out.begin_object().field("id", list.key.text()).field("object", "currency_list");
    out.key("currencies").begin_array();
    for (const auto currency : list.currencies)
        out.begin_object().field("currency", currency.code()).end_object();
    out.end_array().field("updated_at", to_text(list.updated_at)).end_object();
}

}  // namespace florin::fx
