// How a seller is paid, why he has not been paid yet, and what happened to what he is owed.

#include "api/amounts.h"
#include "api/handlers.h"
#include "api/query.h"
#include "base/text.h"
#include "payouts/show.h"
#include "sellers/store.h"

namespace florin::api {
namespace {

using payouts::Settings;

constexpr std::int64_t kStatementMax = 10'000, kPayoutsShown = 100, kEntriesShown = 100;
constexpr std::size_t kDestinationName = 140;

Result<SellerId> read_id(const Call& call) {
    const auto id = SellerId::parse(call.id);
    if (id) return *id;
    return fail(Fault::not_found, "seller_not_found",
                "there is no seller '" + std::string(shorten(call.id, 64)) + "': see /v1/sellers");
}

Result<Currency> read_currency_of(const Call& call) {
    const auto currency = currency_from(call.part);
    if (currency && currency->payable()) return *currency;
    return fail(Fault::not_found, "currency_unknown",
                "the address ends with an active ISO 4217 code in capitals, like EUR");
}

payouts::Destination read_bank(Form& form, Fields to) {
    payouts::Destination out{.name = to.text("name", {.length_max = kDestinationName}),
                             .account = to.text("iban", {.length_max = 34})};
    out.bic = to.optional_text("bic", {.length_max = 11}).value_or("");
    const auto iban = payouts::check_iban(out.account);
    if (!iban) form.add_error(to.pointer("iban"), iban.error().code, iban.error().detail);
    if (!out.bic.empty() && !payouts::is_bic(out.bic))
        form.add_error(to.pointer("bic"), "bic_malformed",
                       "send 8 or 11 capitals and digits, like COBADEFFXXX, or leave it out");
    return out;
}

payouts::Destination read_destination(Form& form, Fields root, payouts::RailKind rail) {
    auto to = root.object("destination");
    if (rail == payouts::RailKind::bank_file) return read_bank(form, to);
    payouts::Destination out;
    const bool is_wallet = rail == payouts::RailKind::wallet;
    const std::string_view field = is_wallet ? "wallet" : "account";
    out.account = to.text(field, {.length_max = kNameLength});
    if (!is_wallet && !payouts::is_connected_account(out.account))
        form.add_error(to.pointer(field), "account_malformed",
                       "send the id of a connected account, acct_...");
    return out;
}

std::int16_t read_whole(Form& form, Fields root, std::string_view name, int most) {
    const auto text = root.optional_text(name, {.length_max = 3}).value_or("0");
    int value = 0;
    for (const char c : text) value = c >= '0' && c <= '9' ? value * 10 + (c - '0') : most + 1;
    if (value <= most) return static_cast<std::int16_t>(value);
    form.add_error(root.pointer(name), "number_out_of_range",
                   "send a whole number as text, from \"0\" to \"" + std::to_string(most) + "\"");
    return 0;
}

Result<Settings> read(const Call& call, const sellers::Seller& seller, Currency currency) {
    Form form(call.request.body);
    auto root = form.root();
    const auto rail = root.word("rail", {"bank_file", "wallet", "stripe_connect"});
    const auto schedule = root.word("schedule", {"manual", "daily", "weekly"}, "manual");
    Settings out{.seller = seller.id,
                 .merchant = seller.merchant,
                 .reference = seller.reference,
                 .currency = currency,
                 .rail = payouts::rail_from(rail).value_or(payouts::RailKind::bank_file),
                 .schedule = payouts::schedule_from(schedule).value_or(payouts::Schedule::manual),
                 .set_by = call.caller.key};
    out.destination = read_destination(form, root, out.rail);
    const auto weekday = root.word(
        "weekday", {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"},
        "monday");
    const auto* day = std::ranges::find(payouts::kWeekdayNames, weekday);
    if (day != payouts::kWeekdayNames.end())
        out.weekday = static_cast<std::int16_t>(day - payouts::kWeekdayNames.begin());
    out.hour = read_whole(form, root, "hour", 23);
    const auto minimum = read_optional_amount(form, root, "minimum", currency);
    out.minimum = minimum ? minimum->minor() : 0;
    if (const auto text = root.optional_text("reserve_rate", {.length_max = 10})) {
        const auto rate = sellers::rate_from(*text);
        if (rate) out.reserve_rate = *rate;
        if (!rate)
            form.add_error(root.pointer("reserve_rate"), rate.error().code, rate.error().detail);
    }
    out.reserve_days = read_whole(form, root, "reserve_days", 365);
    TRY_OK(form.finish());
    return out;
}

http::Response settings_response(const Settings& settings) {
    json::Writer out;
    payouts::show(out, settings);
    return json_response(200, std::move(out).text());
}

struct StatusQuery {
    Currency currency;
    std::optional<PaymentOrderId> order;
};

Currency read_currency(Query& query) {
    const auto currency = currency_from(query.text("currency"));
    if (!currency || !currency->payable())
        query.add_error("currency", "currency_unknown",
                        "send an active ISO 4217 code in capitals, like EUR");
    return currency.value_or("EUR"_currency);
}

Result<StatusQuery> read_status_query(const Call& call) {
    Query query(call.target);
    StatusQuery wanted{.currency = read_currency(query)};
    const auto order = query.text("payment_order_id");
    wanted.order = PaymentOrderId::parse(order);
    if (!order.empty() && !wanted.order)
        query.add_error("payment_order_id", "payment_order_malformed",
                        "send the id of a payment order, por_...");
    TRY_OK(query.finish());
    return wanted;
}

// Where the money of an order is on its way to the seller, in one word.
std::string_view word_of(const payments::PaymentOrder& order, bool is_paid_for,
                         const std::optional<payouts::Payout>& payout, bool is_payable) {
    using Status = shipment::Status;
    if (payout) return name(payout->status);
    if (is_payable) return "payable";
    if (!is_paid_for) return "not_captured";
    if (order.shipment.status == Status::waiting) return "not_shipped";
    if (order.shipment.status == Status::returned) return "goods_returned";
    return order.shipment.status == Status::released ? "released" : "held_until";
}

// Failure: NotFound payment_order_not_found.
Task<Result<std::string>> story_of(Services& services, sellers::Seller seller, Currency currency,
                                   PaymentOrderId id) {
    const auto payment = co_await services.payment_store.load_by_order(seller.merchant, id);
    const auto n = payment ? payments::order_number(*payment, id) : std::nullopt;
    if (!n || payment->orders[*n].is_top_up ||
        payment->orders[*n].seller_account != seller.reference)
        co_return fail(Fault::not_found, "payment_order_not_found",
                       "the seller has no payment order " + id.text());
    auto& store = services.payouts.store();
    const auto slot = seller.id.slot();
    const auto account =
        payouts::payable_id(seller.merchant, seller.id, seller.reference, currency);
    const auto entries = co_await store.entries_about(slot, account, id.uuid(), kEntriesShown);
    std::optional<payouts::Payout> payout;
    if (!entries.empty())
        payout = co_await store.payout_of_entry(slot, account, entries.front().seq);
    const auto& order = payment->orders[*n];
    json::Writer out;
    out.begin_object().field("payment", payment->id.text()).field("payment_order", id.text());
    out.field("state", word_of(order, payment->counters.captured > 0, payout, !entries.empty()));
    out.key("release_at");
    order.shipment.release_at == Instant::max() ? out.null()
                                                : out.value(to_text(order.shipment.release_at));
    out.key("payout");
    payout ? out.value(payout->id.text()) : out.null();
    out.end_object();
    co_return std::move(out).text();
}

struct StatementQuery {
    Currency currency;
    Instant from, before;
};

Result<StatementQuery> read_statement_query(const Call& call) {
    Query query(call.target);
    StatementQuery wanted{.currency = read_currency(query)};
    wanted.from = query.instant("from").value_or(Instant());
    wanted.before = query.instant("to").value_or(Instant::max());
    TRY_OK(query.finish());
    return wanted;
}

}  // namespace

Handled put_payout_settings(Services& services, Call call) {
    CO_TRY(const auto id, read_id(call));
    CO_TRY(const auto currency, read_currency_of(call));
    CO_TRY(const auto seller, co_await services.sellers.seller(call.caller.merchant, id));
    CO_TRY(auto wanted, read(call, seller, currency));
    CO_TRY(const auto kept, co_await services.payouts.put(std::move(wanted)));
    co_return settings_response(kept);
}

Handled get_payout_settings(Services& services, Call call) {
    CO_TRY(const auto id, read_id(call));
    CO_TRY(const auto currency, read_currency_of(call));
    CO_TRY_OK(co_await services.sellers.seller(call.caller.merchant, id));
    const auto found = co_await services.payouts.store().settings(id, currency);
    if (!found)
        co_return fail(Fault::not_found, "payout_settings_not_found",
                       "nobody has said how the seller is paid in " + std::string(currency.code()) +
                           ": PUT it at the same address");
    co_return settings_response(*found);
}

Handled get_payout_status(Services& services, Call call) {
    CO_TRY(const auto id, read_id(call));
    CO_TRY(const auto wanted, read_status_query(call));
    CO_TRY(const auto seller, co_await services.sellers.seller(call.caller.merchant, id));
    auto& store = services.payouts.store();
    const auto currency = wanted.currency;
    auto settings = co_await store.settings(id, currency);
    std::vector<Settings> which(1, Settings{.seller = id,
                                            .merchant = seller.merchant,
                                            .reference = seller.reference,
                                            .currency = currency});
    const auto payable = (co_await store.payables(std::move(which))).front();
    const auto balances = co_await store.balances(seller.merchant, id, seller.reference, currency);
    auto payouts = co_await store.payouts_of(id, currency, kPayoutsShown);
    auto reserves = co_await store.reserves_of(id, currency, kPayoutsShown);
    auto standing = payouts::standing_of(id, currency, std::move(settings),
                                         seller.state == sellers::SellerState::active, payable,
                                         balances, std::move(payouts), std::move(reserves));
    if (wanted.order) {
        CO_TRY(standing.order, co_await story_of(services, seller, currency, *wanted.order));
    }
    json::Writer out;
    payouts::show(out, standing);
    co_return json_response(200, std::move(out).text());
}

Handled get_statement(Services& services, Call call) {
    CO_TRY(const auto id, read_id(call));
    CO_TRY(const auto wanted, read_statement_query(call));
    CO_TRY(const auto seller, co_await services.sellers.seller(call.caller.merchant, id));
    const auto account =
        payouts::payable_id(seller.merchant, id, seller.reference, wanted.currency);
    const auto entries = co_await services.payouts.store().statement(
        id.slot(), account, wanted.from, wanted.before, kStatementMax + 1);
    if (entries.size() > static_cast<std::size_t>(kStatementMax))
        co_return fail(Fault::invalid, "statement_too_long",
                       "there are more than 10000 entries: ask for a shorter time with from and "
                       "to");
    http::Response response;
    response.headers.add("Content-Type", "text/csv; charset=utf-8; header=present");
    response.headers.add("Content-Disposition", "attachment; filename=\"" + id.text() + "-" +
                                                    std::string(wanted.currency.code()) + ".csv\"");
    response.body = payouts::statement(entries, wanted.currency);
    co_return response;
}

}  // namespace florin::api
