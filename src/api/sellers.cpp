// Sellers: who is paid, and what an order of theirs would be split into.

#include "sellers/show.h"

#include "api/amounts.h"
#include "api/handlers.h"
#include "api/query.h"
#include "base/text.h"
#include "sellers/store.h"

namespace florin::api {
namespace {

using sellers::Seller;

void show_seller(json::Writer& out, const Seller& seller) {
    sellers::show(out, seller);
}

http::Response seller_response(int status, const Seller& seller) {
    json::Writer out;
    show_seller(out, seller);
    return json_response(status, std::move(out).text());
}

Result<SellerId> read_id(const Call& call) {
    const auto id = SellerId::parse(call.id);
    if (id) return *id;
    return fail(Fault::not_found, "seller_not_found",
                "there is no seller '" + std::string(shorten(call.id, 64)) + "': see /v1/sellers");
}

Result<Seller> read(const Call& call) {
    Form form(call.request.body);
    Fields root = form.root();
    Seller wanted{
        .merchant = call.caller.merchant,  // Never from the body.
        .reference = root.text("reference", {.length_max = kNameLength}),
        .name = root.text("name"),
        .country = read_country(form, root),
        .created_at = now(),
    };
    TRY_OK(form.finish());
    return wanted;
}

Handled set_state(Services& services, Call call, sellers::SellerState state) {
    CO_TRY(const auto id, read_id(call));
    Form form(call.request.body.empty() ? "{}" : call.request.body);
    form.root();
    CO_TRY_OK(form.finish());
    CO_TRY(auto seller,
           co_await services.sellers.set_state(call.caller.merchant, id, state, now()));
    co_return seller_response(200, seller);
}

struct SellerQuery {
    std::string reference;
    std::optional<sellers::SellerState> state;
    std::optional<SellerId> after;
    std::int64_t limit = 0;
};

Result<SellerQuery> read_query(const Call& call) {
    Query query(call.target);
    SellerQuery wanted;
    wanted.reference = query.text("reference");
    const auto state = query.text("state");
    for (const auto one : {sellers::SellerState::active, sellers::SellerState::suspended})
        if (state == name(one)) wanted.state = one;
    if (!state.empty() && !wanted.state)
        query.add_error("state", "not_allowed", "send active or suspended");
    const auto after = query.text("starting_after");
    wanted.after = SellerId::parse(after);
    if (!after.empty() && !wanted.after)
        query.add_error("starting_after", "cursor_malformed", "send the id of a seller, sel_...");
    wanted.limit = query.limit();
    TRY_OK(query.finish());
    return wanted;
}

// The one of that name, if there is one.
Task<std::vector<Seller>> with_reference(Services& services, MerchantId merchant,
                                         std::string reference) {
    auto found =
        co_await services.sellers.seller(merchant, sellers::seller_id(merchant, reference));
    std::vector<Seller> out;
    if (found) out.push_back(std::move(*found));
    co_return out;
}

struct FeesQuery {
    Money amount;
    std::string category;
    Instant at;
};

Result<FeesQuery> read_fees_query(const Call& call) {
    Query query(call.target);
    const auto currency = currency_from(query.text("currency"));
    if (!currency || !currency->payable())
        query.add_error("currency", "currency_unknown",
                        "send an active ISO 4217 code in capitals, like EUR");
    const auto known = currency.value_or("EUR"_currency);
    FeesQuery wanted{.amount = Money(0, known)};
    const auto amount = Money::parse(query.text("amount"), known);
    if (amount) wanted.amount = *amount;
    if (!amount) query.add_error("amount", amount.error().code, amount.error().detail);
    wanted.category = query.text("category");
    wanted.at = query.instant("at").value_or(now());
    TRY_OK(query.finish());
    return wanted;
}

}  // namespace

Handled create_seller(Services& services, Call call) {
    CO_TRY(auto wanted, read(call));
    CO_TRY(auto added, co_await services.sellers.add(std::move(wanted)));
    auto response = seller_response(added.is_new ? 201 : 200, added.row);
    response.headers.add("Location", "/v1/sellers/" + added.row.id.text());
    co_return response;
}

Handled list_sellers(Services& services, Call call) {
    CO_TRY(auto wanted, read_query(call));
    const auto merchant = call.caller.merchant;
    sellers::SellerCursor cursor;
    if (wanted.after) {
        const auto last = co_await services.sellers.seller(merchant, *wanted.after);
        if (!last)
            co_return fail(Fault::invalid, "cursor_malformed",
                           "starting_after names no seller: send the next_cursor of a page");
        cursor = sellers::SellerCursor::after(*last);
    }
    std::vector<Seller> found;
    if (wanted.reference.empty()) {
        found = co_await services.sellers.sellers(merchant, wanted.state, cursor, wanted.limit + 1);
    } else {
        found = co_await with_reference(services, merchant, std::move(wanted.reference));
    }
    const bool more = found.size() > static_cast<std::size_t>(wanted.limit);
    if (more) found.pop_back();
    std::optional<std::string> next;
    if (more) next = found.back().id.text();
    co_return list_response(call.target.path, found, show_seller, more, next);
}

Handled get_seller(Services& services, Call call) {
    CO_TRY(const auto id, read_id(call));
    CO_TRY(const auto seller, co_await services.sellers.seller(call.caller.merchant, id));
    co_return seller_response(200, seller);
}

Handled suspend_seller(Services& services, Call call) {
    return set_state(services, std::move(call), sellers::SellerState::suspended);
}

Handled activate_seller(Services& services, Call call) {
    return set_state(services, std::move(call), sellers::SellerState::active);
}

Handled preview_fees(Services& services, Call call) {
    CO_TRY(const auto id, read_id(call));
    CO_TRY(auto wanted, read_fees_query(call));
    const auto merchant = call.caller.merchant;
    CO_TRY_OK(co_await services.sellers.seller(merchant, id));
    sellers::Sale sale{id, std::move(wanted.category), wanted.amount.currency(), wanted.at};
    const auto rules = co_await services.sellers.rules_of(merchant, sale);
    json::Writer out;
    sellers::show(out, sellers::preview_of(rules, std::move(sale), wanted.amount));
    co_return json_response(200, std::move(out).text());
}

}  // namespace florin::api
