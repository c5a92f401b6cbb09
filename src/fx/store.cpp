#include "fx/store.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "fx/sql.h"
#include "storage/rows.h"

namespace florin::fx {
namespace {

using storage::slot_number;

Quote read_quote(const pg::Rows& rows, std::size_t row) {
    storage::Reader in(rows, row);
    const FxQuoteId id(in.uuid());
    const MerchantId merchant(in.uuid());
    const auto settlement = in.currency();
    const auto amount = in.int64();
    Quote quote{.id = id,
                .merchant = merchant,
                .settlement = settlement,
                .presentment = in.currency(),
                .amounts = {.settlement = amount}};
    quote.amounts.presentment = in.int64();
    quote.fixed = static_cast<Side>(in.int16());
    quote.rate.coefficient = in.int64();
    quote.rate.scale = in.int16();
    quote.derivation = static_cast<Derivation>(in.int16());
    quote.source = in.text();
    quote.rate_as_of = in.time();
    quote.spread_rate = in.int64();
    quote.amounts.spread = in.int64();
    quote.request_hash = in.hash();
    quote.created_at = in.time();
    quote.expires_at = in.time();
    quote.payment = PaymentId(in.uuid());
    quote.used_at = in.time();
    return quote;
}

pg::Params new_quote(const Quote& quote) {
    pg::Params params;
    params.add(slot_number(quote.id.slot())).add(quote.id.uuid().bytes);
    params.add(quote.merchant.uuid().bytes).add(quote.settlement.code());
    params.add(quote.amounts.settlement).add(quote.presentment.code());
    params.add(quote.amounts.presentment).add(static_cast<std::int16_t>(quote.fixed));
    params.add(quote.rate.coefficient).add(static_cast<std::int16_t>(quote.rate.scale));
    params.add(static_cast<std::int16_t>(quote.derivation)).add(quote.source);
    params.add(quote.rate_as_of).add(quote.spread_rate).add(quote.amounts.spread);
    params.add(pg::Bytes{view(quote.request_hash)}).add(quote.created_at).add(quote.expires_at);
    return params;
}

std::string codes_of(const std::vector<Currency>& currencies) {
    std::string out;
    for (const auto currency : currencies)
        out.append(out.empty() ? "" : " ").append(currency.code());
    return out;
}

std::vector<Currency> currencies_of(std::string_view codes) {
    std::vector<Currency> out;
    for (; !codes.empty(); codes.remove_prefix(std::min<std::size_t>(4, codes.size())))
        out.push_back(storage::stored_currency(codes.substr(0, 3)));
    return out;
}

CurrencyList read_list(const MerchantId& merchant, const pg::Rows& rows, std::size_t row) {
    storage::Reader in(rows, row);
    CurrencyList list{.merchant = merchant};
    list.key.kind = static_cast<KeyKind>(in.int16());
    list.key.from = in.text();
    list.key.to = in.text();
    list.currencies = currencies_of(in.text());
    list.updated_at = in.time();
    return list;
}

pg::Params key_of(const MerchantId& merchant, const ListKey& key) {
    pg::Params params;
    params.add(slot_number(lists_slot(merchant))).add(merchant.uuid().bytes);
    params.add(static_cast<std::int16_t>(key.kind)).add(key.from).add(key.to);
    return params;
}

std::unexpected<Error> refuse(Fault fault, std::string_view code, std::string detail,
                              std::string object) {
    auto refusal = fail(fault, code, detail);
    refusal.error().object = std::move(object);
    return refusal;
}

}  // namespace

pg::Call use_call(const Use& use) {
    pg::Params params;
    params.add(slot_number(use.quote.slot())).add(use.quote.uuid().bytes);
    params.add(use.merchant.uuid().bytes).add(use.payment.uuid().bytes).add(use.at);
    return {sql::use_quote, std::move(params)};
}

Result<void> check_use(const Quote& quote, const Use& use) {
    if (quote.is_used() && quote.payment != use.payment)
        return refuse(Fault::conflict, "fx_quote_used",
                      "the quote " + quote.id.text() + " was used by the payment " +
                          quote.payment.text() + ": make a new one",
                      quote.id.text());
    if (!quote.is_used() && quote.expires_at <= use.at)
        return refuse(Fault::conflict, "fx_quote_expired",
                      "the quote " + quote.id.text() + " expired at " + to_text(quote.expires_at) +
                          ": make a new one and show it to the buyer",
                      quote.id.text());
    return {};
}

Task<Kept> Store::add(Quote wanted) {
    auto params = new_quote(wanted);
    const auto rows = co_await pool_.query(sql::add_quote, std::move(params));
    const bool is_new = rows.affected() == 1;
    auto kept = co_await quote(wanted.merchant, wanted.id);
    check(kept.has_value(), "a quote is there when it was added");
    Kept out{std::move(*kept), is_new};
    co_return out;
}

Task<Result<Quote>> Store::quote(MerchantId merchant, FxQuoteId id) {
    pg::Params params;
    params.add(slot_number(id.slot())).add(id.uuid().bytes).add(merchant.uuid().bytes);
    const auto rows = co_await pool_.query(sql::quote, std::move(params));
    if (rows.empty())
        co_return refuse(Fault::not_found, "fx_quote_not_found",
                         "there is no quote " + id.text() + ": make one with POST /v1/fx_quotes",
                         id.text());
    co_return read_quote(rows, 0);
}

Task<Result<Quote>> Store::use(Use use) {
    try {
        std::vector<pg::Call> calls;
        calls.push_back(use_call(use));
        co_await pool_.run(std::move(calls));
    } catch (const pg::SqlError& e) {
        if (e.state != kQuoteNotUsable) throw;  // The row tells why.
    }
    CO_TRY(auto kept, co_await quote(use.merchant, use.quote));
    CO_TRY_OK(check_use(kept, use));
    check(kept.payment == use.payment, "what was not used can be told why");
    co_return kept;
}

Task<std::vector<CurrencyList>> Store::lists(MerchantId merchant) {
    pg::Params params;
    params.add(slot_number(lists_slot(merchant))).add(merchant.uuid().bytes);
    const auto rows = co_await pool_.query(sql::lists, std::move(params));
    std::vector<CurrencyList> out;
    for (std::size_t i = 0; i < rows.size(); ++i) out.push_back(read_list(merchant, rows, i));
    co_return out;
}

Task<Result<CurrencyList>> Store::list(MerchantId merchant, ListKey key) {
    auto all = co_await lists(merchant);
    const auto found = std::ranges::find(all, key, &CurrencyList::key);
    if (found == all.end())
        co_return refuse(Fault::not_found, "currency_list_not_found",
                         "there is no list " + key.text() + ": see /v1/currency_lists", key.text());
    co_return std::move(*found);
}

Task<Result<void>> Store::put(CurrencyList wanted) {
    auto params = key_of(wanted.merchant, wanted.key);
    params.add(codes_of(wanted.currencies)).add(wanted.updated_at);
    params.add(static_cast<std::int64_t>(kListsMax));
    const auto rows = co_await pool_.query(sql::put_list, std::move(params));
    if (rows.boolean(0, 0)) co_return Result<void>();
    co_return refuse(Fault::conflict, "currency_lists_full",
                     fmt::format("there are {} lists already: remove one first", kListsMax),
                     wanted.key.text());
}

Task<> Store::drop(MerchantId merchant, ListKey key) {
    auto params = key_of(merchant, key);
    co_await pool_.query(sql::drop_list, std::move(params));
}

}  // namespace florin::fx
