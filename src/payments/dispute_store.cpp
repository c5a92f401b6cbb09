// Reads of disputes, and the claim of those whose deadline has come.

#include "payments/reader.h"
#include "payments/sql.h"
#include "payments/store.h"

namespace florin::payments {
namespace {

// Braces evaluate from left to right, in the order of the columns of disputes.sql.
Dispute read_dispute(const pg::Rows& rows, std::size_t row) {
    Reader in(rows, row);
    Dispute dispute{.id = DisputeId(in.uuid()),
                    .provider = in.text(),
                    .reference = in.text(),
                    .status = dispute::status_from(in.text()).value_or(dispute::Status::inquiry),
                    .reason = in.text(),
                    .amount = in.int64(),
                    .fee = in.int64(),
                    .withdrawn = in.int64(),
                    .shares = in.int64s(),
                    .evidence_due_at = in.time(),
                    .opened_at = in.time(),
                    .updated_at = in.time(),
                    .version = in.int32(),
                    .movements = in.int16(),
                    .due_at = in.time()};
    dispute.taken_back = in.int64s();
    dispute.frozen = in.int64s();
    dispute.freezes = in.int16();
    dispute.reply_waits = in.boolean();
    return dispute;
}

}  // namespace

Task<std::vector<Dispute>> Store::disputes(PaymentId payment) {
    pg::Params params;
    params.add(static_cast<std::int16_t>(payment.slot())).add(payment.uuid().bytes);
    const auto rows = co_await pool_.query(sql::disputes, std::move(params));
    std::vector<Dispute> out;
    for (std::size_t i = 0; i < rows.size(); ++i) out.push_back(read_dispute(rows, i));
    co_return out;
}

Task<std::vector<DueDispute>> Store::claim_disputes(Instant now, Instant until,
                                                    std::int64_t limit) {
    pg::Params params;
    params.add(now).add(limit);
    const auto due = co_await pool_.query(sql::due_disputes, std::move(params));
    if (due.empty()) co_return std::vector<DueDispute>();
    std::vector<std::int16_t> slots;
    std::vector<pg::UuidBytes> disputes;
    std::vector<Instant> times;
    for (std::size_t i = 0; i < due.size(); ++i) {
        slots.push_back(due.int16(i, 0));
        disputes.push_back(due.uuid(i, 1));
        times.push_back(due.time(i, 2));
    }
    pg::Params wanted;
    wanted.add(slots).add(disputes).add(times).add(until);
    const auto rows = co_await pool_.query(sql::claim_disputes, std::move(wanted));
    std::vector<DueDispute> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        Reader in(rows, i);
        out.push_back({.payment = PaymentId(in.uuid()),
                       .dispute = DisputeId(in.uuid()),
                       .due_at = in.time()});
    }
    co_return out;
}

}  // namespace florin::payments
