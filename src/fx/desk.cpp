#include "fx/desk.h"

namespace florin::fx {
namespace {

Result<Kept> answer(Kept kept, const Request& request) {
    if (kept.quote.request_hash == request.hash) return kept;
    return fail(Fault::invalid, "idempotency_key_reused",
                "this Idempotency-Key was used with another request: send a new key with a new "
                "request, or the same request with this key");
}

}  // namespace

Result<Quote> price_of(const Rates& rates, const DeskOptions& options, const Wish& wish,
                       Instant now) {
    TRY(const auto found, rates.find(wish.pair(), now));
    const auto spread_rate = options.spreads.of(wish.pair());
    TRY(const auto amounts, amounts_of(wish, found.rate, spread_rate));
    return Quote{.settlement = wish.settlement(),
                 .presentment = wish.presentment(),
                 .fixed = wish.fixed,
                 .amounts = amounts,
                 .rate = found.rate,
                 .derivation = found.derivation,
                 .source = std::string(rates.source()),
                 .rate_as_of = found.as_of,
                 .spread_rate = spread_rate,
                 .created_at = now,
                 .expires_at = now + options.quote_time};
}

Task<Result<Kept>> Desk::quote(Request request, Wish wish, Instant now) {
    const auto id = quote_id(request.merchant, request.key);
    auto priced = price(wish, now);
    if (!priced) {
        // Perhaps a repeated request, which was right when it was sent first.
        auto earlier = co_await store_.quote(request.merchant, id);
        if (!earlier) co_return std::unexpected(std::move(priced.error()));
        Kept kept{std::move(*earlier), false};
        co_return answer(std::move(kept), request);
    }
    priced->id = id;
    priced->merchant = request.merchant;
    priced->request_hash = request.hash;
    auto kept = co_await store_.add(std::move(*priced));
    co_return answer(std::move(kept), request);
}

}  // namespace florin::fx
