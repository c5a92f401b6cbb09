// POST /v1/payments: records a payment and asks a provider for the money.

#include <algorithm>
#include <optional>

#include "api/amounts.h"
#include "api/answer.h"
#include "api/handlers.h"
#include "api/token.h"
#include "base/form.h"
#include "platform/crypto/hash.h"
#include "wallets/types.h"

namespace florin::api {
namespace {

using payments::NewOrder;
using payments::NewPayment;

// An order may repeat the currency, for readers; it cannot have another one.
void check_currency(Form& form, Fields order, std::optional<Currency> known) {
    const auto own = order.optional_text("currency", {.length_max = 3});
    if (own && known && *own != known->code())
        form.add_error(order.pointer("currency"), "currency_mixed",
                       "all orders of a payment have its currency, " + std::string(known->code()));
}

// Minor units. Each is at most kAmountMax, and there are at most kOrdersMax.
std::int64_t total_of(const std::vector<NewOrder>& orders) {
    std::int64_t total = 0;
    for (const auto& order : orders) total += order.amount.minor();
    return total;
}

// Who gets the money of an order: a seller, or the wallet that it tops up.
void read_payee(Form& form, Fields order, NewOrder& wanted) {
    wanted.is_top_up = order.has("wallet");
    const bool is_sold = order.has("seller_account") || !wanted.is_top_up;
    if (is_sold) wanted.seller_account = order.text("seller_account", {.length_max = kNameLength});
    if (wanted.is_top_up) wanted.seller_account = order.text("wallet", {.length_max = kNameLength});
    if (is_sold && wanted.is_top_up)
        form.add_error(order.pointer("wallet"), "payee_ambiguous",
                       "the money of an order goes to a seller or into a wallet: send "
                       "seller_account or wallet");
}

// Money of a wallet, or points, cannot become stored value again.
void check_top_up(Form& form, Fields root, const NewPayment& wanted) {
    if (std::ranges::none_of(wanted.orders, &NewOrder::is_top_up)) return;
    if (wanted.orders.size() > 1)
        form.add_error(root.pointer("payment_orders"), "top_up_not_alone",
                       "what goes into a wallet is a payment of its own, with one order");
    if (wanted.method_type != "card" || wanted.tender.amount > 0)
        form.add_error(root.pointer("payment_method"), "top_up_by_wallet",
                       "a wallet is topped up from outside: send a card, without split_tender");
}

std::vector<NewOrder> read_orders(Form& form, Fields root, std::optional<Currency> known) {
    const auto currency = known.value_or("EUR"_currency);  // Any will do to find more mistakes.
    std::vector<NewOrder> orders;
    for (auto& order : root.list("payment_orders", 1, kOrdersMax)) {
        NewOrder one{.reference = order.text("payment_order_id", {.length_max = kNameLength}),
                     .seller_account = {},
                     .amount = read_amount(form, order, currency)};
        read_payee(form, order, one);
        one.category = order.optional_text("category", {.length_max = kNameLength}).value_or("");
        check_currency(form, order, known);
        const auto same = [&](const NewOrder& other) { return other.reference == one.reference; };
        if (!one.reference.empty() && std::ranges::any_of(orders, same))
            add_duplicate_order(form, order);
        orders.push_back(std::move(one));
    }
    if (total_of(orders) > kAmountMax)
        form.add_error(root.pointer("payment_orders"), "amount_too_large",
                       "the orders add up to more than one payment may have");
    return orders;
}

// The rest is paid by the method, so something has to be left for it.
void read_tender(Form& form, Fields root, NewPayment& wanted) {
    if (!root.has("split_tender")) return;
    auto part = root.object("split_tender");
    wanted.tender.provider = part.word("type", {wallets::kWallet, wallets::kPointsProvider});
    const auto amount = read_amount(form, part, wanted.currency);
    wanted.tender.amount = amount.minor();
    if (wanted.tender.amount >= total_of(wanted.orders))
        form.add_error(
            part.pointer("amount"), "amount_too_large",
            "the payment method has to pay something too: send less, or pay all of it by "
            "payment_method");
    if (wanted.tender.provider == wanted.method_type)
        form.add_error(part.pointer("type"), "tender_twice",
                       "payment_method pays from there already: split a payment over two");
}

struct Read {
    NewPayment wanted;
    std::string quote;  // The id of one, or empty.
};

Result<Read> read(const Call& call) {
    Form form(call.request.body);
    Fields root = form.root();
    const auto currency = read_currency(form, root);
    NewPayment wanted{
        .merchant = call.caller.merchant,  // Never from the body.
        .livemode = call.caller.livemode,
        .key = {.key = call.client_key},
        .checkout_id = root.text("checkout_id", {.length_max = kNameLength}),
        .currency = currency.value_or("EUR"_currency),
    };
    Fields buyer = root.object("buyer");
    wanted.buyer_id = buyer.text("id", {.length_max = kNameLength});
    wanted.buyer_country = read_country(form, buyer);
    wanted.buyer_email = buyer.optional_text("email", {.length_max = 254}).value_or("");
    if (!wanted.buyer_email.empty() && wanted.buyer_email.find('@') == std::string::npos)
        form.add_error(buyer.pointer("email"), "email_malformed",
                       "send an address like ann@shop.example");
    Fields method = root.object("payment_method");
    wanted.method_type = method.word("type", {"card", wallets::kWallet, wallets::kPointsProvider});
    wanted.method_token = read_token(form, method, wanted.method_type, wanted.buyer_id);
    wanted.card_brand = method.optional_text("brand", {.length_max = 32}).value_or("");
    wanted.return_url = root.optional_text("return_url", {.length_max = 2048}).value_or("");
    if (!wanted.return_url.empty() && !wanted.return_url.starts_with("https://") &&
        !wanted.return_url.starts_with("http://"))
        form.add_error(root.pointer("return_url"), "url_malformed",
                       "send the address of your page, like https://shop.example/paid");
    wanted.capture_later = root.word("capture", {"automatic", "manual"}, "automatic") == "manual";
    wanted.orders = read_orders(form, root, currency);
    read_tender(form, root, wanted);
    check_top_up(form, root, wanted);
    auto quote = root.optional_text("fx_quote", {.length_max = 64}).value_or("");
    if (!quote.empty() && wanted.tender.amount > 0)
        form.add_error(root.pointer("fx_quote"), "tender_not_convertible",
                       "a payment with split_tender is paid in its own currency");
    TRY_OK(form.finish());
    wanted.key.request_hash = crypto::sha256("POST /v1/payments\n" + form.canonical());
    return Read{std::move(wanted), std::move(quote)};
}

// A quote that some payment has used is let through: this may be that payment's own request again.
Result<payments::Presentment> presentment_of(const fx::Quote& quote, const NewPayment& wanted,
                                             Instant now) {
    if (quote.settlement != wanted.currency || quote.amounts.settlement != total_of(wanted.orders))
        return fail(
            Fault::invalid, "fx_quote_mismatch",
            "the quote is for " + Money(quote.amounts.settlement, quote.settlement).decimal() +
                " " + std::string(quote.settlement.code()) + ": the orders have to add up to that");
    if (!quote.is_used())
        TRY_OK(fx::check_use(quote, {quote.id, wanted.merchant, PaymentId(), now}));
    return payments::Presentment{.quote = quote.id,
                                 .currency = quote.presentment,
                                 .amount = quote.amounts.presentment,
                                 .spread = quote.amounts.spread,
                                 .expires_at = quote.expires_at};
}

Task<Result<fx::Quote>> quote_named(Services& services, MerchantId merchant, std::string text) {
    const auto id = FxQuoteId::parse(text);
    if (id) co_return co_await services.fx.store().quote(merchant, *id);
    co_return fail(Fault::invalid, "fx_quote_malformed", "send the id of a quote, fxq_...");
}

}  // namespace

Handled create_payment(Services& services, Call call) {
    CO_TRY(auto asked, read(call));
    auto wanted = std::move(asked.wanted);
    if (!asked.quote.empty()) {
        CO_TRY(const auto quote, co_await quote_named(services, wanted.merchant, asked.quote));
        CO_TRY(wanted.presentment, presentment_of(quote, wanted, now()));
    }
    const auto wait = wait_of(services, call);
    CO_TRY(auto answer,
           co_await services.payments.create(std::move(wanted), patience(wait), call.deadline));
    auto response = show_answer(answer, 201, call.target.path);
    if (wait) response.headers.add("Preference-Applied", wait->applied);
    co_return response;
}

}  // namespace florin::api
