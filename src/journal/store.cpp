#include "journal/store.h"

#include <algorithm>
#include <span>

#include "base/check.h"
#include "journal/rules.h"
#include "journal/sql.h"
#include "ledger/store.h"
#include "storage/rows.h"

namespace florin::journal {

using storage::Reader;
using storage::slot_number;

namespace {

Entry read_entry(Reader& in) {
    // Braces are evaluated from left to right.
    return {.id = JournalEntryId(in.uuid()),
            .merchant = MerchantId(in.uuid()),
            .by = KeyId(in.uuid()),
            .client_key = in.text(),
            .request_hash = in.hash(),
            .reverses = JournalEntryId(in.uuid()),
            .reversed_by = JournalEntryId(in.uuid()),
            .reason = in.text(),
            .at = in.time()};
}

Line read_line(Reader& in) {
    auto account = ledger::AccountName::parse(in.text());
    check(account.has_value(), "a stored account is in the chart");
    const auto amount = in.int64();
    auto kind = in.text();
    return {std::move(*account), amount, {std::move(kind), in.uuid()}};
}

// A row per line; those of an entry stand together.
std::vector<Entry> read_entries(const pg::Rows& rows) {
    std::vector<Entry> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        Reader in(rows, i);
        auto entry = read_entry(in);
        if (out.empty() || out.back().id != entry.id) out.push_back(std::move(entry));
        out.back().lines.push_back(read_line(in));
    }
    return out;
}

std::optional<Entry> first_of(const pg::Rows& rows) {
    auto found = read_entries(rows);
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

pg::Call call_of(const Entry& entry) {
    const auto slot = slot_number(entry.id.slot());
    pg::Records lines("florin.journal_line");
    std::int16_t n = 0;
    for (const auto& line : entry.lines)
        lines.add(slot, entry.id.uuid().bytes, n++, line.account.text(), line.amount,
                  line.reference.kind, line.reference.id.bytes);
    pg::Records row("florin.journal_entry");
    row.add(slot, entry.id.uuid().bytes, entry.merchant.uuid().bytes, entry.by.uuid().bytes,
            entry.client_key, pg::Bytes{view(entry.request_hash)}, entry.reverses.uuid().bytes,
            entry.reason, entry.at);
    pg::Params params;
    params.add(std::move(row)).add(std::move(lines));
    return {sql::write_entry, std::move(params)};
}

// 23505: the key was used, or the entry is reversed. 40001, 40P01: in each other's way.
bool is_crossed(const pg::SqlError& e) {
    return e.state == "23505" || e.state == "40001" || e.state == "40P01";
}

}  // namespace

Task<Written> Store::write(Entry entry) {
    const auto parts = ledger::spread(posting_of(entry));
    std::vector<const ledger::Posting*> postings;
    for (const auto& part : parts) postings.push_back(&part);
    std::vector<pg::Call> calls;
    calls.push_back(call_of(entry));
    poster_.encode(postings, calls);
    try {
        const auto rows = co_await pool_.run(std::move(calls));
        poster_.decode(postings, std::span(rows).subspan(1));
    } catch (const pg::SqlError& e) {
        if (e.state == "FL003") co_return Written::overdrawn;
        if (!is_crossed(e)) throw;
        co_return Written::crossed;
    }
    co_return Written::yes;
}

Task<std::optional<Entry>> Store::entry(MerchantId merchant, JournalEntryId id) {
    pg::Params params;
    params.add(slot_number(id.slot())).add(id.uuid().bytes).add(merchant.uuid().bytes);
    const auto rows = co_await pool_.query(sql::entry, std::move(params));
    co_return first_of(rows);
}

Task<std::optional<Entry>> Store::entry_by_key(MerchantId merchant, Slot slot,
                                               JournalEntryId reverses, std::string key) {
    pg::Params params;
    params.add(slot_number(slot)).add(merchant.uuid().bytes);
    params.add(reverses.uuid().bytes).add(key);
    const auto rows = co_await pool_.query(sql::entry_by_key, std::move(params));
    co_return first_of(rows);
}

Task<std::vector<Entry>> Store::entries(MerchantId merchant, JournalEntryId after,
                                        std::int64_t limit) {
    Uuid newest;
    newest.bytes.fill(0xff);
    pg::Params params;
    params.add(merchant.uuid().bytes);
    params.add(after == JournalEntryId() ? newest.bytes : after.uuid().bytes).add(limit);
    const auto rows = co_await pool_.query(sql::entries, std::move(params));
    co_return read_entries(rows);
}

Task<std::vector<ledger::Balance>> Store::debts(Entry entry) {
    ledger::Store ledger(pool_);
    std::vector<ledger::Balance> out;
    for (const auto& line : entry.lines) {
        const bool is_known =
            std::ranges::find(out, line.account, &ledger::Balance::account) != out.end();
        if (line.account.code != ledger::kSellerReceivable || is_known) continue;
        std::vector<ledger::AccountName> wanted{line.account};
        auto found = co_await ledger.strict_balances(entry.merchant, std::move(wanted));
        out.push_back(found.empty() ? ledger::Balance{line.account} : found.front());
    }
    co_return out;
}

}  // namespace florin::journal
