#include "events/relay.h"

#include <algorithm>
#include <vector>

#include "base/log.h"
#include "events/sql.h"
#include "platform/async/scope.h"

namespace florin::events {
namespace {

constexpr std::chrono::seconds kLate{60};
constexpr std::size_t kPassesToLook = 10;

struct Move {
    std::int16_t slot;
    std::int64_t lo_xid, hi_xid, n;
};

// What is due, the longest waiting first, in parts that are each one step. All processes move the
// slots of a step in one order, so that none waits for another in a circle.
std::vector<std::vector<Move>> steps_of(const pg::Rows& due, std::int64_t at_once) {
    std::vector<std::vector<Move>> steps;
    std::int64_t n = at_once;
    for (std::size_t i = 0; i < due.size(); ++i) {
        if (n >= at_once) {
            steps.emplace_back();
            n = 0;
        }
        steps.back().push_back(
            {due.int16(i, 0), due.int64(i, 1), due.int64(i, 2), due.int64(i, 3)});
        n += steps.back().back().n;
    }
    for (auto& step : steps) std::ranges::sort(step, {}, &Move::slot);
    return steps;
}

pg::Records records_of(const std::vector<Move>& moves) {
    pg::Records ranges("florin.event_range");
    for (const auto& move : moves) ranges.add(move.slot, move.lo_xid, move.hi_xid);
    return ranges;
}

}  // namespace

Task<> Relay::run() {
    for (std::size_t pass = 0;; ++pass) {
        try {
            co_await relay();
            if (pass % kPassesToLook == 0) co_await look_at_oldest();
        } catch (const pg::Lost& e) {
            log::warn("relay.no_database", {{"why", e.what()}});
        } catch (const pg::SqlError& e) {
            log::warn("relay.refused", {{"state", e.state}, {"why", e.what()}});
        }
        co_await sleep_for(options_.period);
    }
}

Task<> Relay::look_at_oldest() {
    pg::Params none;
    const auto rows = co_await pool_.query(sql::relay_waiting, std::move(none));
    const auto before = oldest_;
    oldest_ = std::chrono::seconds(0);
    if (!rows.empty())
        oldest_ =
            std::max(oldest_, std::chrono::floor<std::chrono::seconds>(now() - rows.time(0, 0)));
    // Once a minute of it.
    if (oldest_ >= kLate && oldest_ / kLate > before / kLate)
        log::warn("relay.late", {{"oldest_s", std::to_string(oldest_.count())},
                                 {"hint", "a transaction of the database is open or prepared"}});
}

Task<std::int64_t> Relay::relay() {
    std::int64_t events = 0;
    while (true) {
        const auto moved = co_await pass();
        events += moved.events;
        // What came meanwhile waits for the next time, or under load there would be no end. When
        // nothing was moved, somebody else is at it.
        if (!moved.has_left || moved.slots == 0) co_return events;
    }
}

Task<Relay::Moved> Relay::pass() {
    pg::Params question;
    question.add(options_.at_once);
    const auto due = co_await pool_.query(sql::relay_due, std::move(question));
    Moved moved;
    for (const auto& step : steps_of(due, options_.at_once)) {
        pg::Params params;
        params.add(records_of(step));
        const auto rows = co_await pool_.query(sql::relay_add, std::move(params));
        moved.has_left |=
            std::ranges::any_of(step, [&](const Move& move) { return move.n > options_.at_once; });
        moved.slots += rows.int64(0, 0);
        moved.events += rows.int64(0, 1);
        relayed_ += static_cast<std::uint64_t>(rows.int64(0, 1));
    }
    co_return moved;
}

}  // namespace florin::events
