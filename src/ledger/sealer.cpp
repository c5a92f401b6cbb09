#include "ledger/sealer.h"

#include <algorithm>

#include "base/check.h"
#include "base/log.h"
#include "platform/async/scope.h"

namespace florin::ledger {
namespace {

// At once: enough to fill the round trips, few enough that requests are not kept waiting while
// this process hashes.
constexpr std::int64_t kTransactionsAtOnce = 2048;
constexpr std::chrono::seconds kLate{60};
constexpr std::size_t kPassesToLook = 10;

}  // namespace

std::vector<StoredBlock> make_blocks(const std::vector<Due>& due,
                                     const std::vector<Sealable>& transactions) {
    std::vector<StoredBlock> out;
    auto next = transactions.begin();
    for (const auto& [after, epoch, hi_xid, n] : due) {
        std::vector<Leaf> leaves;
        for (; next != transactions.end() && next->transaction.slot == after.slot; ++next) {
            check(next->xid >= after.hi_xid && next->xid < hi_xid, "it belongs into the block");
            leaves.push_back({next->transaction.id, body_hash(next->transaction)});
        }
        if (leaves.empty()) continue;
        Block block{.slot = after.slot,
                    .number = after.number + 1,
                    .epoch = epoch,
                    .lo_xid = after.hi_xid,
                    .hi_xid = hi_xid,
                    .n = static_cast<std::int32_t>(leaves.size()),
                    .root = root_of(leaves),
                    .previous = after.hash};
        block.hash = hash_of(block);
        out.push_back({block, pack(leaves)});
    }
    check(next == transactions.end(), "each transaction is in a block");
    return out;
}

Task<> Sealer::run() {
    for (std::size_t pass = 0;; ++pass) {
        try {
            co_await seal(now() - options_.age);
            if (pass % kPassesToLook == 0) co_await look_at_oldest();
        } catch (const pg::Lost& e) {
            log::warn("sealer.no_database", {{"why", e.what()}});
        } catch (const pg::SqlError& e) {
            log::warn("sealer.refused", {{"state", e.state}, {"why", e.what()}});
        }
        co_await sleep_for(options_.period);
    }
}

Task<> Sealer::look_at_oldest() {
    const auto oldest = co_await store_.oldest_waiting();
    const auto before = oldest_;
    oldest_ = std::chrono::seconds(0);
    if (oldest) oldest_ = std::chrono::floor<std::chrono::seconds>(now() - *oldest);
    // Once a minute of it.
    if (oldest_ >= kLate && oldest_ / kLate > before / kLate)
        log::warn("sealer.late", {{"oldest_s", std::to_string(oldest_.count())},
                                  {"hint", "a transaction of the database is open or prepared"}});
}

Task<std::size_t> Sealer::seal(Instant older_than) {
    std::size_t written = 0;
    while (true) {
        auto due = co_await store_.due(older_than, options_.n_max);
        const auto before = written;
        // By slot, as the rows will come.
        std::ranges::sort(due, {}, [](const Due& one) { return one.after.slot; });
        for (std::size_t first = 0; first < due.size();) {
            std::vector<Due> some;
            for (std::int64_t n = 0; first < due.size() && n < kTransactionsAtOnce; ++first) {
                n += due[first].n;
                some.push_back(due[first]);
            }
            written += co_await seal_some(std::move(some));
        }
        if (written == before) co_return written;  // Nothing is left, or somebody else is at it.
    }
}

Task<std::size_t> Sealer::seal_some(std::vector<Due> due) {
    std::vector<Range> ranges;
    for (const auto& [after, epoch, hi_xid, n] : due)
        ranges.push_back({after.slot, after.number + 1, after.hi_xid, hi_xid});
    const auto transactions = co_await store_.read(std::move(ranges));
    auto blocks = make_blocks(due, transactions);
    const auto written = co_await store_.add(std::move(blocks), now());
    blocks_ += written;
    co_return written;
}

}  // namespace florin::ledger
