// Shipments and strict accounts in the tables in memory, and the queue of releases.

#include <algorithm>

#include "payments/postings.h"
#include "simulator/database.h"

namespace florin::simulator {

using namespace payments;

void Database::set_release(Record& record, std::size_t n, Instant at) {
    auto& due = record.payment.orders[n].shipment.due_at;
    const auto number = static_cast<std::int16_t>(n);
    if (due != Instant::max()) releases_.erase({due, record.payment.id, number});
    due = at;
    if (at != Instant::max()) releases_.emplace(at, record.payment.id, number);
}

void Database::write_shipments(Record& record, const Change& change) {
    for (const auto n : change.shipments) {
        auto& row = record.payment.orders[n].shipment;
        const auto queued = row.due_at;
        row = change.after.orders[n].shipment;
        const auto wanted = std::exchange(row.due_at, queued);
        set_release(record, n, wanted);
    }
}

std::vector<DueRelease> Database::due_releases(Instant now, std::int64_t limit) const {
    std::vector<DueRelease> out;
    for (const auto& [at, payment, n] : releases_) {
        if (at > now || static_cast<std::int64_t>(out.size()) >= limit) break;
        out.push_back({payment, n, record(payment)->payment.merchant, at});
    }
    return out;
}

std::vector<DueRelease> Database::claim_releases(const std::vector<DueRelease>& wanted,
                                                 Instant until) {
    std::vector<DueRelease> out;
    for (const auto& due : wanted) {
        auto& record = *find(due.payment);
        const auto n = static_cast<std::size_t>(due.order);
        if (record.payment.orders[n].shipment.due_at != due.due_at) continue;
        set_release(record, n, until);
        out.push_back({due.payment, due.order, due.merchant, until});
    }
    return out;
}

void Database::put_off_release(const DueRelease& claimed, Instant at) {
    auto& record = *find(claimed.payment);
    const auto n = static_cast<std::size_t>(claimed.order);
    if (record.payment.orders[n].shipment.due_at == claimed.due_at) set_release(record, n, at);
}

Payables Database::payables(const Payment& payment) const {
    Payables out;
    for (std::size_t n = 0; n < payment.orders.size(); ++n) {
        const auto name = payable_account(payment, n);
        const auto found = strict_.find({payment.merchant, name.text()});
        if (found != strict_.end()) out[name.owner] = found->second;
    }
    return out;
}

// What they have on their normal side after these postings, as florin.ledger_post_strict() runs
// through them. Nothing: one would go below zero.
std::optional<Database::StrictRows> Database::run_strict(
    const std::vector<ledger::Posting>& postings) const {
    StrictRows rows;
    for (const auto& posting : postings) {
        for (const auto& leg : posting.legs) {
            if (!ledger::is_strict(leg.account.code)) continue;
            const std::pair key(posting.merchant, leg.account.text());
            const auto known = strict_.find(key);
            const auto before = known == strict_.end() ? 0 : known->second;
            auto& balance = rows.try_emplace(key, before).first->second;
            const auto side = static_cast<int>(ledger::type_of(leg.account.code)->normal);
            balance += side * leg.amount;
            if (balance < 0) return std::nullopt;
        }
    }
    return rows;
}

}  // namespace florin::simulator
