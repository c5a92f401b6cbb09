// Reads of disputes, and the claim of those whose deadline has come.

#include "payments/sql.h"
#include "payments/store.h"
#include "storage/claim.h"
#include "storage/rows.h"

namespace florin::payments {

using storage::Reader;

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
    dispute.presented = in.int64();
    dispute.spread = in.int64();
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
    const auto rows = co_await storage::claim<pg::UuidBytes>(
        pool_, sql::due_disputes, sql::claim_disputes, now, until, limit);
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
