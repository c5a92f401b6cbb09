// Disputes in the tables in memory, and the queue of their deadlines.

#include <algorithm>

#include "simulator/database.h"

namespace florin::simulator {

using namespace payments;

namespace {

// The columns that florin.write_disputes() updates.
void update_dispute(Dispute& row, const Dispute& to) {
    row.status = to.status;
    row.amount = to.amount;
    row.fee = to.fee;
    row.withdrawn = to.withdrawn;
    row.shares = to.shares;
    row.evidence_due_at = to.evidence_due_at;
    row.updated_at = to.updated_at;
    row.version = to.version;
    row.movements = to.movements;
    row.taken_back = to.taken_back;
    row.frozen = to.frozen;
    row.freezes = to.freezes;
    row.presented = to.presented;
    row.spread = to.spread;
}

}  // namespace

std::vector<Dispute> Database::disputes(PaymentId id) const {
    const auto* row = record(id);
    return row ? row->disputes : std::vector<Dispute>();
}

void Database::write_dispute(Record& record, const Dispute& dispute) {
    auto known = std::ranges::find(record.disputes, dispute.id, &Dispute::id);
    if (known == record.disputes.end()) {
        record.disputes.push_back(dispute);
        record.disputes.back().due_at = Instant::max();
        std::ranges::sort(record.disputes, {}, &Dispute::id);
        known = std::ranges::find(record.disputes, dispute.id, &Dispute::id);
    } else {
        update_dispute(*known, dispute);
    }
    set_deadline(*known, record.payment.id, dispute.due_at);
}

void Database::set_deadline(Dispute& dispute, PaymentId payment, Instant at) {
    if (dispute.due_at != Instant::max()) deadlines_.erase({dispute.due_at, payment, dispute.id});
    dispute.due_at = at;
    if (at != Instant::max()) deadlines_.emplace(at, payment, dispute.id);
}

std::vector<DueDispute> Database::due_disputes(Instant now, std::int64_t limit) const {
    std::vector<DueDispute> out;
    for (const auto& [at, payment, dispute] : deadlines_) {
        if (at > now || static_cast<std::int64_t>(out.size()) >= limit) break;
        out.push_back({payment, dispute, at});
    }
    return out;
}

std::vector<DueDispute> Database::claim_disputes(const std::vector<DueDispute>& wanted,
                                                 Instant until) {
    std::vector<DueDispute> out;
    for (const auto& due : wanted) {
        auto& disputes = find(due.payment)->disputes;
        const auto row = std::ranges::find(disputes, due.dispute, &Dispute::id);
        if (row->due_at != due.due_at) continue;
        set_deadline(*row, due.payment, until);
        out.push_back({due.payment, due.dispute, until});
    }
    return out;
}

}  // namespace florin::simulator
