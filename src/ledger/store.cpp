#include "ledger/store.h"

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "ledger/poster.h"
#include "ledger/sql.h"

namespace florin::ledger {
namespace {

Balance read_balance(const pg::Rows& rows, std::size_t i) {
    const auto currency = currency_from(rows.text(i, 2));
    check(currency.has_value(), "a stored currency is in the table");
    AccountName name{rows.int16(i, 0), std::string(rows.text(i, 1)), *currency};
    return {std::move(name), rows.int64(i, 3), rows.int64(i, 4)};
}

std::vector<Balance> read_balances(const pg::Rows& rows) {
    std::vector<Balance> out;
    for (std::size_t i = 0; i < rows.size(); ++i) out.push_back(read_balance(rows, i));
    return out;
}

std::vector<Entry> read_entries(const pg::Rows& rows, const AccountName& account) {
    std::vector<Entry> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        out.push_back({
            .transaction = OperationId(Uuid{rows.uuid(i, 0)}),
            .leg = rows.int16(i, 1),
            .account = account,
            .source = Uuid{rows.uuid(i, 2)},
            .reference = Uuid{rows.uuid(i, 3)},
            .kind = std::string(rows.text(i, 4)),
            .amount = rows.int64(i, 5),
            .at = rows.time(i, 6),
        });
    }
    return out;
}

}  // namespace

EntryCursor EntryCursor::newest() {
    EntryCursor cursor;
    cursor.transaction.bytes.fill(0xff);
    cursor.leg = std::numeric_limits<std::int16_t>::max();
    return cursor;
}

Task<std::vector<Balance>> Store::balances(MerchantId merchant) {
    pg::Params params;
    params.add(merchant.uuid().bytes);
    co_return read_balances(co_await pool_.query(sql::balances, std::move(params)));
}

Task<std::vector<Balance>> Store::balances_as_of(MerchantId merchant, Instant until) {
    pg::Params params;
    params.add(merchant.uuid().bytes).add(until).add(std::int16_t{0}).add("").add("");
    co_return read_balances(co_await pool_.query(sql::balances_as_of, std::move(params)));
}

Task<Balance> Store::balance_as_of(MerchantId merchant, AccountName account, Instant until) {
    pg::Params params;
    params.add(merchant.uuid().bytes).add(until).add(account.code).add(account.owner);
    params.add(account.currency.code());
    const auto rows = co_await pool_.query(sql::balances_as_of, std::move(params));
    if (!rows.empty()) co_return read_balance(rows, 0);
    co_return Balance{std::move(account)};
}

Task<Balance> Store::balance(MerchantId merchant, AccountName account) {
    pg::Params params;
    params.add(merchant.uuid().bytes).add(account.code).add(account.owner);
    params.add(account.currency.code());
    const auto rows = co_await pool_.query(sql::balance, std::move(params));
    if (!rows.empty()) co_return read_balance(rows, 0);
    co_return Balance{std::move(account)};
}

Task<std::vector<Entry>> Store::entries(MerchantId merchant, AccountName account,
                                        EntryCursor before, std::int64_t limit) {
    pg::Params params;
    params.add(merchant.uuid().bytes).add(account.code).add(account.owner);
    params.add(account.currency.code()).add(before.transaction.bytes).add(before.leg).add(limit);
    const auto rows = co_await pool_.query(sql::entries, std::move(params));
    co_return read_entries(rows, account);
}

Task<std::vector<Entry>> Store::entries_of(MerchantId merchant, AccountName account, Slot slot,
                                           std::vector<OperationId> transactions) {
    std::vector<pg::UuidBytes> ids;
    for (const auto& id : transactions) ids.push_back(id.uuid().bytes);
    pg::Params params;
    params.add(static_cast<std::int16_t>(slot));
    params.add(account_id(merchant, slot, account).bytes).add(ids);
    const auto rows = co_await pool_.query(sql::entries_of, std::move(params));
    co_return read_entries(rows, account);
}

Task<std::vector<Balance>> Store::strict_balances(MerchantId merchant,
                                                  std::vector<AccountName> accounts) {
    std::vector<Balance> out;
    if (accounts.empty()) co_return out;
    const auto slot = home_of(merchant, accounts.front().owner);
    std::vector<pg::UuidBytes> ids;
    for (const auto& account : accounts) ids.push_back(account_id(merchant, slot, account).bytes);
    pg::Params params;
    params.add(static_cast<std::int16_t>(slot)).add(ids);
    const auto rows = co_await pool_.query(sql::strict_balances, std::move(params));
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto at = std::ranges::find(ids, rows.uuid(i, 0)) - ids.begin();
        out.push_back({accounts[static_cast<std::size_t>(at)], rows.int64(i, 1), rows.int64(i, 2)});
    }
    co_return out;
}

Task<std::vector<Chapter>> Store::story(MerchantId merchant, AccountName account,
                                        std::int64_t before, std::int64_t limit) {
    const auto slot = home_of(merchant, account.owner);
    pg::Params params;
    params.add(static_cast<std::int16_t>(slot));
    params.add(account_id(merchant, slot, account).bytes).add(before).add(limit);
    const auto rows = co_await pool_.query(sql::story, std::move(params));
    std::vector<Chapter> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        Entry entry{.transaction = OperationId(Uuid{rows.uuid(i, 3)}),
                    .account = account,
                    .source = Uuid{rows.uuid(i, 5)},
                    .kind = std::string(rows.text(i, 4)),
                    .amount = rows.int64(i, 1),
                    .at = rows.time(i, 6)};
        out.push_back({rows.int64(i, 0), rows.int64(i, 2), std::move(entry)});
    }
    co_return out;
}

}  // namespace florin::ledger
