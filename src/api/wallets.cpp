// Wallets: what buyers have with the shop, and what the shop gives them.

#include <algorithm>
#include <limits>

#include "api/amounts.h"
#include "api/handlers.h"
#include "api/query.h"
#include "base/text.h"
#include "platform/crypto/hash.h"
#include "wallets/rules.h"
#include "wallets/show.h"

namespace florin::api {
namespace {

using wallets::Movement;
using wallets::Owner;

constexpr std::int64_t kLotsShown = 100;

// What buyer.id of a payment may be.
Result<Owner> read_owner(const Call& call) {
    const auto length = std::ranges::count_if(call.id, [](char c) { return (c & 0xc0) != 0x80; });
    if (static_cast<std::size_t>(length) <= kNameLength)
        return Owner{call.caller.merchant, call.id};
    return fail(Fault::not_found, "wallet_not_found",
                "there is no wallet '" + std::string(shorten(call.id, 64)) +
                    "': its name is the buyer's id, of at most 64 characters");
}

Hash hash_of(const Call& call, const Form& form) {
    return crypto::sha256("POST " + call.target.path + "\n" + form.canonical());
}

// What a key came to: now, or when it was used first.
Result<http::Response> answer(const Movement& done, const Movement& wanted) {
    if (done.request_hash != wanted.request_hash)
        return fail(Fault::invalid, "idempotency_key_reused",
                    "this Idempotency-Key was used with another request: send a new key with a "
                    "new request, or the same request with this key");
    json::Writer out;
    wallets::show(out, done);
    auto response = json_response(201, std::move(out).text());
    if (done.at != wanted.at) response.headers.add("Idempotent-Replayed", "true");
    return response;
}

Handled carry_out(Services& services, wallets::Step step, Deadline deadline) {
    const auto wanted = step.movement;
    const auto done = co_await services.wallets.carry_out(std::move(step), deadline);
    if (!done)
        co_return fail(Fault::unavailable, "database_unavailable",
                       "the wallet changes all the time: repeat the request with the same key");
    co_return answer(*done, wanted);
}

struct Gift {
    wallets::Gift points;
    Hash hash{};
};

Result<Gift> read_gift(const Call& call) {
    Form form(call.request.body);
    Fields root = form.root();
    const auto amount = read_amount(form, root, wallets::kPoints);
    const auto until = read_optional_time(form, root, "expires_at");
    TRY_OK(form.finish());
    return Gift{{amount.minor(), until.value_or(Instant::max())}, hash_of(call, form)};
}

// Of payments and points alike: what a wallet can hold.
std::optional<Currency> read_asset(Query& query) {
    const auto currency = currency_from(query.text("currency"));
    if (currency && (currency->payable() || *currency == wallets::kPoints)) return currency;
    query.add_error("currency", "currency_unknown",
                    "send an active ISO 4217 code in capitals, like EUR, or PTS for points");
    return std::nullopt;
}

bool wants_csv(const http::Request& request) {
    return request.headers.get("Accept").starts_with("text/csv");
}

void show_entry(json::Writer& out, const ledger::Chapter& chapter) {
    wallets::show(out, chapter);
}

}  // namespace

Handled get_wallet(Services& services, Call call) {
    CO_TRY(const auto owner, read_owner(call));
    const auto holdings = co_await services.wallets.store().holdings(owner);
    const auto lots = co_await services.wallets.store().lots(owner, kLotsShown);
    json::Writer out;
    wallets::show(out, owner, holdings, lots);
    co_return json_response(200, std::move(out).text());
}

Handled credit_wallet(Services& services, Call call) {
    CO_TRY(auto owner, read_owner(call));
    Form form(call.request.body);
    Fields root = form.root();
    const auto currency = read_currency(form, root);
    const auto amount = read_amount(form, root, currency.value_or("EUR"_currency));
    CO_TRY_OK(form.finish());
    const auto hash = hash_of(call, form);
    auto step = wallets::credit(std::move(owner), call.client_key, amount, hash, now());
    co_return co_await carry_out(services, std::move(step), call.deadline);
}

Handled earn_points(Services& services, Call call) {
    CO_TRY(auto owner, read_owner(call));
    CO_TRY(const auto gift, read_gift(call));
    if (!services.points)
        co_return fail(Fault::conflict, "points_not_configured",
                       "there are no points here: an operator has to set points_currency");
    const auto time = now();
    CO_TRY(auto step, wallets::earn(std::move(owner), call.client_key, gift.points,
                                    *services.points, gift.hash, time));
    if (gift.points.until <= time) {
        // Perhaps a repeated request, that was right when it was sent first.
        const auto earlier = co_await services.wallets.store().movement(step.movement.id);
        if (earlier) co_return answer(*earlier, step.movement);
        co_return fail(Fault::invalid, "expires_at_in_past",
                       "these points would expire at once: send a time that is still to come, or "
                       "leave it out");
    }
    co_return co_await carry_out(services, std::move(step), call.deadline);
}

Handled list_wallet_entries(Services& services, Call call) {
    CO_TRY(const auto owner, read_owner(call));
    Query query(call.target);
    const auto asset = read_asset(query);
    const auto limit = query.limit();
    const auto before = query.whole("starting_after", 1, std::numeric_limits<std::int64_t>::max());
    CO_TRY_OK(query.finish());
    auto account = wallets::available_account(owner.name, *asset);
    auto found = co_await services.ledger_store.story(
        owner.merchant, std::move(account),
        before == 0 ? std::numeric_limits<std::int64_t>::max() : before, limit + 1);
    const bool more = found.size() > static_cast<std::size_t>(limit);
    if (more) found.pop_back();
    if (wants_csv(call.request)) {
        http::Response response;
        response.headers.add("Content-Type", "text/csv; charset=utf-8; header=present");
        response.headers.add("Vary", "Accept");
        response.body = wallets::statement_csv(found);
        co_return response;
    }
    std::optional<std::string> next;
    if (more) next = std::to_string(found.back().number);
    co_return list_response(call.target.path, found, show_entry, more, next);
}

}  // namespace florin::api
