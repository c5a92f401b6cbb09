#include "wallets/store.h"

#include <algorithm>

#include "base/check.h"
#include "ledger/store.h"
#include "storage/claim.h"
#include "storage/rows.h"
#include "wallets/rules.h"
#include "wallets/sql.h"

namespace florin::wallets {

using storage::slot_number;

namespace {

Movement read_movement(MovementId id, const pg::Rows& rows) {
    return {.id = id,
            .owner = {MerchantId(Uuid{rows.uuid(0, 0)}), std::string(rows.text(0, 1))},
            .kind = static_cast<Kind>(rows.int16(0, 2)),
            .charge = ChargeId(Uuid{rows.uuid(0, 3)}),
            .payment = PaymentId(Uuid{rows.uuid(0, 4)}),
            .amount = {rows.int64(0, 6), storage::stored_currency(rows.text(0, 5))},
            .refusal = std::string(rows.text(0, 7)),
            .request_hash = storage::stored_hash(rows.text(0, 8)),
            .at = rows.time(0, 9)};
}

pg::Params key_of(const MovementId& id) {
    pg::Params params;
    params.add(slot_number(id.slot())).add(id.uuid().bytes);
    return params;
}

// Points after all money.
bool is_before(const Holding& a, const Holding& b) {
    return std::pair(a.asset == kPoints, a.asset) < std::pair(b.asset == kPoints, b.asset);
}

}  // namespace

Task<std::optional<Movement>> Store::movement(MovementId id) {
    const auto rows = co_await pool_.query(sql::movement, key_of(id));
    if (rows.empty()) co_return std::nullopt;
    co_return read_movement(id, rows);
}

Task<std::optional<Charge>> Store::charge(ChargeId id) {
    pg::Params params;
    params.add(slot_number(id.slot())).add(id.uuid().bytes);
    const auto rows = co_await pool_.query(sql::charge, std::move(params));
    if (rows.empty()) co_return std::nullopt;
    Charge charge{.id = id,
                  .owner = {MerchantId(Uuid{rows.uuid(0, 0)}), std::string(rows.text(0, 1))},
                  .payment = PaymentId(Uuid{rows.uuid(0, 2)}),
                  .asset = storage::stored_currency(rows.text(0, 3)),
                  .terms = {storage::stored_currency(rows.text(0, 4)), rows.int64(0, 5)},
                  .amount = rows.int64(0, 6),
                  .captured = rows.int64(0, 7),
                  .released = rows.int64(0, 8),
                  .refunded = rows.int64(0, 9),
                  .points_until = rows.time(0, 10)};
    co_return charge;
}

// In one transaction: whoever wrote first, both see it.
Task<Movement> Store::refuse(Movement wanted) {
    pg::Params params = key_of(wanted.id);
    params.add(wanted.owner.merchant.uuid().bytes).add(wanted.owner.name);
    params.add(static_cast<std::int16_t>(wanted.kind)).add(wanted.charge.uuid().bytes);
    params.add(wanted.payment.uuid().bytes).add(wanted.amount.currency().code());
    params.add(wanted.amount.minor()).add(wanted.refusal);
    params.add(pg::Bytes{view(wanted.request_hash)}).add(wanted.at);
    std::vector<pg::Call> calls;
    calls.push_back({sql::refuse, std::move(params)});
    calls.push_back({sql::movement, key_of(wanted.id)});
    const auto rows = co_await pool_.run(std::move(calls));
    check(!rows[1].empty(), "one of two that say no has said it");
    co_return read_movement(wanted.id, rows[1]);
}

// The ids of accounts follow from their names, so nobody has to search for them.
Task<std::vector<Holding>> Store::holdings(Owner owner) {
    std::vector<ledger::AccountName> accounts;
    for (const auto& row : kCurrencyTable) {
        const auto asset = *currency_from(row.code);
        if (!asset.payable() && asset != kPoints) continue;
        accounts.push_back(available_account(owner.name, asset));
        accounts.push_back(held_account(owner.name, asset));
    }
    ledger::Store ledger(pool_);
    const auto balances = co_await ledger.strict_balances(owner.merchant, std::move(accounts));
    std::vector<Holding> out;
    for (const auto& balance : balances) {
        const auto asset = balance.account.currency;
        auto found = std::ranges::find(out, asset, &Holding::asset);
        if (found == out.end()) found = out.insert(found, Holding{asset});
        const bool is_held = balance.account == held_account(owner.name, asset);
        (is_held ? found->held : found->available) = balance.amount();
    }
    std::ranges::sort(out, is_before);
    co_return out;
}

Task<std::vector<Lot>> Store::lots(Owner owner, std::int64_t limit) {
    pg::Params params;
    params.add(slot_number(owner.home())).add(owner.merchant.uuid().bytes).add(owner.name);
    params.add(limit);
    const auto rows = co_await pool_.query(sql::lots, std::move(params));
    std::vector<Lot> out;
    for (std::size_t i = 0; i < rows.size(); ++i)
        out.push_back({rows.int64(i, 0), rows.time(i, 1)});
    co_return out;
}

Task<std::vector<Owner>> Store::claim_due(Instant now, Instant until, std::int64_t limit) {
    const auto rows = co_await storage::claim<pg::UuidBytes>(pool_, sql::lots_due, sql::claim_lots,
                                                             now, until, limit);
    std::vector<Owner> out;
    for (std::size_t i = 0; i < rows.size(); ++i)
        out.push_back({MerchantId(Uuid{rows.uuid(i, 1)}), std::string(rows.text(i, 2))});
    const auto key = [](const Owner& owner) { return std::pair(owner.merchant, owner.name); };
    std::ranges::sort(out, {}, key);
    const auto rest = std::ranges::unique(out, {}, key);
    out.erase(rest.begin(), rest.end());
    co_return out;
}

Task<std::int64_t> Store::points_due(Owner owner, Instant now) {
    pg::Params params;
    params.add(slot_number(owner.home())).add(owner.merchant.uuid().bytes).add(owner.name).add(now);
    const auto rows = co_await pool_.query(sql::points_due, std::move(params));
    co_return rows.int64(0, 0);
}

Task<Terms> Store::agree(Terms wanted) {
    pg::Params params;
    params.add(wanted.currency.code()).add(wanted.value);
    co_await pool_.query(sql::set_terms, std::move(params));
    const auto agreed = co_await terms();
    check(agreed.has_value(), "somebody has said it");
    co_return *agreed;
}

Task<std::optional<Terms>> Store::terms() {
    pg::Params none;
    const auto rows = co_await pool_.query(sql::terms, std::move(none));
    if (rows.empty()) co_return std::nullopt;
    co_return Terms{storage::stored_currency(rows.text(0, 0)), rows.int64(0, 1)};
}

}  // namespace florin::wallets
