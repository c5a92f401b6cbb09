// `florin-bench ledger`: what the ledger alone costs, without payments. Batches of postings over
// some connections, each one durable transaction; or reads and seals of what they left.

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <array>
#include <random>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/random.h"
#include "commands.h"
#include "histogram.h"
#include "ledger/poster.h"
#include "ledger/sealer.h"
#include "ledger/store.h"
#include "ledger/tallier.h"
#include "platform/async/scope.h"

namespace florin::bench {
namespace {

using ledger::Posting;

struct Run {
    asio::io_context& io;
    pg::Pool& pool;
    bool is_spread;  // Over the slots; else all meet the two accounts of one.
    std::size_t batch;
    Deadline end{};
    MerchantId merchant = MerchantId::make(now(), 0, random_u64());
    ledger::Poster poster{};
    std::mt19937_64 random{random_u64()};
    std::uint64_t done = 0;
    Histogram latency{};  // Of batches, or of reads.
};

constexpr Slot kOneSlot{7};
constexpr std::size_t kSlots = 1024;

Posting posting_in(Run& run, Slot slot, std::string kind) {
    const auto id = OperationId::make(now(), slot, run.random());
    return {.id = id,
            .merchant = run.merchant,
            .source = id.uuid(),
            .kind = std::move(kind),
            .at = now(),
            .legs = {}};
}

Posting capture(Run& run, Slot slot) {
    const auto euro = "EUR"_currency;
    auto posting = posting_in(run, slot, "capture");
    const auto id = posting.source;
    posting.legs = {{{ledger::kPspReceivable, "stripe", euro}, 10'000, id},
                    {{ledger::kEscrow, "", euro}, -7000, id},
                    {{ledger::kEscrow, "", euro}, -3000, id}};
    return posting;
}

Posting next(Run& run) {
    return capture(run, run.is_spread ? static_cast<Slot>(run.random() % kSlots) : kOneSlot);
}

Task<> post(Run& run, std::vector<Posting> batch) {
    std::vector<const Posting*> pointers;
    for (const auto& one : batch) pointers.push_back(&one);
    std::vector<pg::Call> calls;
    run.poster.encode(pointers, calls);
    const auto rows = co_await run.pool.run(std::move(calls));
    run.poster.decode(pointers, rows);
}

Task<> lane(Run& run) {
    while (monotonic_now() < run.end) {
        std::vector<Posting> batch;
        for (std::size_t i = 0; i < run.batch; ++i) batch.push_back(next(run));
        const auto began = monotonic_now();
        co_await post(run, std::move(batch));
        run.latency.add(monotonic_now() - began);
        run.done += run.batch;
    }
}

// The accounts are there before anything is measured.
Task<> prepare(Run& run) {
    std::vector<Posting> first;
    for (std::size_t slot = 0; slot < kSlots; ++slot)
        first.push_back(capture(run, static_cast<Slot>(slot)));
    co_await post(run, std::move(first));
}

// Runs it to its end; what it throws ends the program.
template <class Work>
void finish(asio::io_context& io, Work work) {
    std::exception_ptr failure;
    asio::co_spawn(io, std::move(work), [&](std::exception_ptr e) { failure = e; });
    io.restart();
    io.run();
    if (failure) std::rethrow_exception(failure);
}

double post_for(Run& run, std::int64_t seconds, std::int64_t lanes) {
    const auto began = monotonic_now();
    run.end = began + std::chrono::seconds(seconds);
    TaskScope scope(run.io);
    for (std::int64_t i = 0; i < lanes; ++i) scope.start("bench.lane", lane(run));
    run.io.restart();
    while (scope.size() > 0) run.io.run_one();
    return std::chrono::duration<double>(monotonic_now() - began).count();
}

// A roll-up, then 10,000 entries of one account, then its balance again and again.
Task<> read_balances(Run& run, std::int64_t reads) {
    ledger::Tallier tallier(run.pool, {});
    ledger::Store store(run.pool);
    constexpr std::size_t kTail = 10'000;
    co_await tallier.tally(Instant::max());
    std::int64_t wanted = kSlots * 10'000;  // prepare()
    for (std::size_t i = 0; i < kTail / 2; i += 250) {
        std::vector<Posting> batch;
        for (int n = 0; n < 250; ++n) batch.push_back(capture(run, kOneSlot));
        co_await post(run, std::move(batch));
        wanted += 250 * 10'000;
    }
    const ledger::AccountName escrow{ledger::kEscrow, "", "EUR"_currency};
    for (std::int64_t i = 0; i < reads; ++i) {
        const auto began = monotonic_now();
        const auto balance = co_await store.balance(run.merchant, escrow);
        run.latency.add(monotonic_now() - began);
        if (balance.amount() != wanted)
            throw std::runtime_error(
                fmt::format("the balance is {} instead of {}", balance.amount(), wanted));
    }
}

// Everything that waits, without anybody posting meanwhile.
Task<> seal_all(Run& run) {
    ledger::Sealer sealer(run.pool, {});
    const auto sealed = co_await sealer.seal(now());
    if (sealed == 0) throw std::runtime_error("nothing was sealed");
}

constexpr std::array<std::string_view, 4> kShapes = {"one_escrow", "spread", "read", "seal"};

struct Plan {
    std::string database, shape;
    std::int64_t seconds, batch, lanes, reads;
    bool as_json;
};

Plan plan_from(Flags& flags) {
    Plan plan{.database = flags.required("database"),
              .shape = flags.required("shape"),
              .seconds = flags.number("seconds", 5, 1, 3600),
              .batch = flags.number("batch", 256, 1, 1000),
              .lanes = flags.number("lanes", 2, 1, 64),
              .reads = flags.number("reads", 200, 1, 1'000'000),
              .as_json = flags.has("json")};
    if (std::ranges::find(kShapes, plan.shape) == kShapes.end())
        throw std::invalid_argument("--shape is one_escrow, spread, read or seal");
    flags.finish();
    return plan;
}

}  // namespace

int ledger_main(int count, char** arguments) {
    Flags flags(count, arguments, {"json"});
    const auto plan = plan_from(flags);
    asio::io_context io(1);
    pg::Pool pool(io, plan.database, static_cast<std::size_t>(plan.lanes) + 1);
    Run run{.io = io,
            .pool = pool,
            .is_spread = plan.shape == "spread" || plan.shape == "seal",
            .batch = static_cast<std::size_t>(plan.batch)};
    finish(io, prepare(run));
    double seconds = 0;
    if (plan.shape == "read") {
        finish(io, read_balances(run, plan.reads));
    } else {
        seconds = post_for(run, plan.seconds, plan.lanes);
        if (run.done == 0) throw std::runtime_error("nothing was posted");
    }
    if (plan.shape == "seal") {
        const auto began = monotonic_now();
        finish(io, seal_all(run));
        seconds = std::chrono::duration<double>(monotonic_now() - began).count();
    }
    const double per_second = seconds > 0 ? static_cast<double>(run.done) / seconds : 0;
    if (plan.as_json)
        fmt::print(
            "{{\"shape\":\"{}\",\"postings\":{},\"per_second\":{:.1f},"
            "\"latency_ms\":{{\"p50\":{:.3f},\"p99\":{:.3f},\"max\":{:.3f}}}}}\n",
            plan.shape, run.done, per_second, run.latency.percentile_ms(0.5),
            run.latency.percentile_ms(0.99), run.latency.max_ms());
    else
        fmt::print("{}: {:.0f} postings/s; p50 {:.2f} ms, p99 {:.2f} ms\n", plan.shape, per_second,
                   run.latency.percentile_ms(0.5), run.latency.percentile_ms(0.99));
    return 0;
}

}  // namespace florin::bench
