#include "api/amounts.h"

#include <algorithm>

namespace florin::api {

Money read_amount(Form& form, Fields fields, Currency currency) {
    const auto parsed = Money::parse(fields.amount("amount"), currency);
    const auto pointer = fields.pointer("amount");
    if (!parsed) {
        form.add_error(pointer, parsed.error().code, parsed.error().detail);
    } else if (!parsed->is_positive()) {
        form.add_error(pointer, "amount_not_positive", "send an amount above zero");
    } else {
        return *parsed;
    }
    return Money(0, currency);
}

std::optional<Money> read_optional_amount(Form& form, Fields fields, std::string_view name,
                                          Currency currency) {
    const auto text = fields.optional_amount(name);
    if (!text || text->empty()) return std::nullopt;
    const auto parsed = Money::parse(*text, currency);
    if (parsed) return *parsed;
    form.add_error(fields.pointer(name), parsed.error().code, parsed.error().detail);
    return std::nullopt;
}

std::optional<Currency> read_currency(Form& form, Fields fields) {
    const auto code = fields.text("currency", {.length_max = 3});
    const auto currency = currency_from(code);
    if (currency && currency->payable()) return currency;
    form.add_error(fields.pointer("currency"), "currency_unknown",
                   "send an active ISO 4217 code in capitals, like EUR");
    return std::nullopt;
}

std::string read_country(Form& form, Fields fields) {
    auto code = fields.optional_text("country", {.length_max = 2}).value_or("");
    const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
    if (!code.empty() && (code.size() != 2 || !std::ranges::all_of(code, is_capital)))
        form.add_error(fields.pointer("country"), "country_malformed",
                       "send an ISO 3166 code of two capitals, like DE");
    return code;
}

std::optional<Instant> read_optional_time(Form& form, Fields fields, std::string_view name) {
    const auto text = fields.optional_text(name, {.length_max = 32});
    if (!text) return std::nullopt;
    const auto time = instant_from(*text);
    if (!time)
        form.add_error(fields.pointer(name), "time_malformed",
                       "send a time like 2026-11-20T23:34:38.120Z (RFC 3339, UTC)");
    return time;
}

void add_duplicate_order(Form& form, Fields order) {
    form.add_error(order.pointer("payment_order_id"), "duplicate_order",
                   "each order of a payment has its own payment_order_id");
}

}  // namespace florin::api
