#include "ledger/verify.h"

#include <fmt/format.h>

#include <algorithm>

#include "ledger/anchor_walk.h"
#include "ledger/snapshot.h"
#include "ledger/sql.h"

namespace florin::ledger {
namespace {

// Rows that were added to a block are named up to this many; memory stays bounded.
constexpr std::int64_t kAddedMax = 100, kUnsealedMax = 100;

// The walk over the blocks of all slots.
class BlockWalk {
public:
    BlockWalk(Snapshot& snapshot, const VerifyOptions& options, Report& report)
        : snapshot_(snapshot), options_(options), report_(report) {}

    Task<> run() {
        for (Slot slot = 0; slot < kSlots; ++slot) {
            Block last;
            while (true) {
                const auto rows = co_await snapshot_.ask(blocks_call(slot, last.number));
                const auto page = read_blocks(rows, slot);
                if (page.empty()) break;
                co_await inspect(page, last);
                last = page.back().block;
                report_.tell();
            }
            co_await inspect_rest(slot, last);
            ++report_.verified.slots;
            report_.tell();
        }
    }

private:
    Task<> inspect(std::vector<StoredBlock> page, Block before) {
        std::vector<Range> ranges;
        std::int64_t most = 0;
        for (const auto& [block, leaves] : page) {
            ranges.push_back({block.slot, block.number, block.lo_xid, block.hi_xid});
            most = std::max<std::int64_t>(most, block.n);
        }
        const auto rows = co_await snapshot_.ask(read_call(ranges, most + kAddedMax));
        const auto stored = read_sealables(rows);
        auto next = stored.begin();
        for (const auto& sealed : page) {
            const auto first = next;
            while (next != stored.end() && next->number == sealed.block.number) ++next;
            report_.add(inspect_chain(before, sealed.block));
            report_.add(inspect_block(sealed, std::span(first, next)));
            before = sealed.block;
            ++report_.verified.blocks;
            report_.verified.transactions += sealed.block.n;
        }
    }

    Task<> inspect_rest(Slot slot, Block last) {
        pg::Params params;
        params.add(static_cast<std::int16_t>(slot)).add(last.hi_xid);
        params.add(options_.unsealed_before).add(kUnsealedMax);
        pg::Call call{sql::seal_left, std::move(params)};
        const auto rows = co_await snapshot_.ask(std::move(call));
        std::vector<Finding> found;
        for (std::size_t i = 0; i < rows.size(); ++i)
            found.push_back({.flaw = Flaw::transaction_unsealed,
                             .slot = slot,
                             .transaction = Uuid{rows.uuid(i, 0)},
                             .detail = fmt::format("recorded at {} and not sealed yet: is florin "
                                                   "serve running, or did it commit late?",
                                                   to_text(rows.time(i, 1)))});
        const auto all = rows.empty() ? 0 : rows.int64(0, 2);
        report_.verified.count += all - static_cast<std::int64_t>(found.size());
        report_.add(std::move(found));
    }

    Snapshot& snapshot_;
    const VerifyOptions& options_;
    Report& report_;
};

}  // namespace

void Report::add(std::vector<Finding> found) {
    verified.count += static_cast<std::int64_t>(found.size());
    for (auto& one : found)
        if (verified.findings.size() < options.findings_max)
            verified.findings.push_back(std::move(one));
}

void Report::tell() const {
    if (options.on_progress) options.on_progress(verified);
}

Task<Verified> verify(asio::io_context& io, std::string conninfo, VerifyOptions options) {
    const auto start = monotonic_now();
    const auto snapshot = co_await Snapshot::open(io, std::move(conninfo));
    Report report{.options = options};
    BlockWalk blocks(*snapshot, options, report);
    co_await blocks.run();
    AnchorWalk anchors(*snapshot, options, report);
    co_await anchors.run();
    report.verified.seconds = std::chrono::duration<double>(monotonic_now() - start).count();
    co_return std::move(report.verified);
}

}  // namespace florin::ledger
