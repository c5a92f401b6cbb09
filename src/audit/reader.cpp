#include "audit/reader.h"

#include "audit/checks.h"
#include "audit/sql.h"
#include "domain/ids.h"

namespace florin::audit {
namespace {

// Nothing is set for longer than a transaction, so that a pooler may stand between.
constexpr std::string_view kBegin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
constexpr std::string_view kStepDown = "SET LOCAL ROLE florin_auditor";
constexpr std::array<std::string_view, 5> kSettings = {
    "SET LOCAL statement_timeout = '10s'",
    // Plans for these slots: from one slot to all of them is a long way.
    "SET LOCAL plan_cache_mode = force_custom_plan",
    // Everything joins by slot and something else. The planner guesses one row behind a law that
    // all rows keep, and a loop over "one" row, or a merge by slot alone, takes for ever.
    "SET LOCAL enable_nestloop = off",
    "SET LOCAL enable_mergejoin = off",
    "SET LOCAL jit = off",
};
constexpr std::string_view kCommit = "COMMIT";

// outlives: all statements are constants, or live as long as the catalogue.
pg::Call call(std::string_view statement) {
    return {statement, {}};
}

// An id as people and the API write it; bare where it has no such form.
std::string text_of(const Uuid& id, std::string_view object) {
    if (id == Uuid()) return "";
    if (object == "payment") return PaymentId(id).text();
    if (object == "operation" || object == "transaction") return OperationId(id).text();
    if (object == "order") return PaymentOrderId(id).text();
    if (object == "dispute") return DisputeId(id).text();
    if (object == "event") return EventId(id).text();
    if (object == "fee_rule") return FeeRuleId(id).text();
    if (object == "journal_entry") return JournalEntryId(id).text();
    return to_text(id);
}

Verdict read(const Check& check, const pg::Rows& rows) {
    Verdict verdict{.check = &check};
    for (std::size_t row = 0; row < rows.size(); ++row) {
        const auto text = [&](int column) { return std::string(rows.text(row, column)); };
        verdict.count = rows.int64(row, 9);
        verdict.at_stake[text(7)] = text(10);
        verdict.findings.push_back({
            .check = &check,
            .slot = static_cast<Slot>(rows.int16(row, 0)),
            .payment = text_of(Uuid{rows.uuid(row, 1)}, "payment"),
            .object = text(2),
            .object_id = text_of(Uuid{rows.uuid(row, 3)}, text(2)),
            .what = text(4),
            .expected = text(5),
            .found = text(6),
            .currency = text(7),
            .at_stake = text(8),
        });
    }
    return verdict;
}

}  // namespace

// A connection is used again only after a run that went well: whatever was open on it ends with it.
Task<std::vector<pg::Rows>> Reader::run(std::vector<pg::Call> calls) {
    auto connection = std::move(connection_);
    auto rows = co_await connection->run(std::move(calls));
    connection_ = std::move(connection);
    co_return rows;
}

Task<Result<void>> Reader::open() {
    if (connection_ && connection_->is_alive()) co_return Result<void>();
    connection_ =
        co_await pg::Connection::open(io_, options_.conninfo, deadline_in(std::chrono::seconds(5)));
    std::vector<pg::Call> question;
    question.push_back(call(sql::privileges));
    auto rows = co_await run(question);
    steps_down_ = rows[0].boolean(0, 2);
    rows_ = rows[0].int64(0, 3);
    if (steps_down_) {
        question.insert(question.begin(), {call(kBegin), call(kStepDown)});
        question.push_back(call(kCommit));
        rows = co_await run(std::move(question));
    }
    const auto& seen = rows[steps_down_ ? 2 : 0];
    if (!seen.boolean(0, 1) || options_.writer_allowed) co_return Result<void>();
    connection_.reset();
    co_return fail(Fault::forbidden, "audit_may_write",
                   "the role '" + std::string(seen.text(0, 0)) +
                       "' may write: give the auditor a login that may only read (docs/audit.md), "
                       "or say --allow-writer");
}

Task<std::vector<Verdict>> Reader::look(Slot first, Slot last, Instant now) {
    std::vector<pg::Call> calls;
    calls.push_back(call(kBegin));
    if (steps_down_) calls.push_back(call(kStepDown));
    for (const auto setting : kSettings) calls.push_back(call(setting));
    const auto before = calls.size();
    for (const auto& statement : statements()) {
        pg::Params params;
        params.add(static_cast<std::int16_t>(first)).add(static_cast<std::int16_t>(last));
        params.add(now).add(options_.findings_max);
        calls.push_back({statement, std::move(params)});
    }
    calls.push_back(call(kCommit));
    const auto rows = co_await run(std::move(calls));
    std::vector<Verdict> verdicts;
    for (std::size_t n = 0; n < checks().size(); ++n)
        verdicts.push_back(read(checks()[n], rows[before + n]));
    co_return verdicts;
}

}  // namespace florin::audit
