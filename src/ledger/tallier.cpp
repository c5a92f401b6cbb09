#include "ledger/tallier.h"

#include <algorithm>
#include <vector>

#include "base/log.h"
#include "ledger/sql.h"
#include "platform/async/scope.h"

namespace florin::ledger {
namespace {

constexpr std::int64_t kSlotsAtOnce = 128;

}  // namespace

Task<> Tallier::run() {
    while (true) {
        try {
            co_await tally(now() - options_.age);
        } catch (const pg::Lost& e) {
            log::warn("tallier.no_database", {{"why", e.what()}});
        } catch (const pg::SqlError& e) {
            log::warn("tallier.refused", {{"state", e.state}, {"why", e.what()}});
        }
        co_await sleep_for(options_.period);
    }
}

Task<std::int64_t> Tallier::tally(Instant older_than) {
    std::int64_t moved = 0;
    while (true) {
        const auto some = co_await step(older_than);
        if (some == 0) co_return moved;  // Nothing is left, or somebody else is at it.
        moved += some;
    }
}

Task<std::int64_t> Tallier::step(Instant older_than) {
    pg::Params question;
    question.add(older_than).add(options_.enough).add(options_.at_once).add(kSlotsAtOnce);
    const auto due = co_await pool_.query(sql::tally_due, std::move(question));
    if (due.empty()) co_return 0;
    struct Move {
        std::int16_t slot;
        std::int64_t lo_xid, hi_xid;
    };
    std::vector<Move> moves;
    for (std::size_t i = 0; i < due.size(); ++i)
        moves.push_back({due.int16(i, 0), due.int64(i, 1), due.int64(i, 2)});
    // All processes in one order, so that none waits for another in a circle.
    std::ranges::sort(moves, {}, &Move::slot);
    pg::Records ranges("florin.ledger_range");
    for (const auto& move : moves) ranges.add(move.slot, std::int64_t{0}, move.lo_xid, move.hi_xid);
    pg::Params params;
    params.add(std::move(ranges));
    const auto rows = co_await pool_.query(sql::tally_add, std::move(params));
    co_return rows.int64(0, 0);
}

}  // namespace florin::ledger
