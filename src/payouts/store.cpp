#include "payouts/store.h"

#include <algorithm>

#include "payouts/postings.h"
#include "payouts/sql.h"
#include "storage/claim.h"
#include "storage/rows.h"

namespace florin::payouts {

using storage::Reader;
using storage::slot_number;

namespace {

// One round trip is one statement's rows; of each row `read` makes a value.
template <class Read>
auto read_all(const pg::Rows& rows, Read read) {
    std::vector<decltype(read(std::declval<Reader&>()))> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        Reader in(rows, i);
        out.push_back(read(in));
    }
    return out;
}

Destination read_destination(Reader& in) {
    Destination destination;
    destination.name = in.text();
    destination.account = in.text();
    destination.bic = in.text();
    return destination;
}

// Braces are evaluated from left to right.
Payout read_payout(Reader& in) {
    return {.id = PayoutId(in.uuid()),
            .merchant = MerchantId(in.uuid()),
            .seller = SellerId(in.uuid()),
            .seller_reference = in.text(),
            .currency = in.currency(),
            .account = in.uuid(),
            .from_seq = in.int64(),
            .to_seq = in.int64(),
            .gross = in.int64(),
            .netted = in.int64(),
            .reserved = in.int64(),
            .amount = in.int64(),
            .fee = in.int64(),
            .rail = in.word<RailKind>(rail_from),
            .source = in.text(),
            .destination = read_destination(in),
            .status = in.word<payout::Status>(payout::status_from),
            .version = in.int32(),
            .recall_requested = in.boolean(),
            .asked_by = KeyId(in.uuid()),
            .destination_by = KeyId(in.uuid()),
            .decided_by = KeyId(in.uuid()),
            .client_key = in.text(),
            .request_hash = in.hash(),
            .reference = in.text(),
            .reason = in.text(),
            .batch = PayoutBatchId(in.uuid()),
            .tries = in.int16(),
            .sent_at = in.time(),
            .due_at = in.time(),
            .created_at = in.time(),
            .updated_at = in.time()};
}

History read_history(Reader& in) {
    return {in.int32(), in.text(), in.text(), KeyId(in.uuid()), in.text(), in.time()};
}

Settings read_settings(Reader& in) {
    return {.seller = SellerId(in.uuid()),
            .merchant = MerchantId(in.uuid()),
            .reference = in.text(),
            .currency = in.currency(),
            .rail = in.word<RailKind>(rail_from),
            .destination = read_destination(in),
            .suspended = in.text(),
            .schedule = in.word<Schedule>(schedule_from),
            .weekday = in.int16(),
            .hour = in.int16(),
            .minimum = in.int64(),
            .reserve_rate = in.int64(),
            .reserve_days = in.int16(),
            .set_by = KeyId(in.uuid()),
            .due_at = in.time(),
            .updated_at = in.time()};
}

Reserve read_reserve(Reader& in) {
    return {.payout = PayoutId(in.uuid()),
            .merchant = MerchantId(in.uuid()),
            .seller_reference = in.text(),
            .currency = in.currency(),
            .amount = in.int64(),
            .due_at = in.time()};
}

void add_record(pg::Records& rows, const Payout& p) {
    rows.add(slot_number(p.id.slot()), p.id.uuid().bytes, p.merchant.uuid().bytes,
             p.seller.uuid().bytes, p.seller_reference, p.currency.code(), p.account.bytes,
             p.from_seq, p.to_seq, p.gross, p.netted, p.reserved, p.amount, p.fee, name(p.rail),
             p.source, p.destination.name, p.destination.account, p.destination.bic, name(p.status),
             p.version, p.recall_requested, p.asked_by.uuid().bytes, p.destination_by.uuid().bytes,
             p.decided_by.uuid().bytes, p.client_key, pg::Bytes{view(p.request_hash)}, p.reference,
             p.reason, p.batch.uuid().bytes, p.tries, p.sent_at, p.due_at, p.created_at,
             p.updated_at);
}

pg::Records record_of(const Settings& s) {
    pg::Records row("florin.payout_settings");
    row.add(slot_number(s.seller.slot()), s.seller.uuid().bytes, s.currency.code(),
            s.merchant.uuid().bytes, s.reference, name(s.rail), s.destination.name,
            s.destination.account, s.destination.bic, s.suspended, name(s.schedule), s.weekday,
            s.hour, s.minimum, s.reserve_rate, s.reserve_days, s.set_by.uuid().bytes, s.due_at,
            s.updated_at);
    return row;
}

// However many sellers are due at once, their runs are moved by one call.
class Runs {
public:
    void add(const Payout& payout, const Run& run) {
        slots_.push_back(slot_number(payout.id.slot()));
        sellers_.push_back(payout.seller.uuid().bytes);
        currencies_.emplace_back(payout.currency.code());
        claims_.push_back(run.claim);
        nexts_.push_back(run.next);
    }
    void encode(std::vector<pg::Call>& calls) const {
        if (slots_.empty()) return;
        pg::Params params;
        params.add(slots_).add(sellers_).add(currencies_).add(claims_).add(nexts_);
        calls.push_back({sql::move_run, std::move(params)});
    }

private:
    std::vector<std::int16_t> slots_;
    std::vector<pg::UuidBytes> sellers_;
    std::vector<std::string> currencies_;
    std::vector<Instant> claims_, nexts_;
};

// The rows of payouts and their events, and what hangs on each.
void encode(const std::vector<Step>& steps, std::vector<pg::Call>& calls) {
    pg::Records payouts("florin.payout"), events("florin.new_payout_event");
    pg::Records reserves("florin.payout_reserve");
    Runs runs;
    for (const auto& [after, event, by, detail, postings, reserve_until, suspends, run] : steps) {
        const auto slot = slot_number(after.id.slot());
        add_record(payouts, after);
        events.add(slot, after.id.uuid().bytes, after.version, event, name(after.status),
                   by.uuid().bytes, detail, after.updated_at);
        if (after.version == 1 && after.reserved > 0)
            reserves.add(slot, after.id.uuid().bytes, after.reserved, reserve_until,
                         Instant::max());
        if (run) runs.add(after, *run);
        if (suspends.empty()) continue;
        pg::Params params;
        params.add(slot).add(after.seller.uuid().bytes).add(after.currency.code());
        params.add(after.destination.account).add(suspends).add(after.updated_at);
        calls.push_back({sql::suspend_destination, std::move(params)});
    }
    runs.encode(calls);
    pg::Params params;
    params.add(std::move(payouts)).add(std::move(events));
    calls.push_back({sql::write_payouts, std::move(params)});
    if (reserves.empty()) return;
    pg::Params kept;
    kept.add(std::move(reserves));
    calls.push_back({sql::add_reserves, std::move(kept)});
}

// 23505: the version, the range or the key exists. FL003: somebody has spent it. FL004: not at the
// version before. 40001, 40P01: in each other's way.
bool is_lost_race(const pg::SqlError& e) {
    return e.state == "23505" || e.state == "FL003" || e.state == "FL004" || e.state == "40001" ||
           e.state == "40P01";
}

std::vector<const ledger::Posting*> pointers_to(const std::vector<ledger::Posting>& postings) {
    std::vector<const ledger::Posting*> out;
    for (const auto& one : postings) out.push_back(&one);
    return out;
}

}  // namespace

Uuid payable_id(const MerchantId& merchant, const SellerId& seller, const std::string& reference,
                Currency currency) {
    return ledger::account_id(merchant, seller.slot(), payable_account(reference, currency));
}

Task<bool> Store::write(std::vector<Step> steps) {
    std::vector<ledger::Posting> parts;
    for (auto& step : steps) {
        for (auto& posting : step.postings)
            std::ranges::move(ledger::spread(std::move(posting)), std::back_inserter(parts));
    }
    const auto postings = pointers_to(parts);
    std::vector<pg::Call> calls;
    encode(steps, calls);
    const auto before = calls.size();
    poster_.encode(postings, calls);
    try {
        const auto rows = co_await pool_.run(std::move(calls));
        poster_.decode(postings, std::span(rows).subspan(before));
    } catch (const pg::SqlError& e) {
        if (!is_lost_race(e)) throw;
        co_return false;
    }
    co_return true;
}

Task<bool> Store::release(Reserve reserve, Instant at) {
    const auto parts = ledger::spread(reserve_posting(reserve, at));
    const auto postings = pointers_to(parts);
    pg::Params params;
    params.add(slot_number(reserve.payout.slot())).add(reserve.payout.uuid().bytes).add(at);
    std::vector<pg::Call> calls;
    calls.push_back({sql::release_reserve, std::move(params)});
    poster_.encode(postings, calls);
    try {
        const auto rows = co_await pool_.run(std::move(calls));
        poster_.decode(postings, std::span(rows).subspan(1));
    } catch (const pg::SqlError& e) {
        if (!is_lost_race(e)) throw;
        co_return false;
    }
    co_return true;
}

Task<Result<Payout>> Store::payout(MerchantId merchant, PayoutId id) {
    pg::Params params;
    params.add(slot_number(id.slot())).add(id.uuid().bytes).add(merchant.uuid().bytes);
    const auto rows = co_await pool_.query(sql::payout, std::move(params));
    if (rows.empty())
        co_return fail(Fault::not_found, "payout_not_found",
                       "there is no payout " + id.text() + ": see /v1/payouts");
    co_return read_all(rows, read_payout).front();
}

Task<std::optional<Payout>> Store::payout_by_key(MerchantId merchant, Slot slot, std::string key) {
    pg::Params params;
    params.add(slot_number(slot)).add(merchant.uuid().bytes).add(key);
    const auto rows = co_await pool_.query(sql::payout_by_key, std::move(params));
    if (rows.empty()) co_return std::nullopt;
    co_return read_all(rows, read_payout).front();
}

Task<std::vector<Payout>> Store::payouts(PayoutFilter filter) {
    Uuid newest;
    newest.bytes.fill(0xff);
    pg::Params params;
    params.add(filter.merchant.uuid().bytes);
    params.add(filter.seller.value_or(SellerId()).uuid().bytes);
    params.add(filter.status ? name(*filter.status) : std::string_view());
    params.add(filter.after ? filter.after->uuid().bytes : newest.bytes).add(filter.limit);
    const auto rows = co_await pool_.query(sql::payouts, std::move(params));
    co_return read_all(rows, read_payout);
}

Task<std::vector<Payout>> Store::payouts_of(SellerId seller, Currency currency,
                                            std::int64_t limit) {
    pg::Params params;
    params.add(slot_number(seller.slot())).add(seller.uuid().bytes).add(currency.code()).add(limit);
    const auto rows = co_await pool_.query(sql::payouts_of_seller, std::move(params));
    co_return read_all(rows, read_payout);
}

Task<std::optional<Payout>> Store::payout_of_entry(Slot slot, Uuid account, std::int64_t seq) {
    pg::Params params;
    params.add(slot_number(slot)).add(account.bytes).add(seq);
    const auto rows = co_await pool_.query(sql::payout_of_entry, std::move(params));
    if (rows.empty()) co_return std::nullopt;
    co_return read_all(rows, read_payout).front();
}

Task<std::vector<History>> Store::history(PayoutId id) {
    pg::Params params;
    params.add(slot_number(id.slot())).add(id.uuid().bytes);
    const auto rows = co_await pool_.query(sql::payout_events, std::move(params));
    co_return read_all(rows, read_history);
}

Task<std::vector<PayoutEvent>> Store::events_of(MerchantId merchant, std::vector<EventKey> wanted) {
    if (wanted.empty()) co_return std::vector<PayoutEvent>();
    pg::Records names("florin.event_name");
    for (const auto& [payout, version] : wanted)
        names.add(slot_number(payout.slot()), payout.uuid().bytes, version);
    pg::Params params;
    params.add(std::move(names)).add(merchant.uuid().bytes);
    const auto rows = co_await pool_.query(sql::events_of, std::move(params));
    co_return read_all(rows, [](Reader& in) {
        auto payout = read_payout(in);
        return PayoutEvent{std::move(payout), read_history(in)};
    });
}

Task<std::vector<Payout>> Store::claim(Instant now, Instant until, std::int64_t limit) {
    const auto rows = co_await storage::claim<pg::UuidBytes>(pool_, sql::due_payouts,
                                                             sql::claim_payouts, now, until, limit);
    co_return read_all(rows, read_payout);
}

Task<> Store::put_off(Payout payout, Instant until) {
    pg::Params params;
    params.add(slot_number(payout.id.slot())).add(payout.id.uuid().bytes).add(payout.version);
    params.add(static_cast<std::int16_t>(std::min(payout.tries + 1, 1000))).add(until);
    co_await pool_.query(sql::put_off_payout, std::move(params));
}

Task<std::optional<Settings>> Store::settings(SellerId seller, Currency currency) {
    pg::Params params;
    params.add(slot_number(seller.slot())).add(seller.uuid().bytes).add(currency.code());
    const auto rows = co_await pool_.query(sql::settings, std::move(params));
    if (rows.empty()) co_return std::nullopt;
    co_return read_all(rows, read_settings).front();
}

Task<std::vector<Settings>> Store::settings_of(SellerId seller) {
    pg::Params params;
    params.add(slot_number(seller.slot())).add(seller.uuid().bytes).add("");
    const auto rows = co_await pool_.query(sql::settings, std::move(params));
    co_return read_all(rows, read_settings);
}

Task<> Store::put(Settings settings) {
    pg::Params params;
    params.add(record_of(settings));
    co_await pool_.query(sql::put_settings, std::move(params));
}

Task<std::vector<DueSettings>> Store::claim_runs(Instant now, Instant until, std::int64_t limit) {
    const auto rows = co_await storage::claim<pg::UuidBytes, std::string>(
        pool_, sql::due_settings, sql::claim_settings, now, until, limit);
    co_return read_all(rows, [](Reader& in) {
        auto settings = read_settings(in);
        return DueSettings{std::move(settings), in.boolean()};
    });
}

Task<> Store::put_off_run(Settings claimed, Instant next) {
    pg::Params params;
    params.add(slot_number(claimed.seller.slot())).add(claimed.seller.uuid().bytes);
    params.add(claimed.currency.code()).add(claimed.due_at).add(next);
    co_await pool_.query(sql::put_off_run, std::move(params));
}

Task<std::vector<Payable>> Store::payables(std::vector<Settings> settings) {
    std::vector<std::int16_t> slots;
    std::vector<pg::UuidBytes> accounts, debts;
    for (const auto& one : settings) {
        const auto slot = one.seller.slot();
        const auto debt = debt_account(one.reference, one.currency);
        slots.push_back(slot_number(slot));
        accounts.push_back(payable_id(one.merchant, one.seller, one.reference, one.currency).bytes);
        debts.push_back(ledger::account_id(one.merchant, slot, debt).bytes);
    }
    pg::Params params;
    params.add(slots).add(accounts).add(debts);
    const auto rows = co_await pool_.query(sql::payables, std::move(params));
    const auto found = read_all(rows, [](Reader& in) {
        return Payable{in.uuid(),  in.int64(), in.int64(), in.int64(),
                       in.int64(), in.int64(), in.int64()};
    });
    std::vector<Payable> out;
    for (const auto& account : accounts)
        out.push_back(*std::ranges::find(found, Uuid{account}, &Payable::account));
    co_return out;
}

Task<Balances> Store::balances(MerchantId merchant, SellerId seller, std::string reference,
                               Currency currency) {
    const auto slot = seller.slot();
    std::vector<pg::UuidBytes> ids;
    for (const auto& name :
         {payable_account(reference, currency), debt_account(reference, currency),
          reserve_account(reference, currency)})
        ids.push_back(ledger::account_id(merchant, slot, name).bytes);
    pg::Params params;
    params.add(slot_number(slot)).add(ids);
    const auto rows = co_await pool_.query(sql::balances_of, std::move(params));
    Balances out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        auto& balance = rows.uuid(i, 0) == ids[0]   ? out.payable
                        : rows.uuid(i, 0) == ids[1] ? out.debt
                                                    : out.reserve;
        balance = rows.int64(i, 1);
    }
    co_return out;
}

Task<std::vector<Reserve>> Store::due_reserves(Instant now, std::int64_t limit) {
    pg::Params params;
    params.add(now).add(limit);
    const auto rows = co_await pool_.query(sql::due_reserves, std::move(params));
    co_return read_all(rows, read_reserve);
}

Task<std::vector<Reserve>> Store::reserves_of(SellerId seller, Currency currency,
                                              std::int64_t limit) {
    pg::Params params;
    params.add(slot_number(seller.slot())).add(seller.uuid().bytes).add(currency.code()).add(limit);
    const auto rows = co_await pool_.query(sql::reserves_of_seller, std::move(params));
    co_return read_all(rows, read_reserve);
}

Task<std::vector<Payout>> Store::payouts_of_batch(PayoutBatchId id) {
    pg::Params params;
    params.add(id.uuid().bytes);
    const auto rows = co_await pool_.query(sql::payouts_of_batch, std::move(params));
    co_return read_all(rows, read_payout);
}

}  // namespace florin::payouts
