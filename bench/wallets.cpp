// Payments from buyers' stored value through the connector, without payments and HTTP: what one
// wallet bears at once, and what many do.

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>

#include <stdexcept>

#include "base/random.h"
#include "commands.h"
#include "connectors/no_wire.h"
#include "platform/async/scope.h"
#include "wallets/connector.h"

namespace florin::bench {
namespace {

constexpr auto kPatience = std::chrono::minutes(1);
constexpr std::int64_t kCredit = 1'000'000'000;

struct Run {
    wallets::Engine& engine;
    const wallets::Connector& connector;
    MerchantId merchant;
    PaymentId payment;
    std::uint64_t owners;
    Deadline end = {};
    std::uint64_t credited = 0, started = 0, done = 0, failed = 0;

    std::string owner(std::uint64_t n) const { return fmt::format("buyer_{}", n % owners); }
};

// Some money for each.
Task<> give(Run& run) {
    while (run.credited < run.owners) {
        wallets::Owner owner{run.merchant, run.owner(run.credited++)};
        auto step =
            wallets::credit(std::move(owner), "bench", {kCredit, "EUR"_currency}, {}, now());
        const auto given = co_await run.engine.carry_out(std::move(step), deadline_in(kPatience));
        if (!given || !given->refusal.empty()) throw std::runtime_error("no credit was given");
    }
}

Task<> spend(Run& run) {
    connectors::NoWire wire;
    while (monotonic_now() < run.end) {
        const auto n = run.started++;
        // Neighbours in time are strangers, as they are in a shop.
        const auto owner = run.owner(n * 7919);
        connectors::Order order{.action = connectors::Action::sale,
                                .key = fmt::format("key {}", n),
                                .amount = {1, "EUR"_currency},
                                .token = owner,
                                .payment = run.payment.text(),
                                .merchant = run.merchant,
                                .buyer = owner};
        const auto outcome =
            co_await run.connector.perform(wire, std::move(order), deadline_in(kPatience));
        ++(std::holds_alternative<connectors::Succeeded>(outcome) ? run.done : run.failed);
    }
}

std::chrono::duration<double> play(asio::io_context& io, Run& run, std::int64_t clients,
                                   Task<> (*client)(Run&)) {
    TaskScope scope(io);
    const auto began = monotonic_now();
    for (std::int64_t i = 0; i < clients; ++i) scope.start("bench.client", client(run));
    while (scope.size() > 0) io.run_one();
    return monotonic_now() - began;
}

}  // namespace

int wallets_main(int count, char** arguments) {
    Flags flags(count, arguments, {"json"});
    const auto database = flags.required("database");
    const auto seconds = flags.number("seconds", 5, 1, 3600);
    const auto clients = flags.number("clients", 512, 1, 10'000);
    const auto lanes = flags.number("lanes", 2, 1, 64);
    const auto owners = flags.number("wallets", 1, 1, 10'000'000);
    const bool json = flags.has("json");
    flags.finish();

    asio::io_context io(1);
    pg::Pool pool(io, database, 4);
    wallets::Store store(pool);
    wallets::Engine engine(io, store,
                           {.conninfo = database, .lanes = static_cast<std::size_t>(lanes)});
    const wallets::Connector connector(engine);
    Run run{engine, connector, MerchantId::make(now(), 0, random_u64()),
            PaymentId::make(now(), 0, random_u64()), static_cast<std::uint64_t>(owners)};
    TaskScope lane_scope(io);
    engine.start(lane_scope);
    play(io, run, clients, give);
    const auto before = engine.counts();
    run.end = monotonic_now() + std::chrono::seconds(seconds);
    const auto took = play(io, run, clients, spend);
    asio::co_spawn(io, lane_scope.close(), [](std::exception_ptr) {});
    io.run();

    const auto counts = engine.counts();
    const double spends = static_cast<double>(run.done) / took.count();
    const double per_flush = static_cast<double>(counts.commands - before.commands) /
                             static_cast<double>(counts.flushes - before.flushes);
    if (json) {
        fmt::print(
            "{{\"spends\":{},\"failed\":{},\"wallets\":{},\"seconds\":{:.3f},\"per_second\":{:.1f},"
            "\"commands_per_flush\":{:.1f}}}\n",
            run.done, run.failed, owners, took.count(), spends, per_flush);
    } else {
        fmt::print("{:.0f} spends/s of {} wallets, {:.0f} per flush, {} failed\n", spends, owners,
                   per_flush, run.failed);
    }
    return run.failed == 0 ? 0 : 1;
}

}  // namespace florin::bench
