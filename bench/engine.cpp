// Payments through the whole service and the engine (rules, batches, ledger, events, durable
// commits) with a provider that says yes at once, inside the process: what Florin costs without
// HTTP.

#include <fmt/format.h>
#include <sys/resource.h>

#include <boost/asio/co_spawn.hpp>

#include <array>
#include <stdexcept>

#include "base/random.h"
#include "commands.h"
#include "connectors/no_wire.h"
#include "payments/database_records.h"
#include "payments/service.h"
#include "platform/async/scope.h"

namespace florin::bench {
namespace {

using connectors::Action;
using connectors::Outcome;

class YesConnector : public connectors::Connector {
public:
    const connectors::Capabilities& capabilities() const override {
        static constexpr connectors::Capabilities kYes = {
            .name = "yes",
            .safe_replay = true,
            .key_window = std::chrono::hours(24),
            .query_by_key = true,
            .visibility_delay = {},
            .cancel = true,
            .several_captures = true,
            .refund = true,
            .answer_time = std::chrono::seconds(1),
        };
        return kYes;
    }
    Task<Outcome> perform(connectors::Wire&, connectors::Order order, Deadline) const override {
        connectors::Succeeded yes{"pi_" + order.key.substr(0, 24), {"answer", "req_bench", ""}};
        co_return yes;
    }
    Task<Outcome> find(connectors::Wire&, connectors::Order, Deadline) const override {
        co_return connectors::NotFound{};
    }
    Task<Outcome> fence(connectors::Wire&, connectors::Order, Deadline) const override {
        co_return connectors::NotFound{};
    }
    Task<connectors::DisputeAnswer> read_dispute(connectors::Wire&, std::string,
                                                 Deadline) const override {
        co_return connectors::NotFound{};
    }
    Task<Outcome> answer_dispute(connectors::Wire&, connectors::DisputeReply,
                                 Deadline) const override {
        co_return connectors::NotSent{"nobody disputes here"};
    }
    Result<connectors::Hint> read_webhook(const http::Headers&, std::string_view, std::string_view,
                                          Instant) const override {
        return fail(Fault::malformed, "webhook_malformed", "nobody calls from outside here");
    }
};

payments::NewPayment new_payment(MerchantId merchant, const std::string& run, std::uint64_t n) {
    const auto euro = "EUR"_currency;
    payments::NewPayment wanted{.merchant = merchant, .currency = euro};
    wanted.key.key = fmt::format("{}-{}", run, n);
    wanted.checkout_id = fmt::format("chk_{}", n);
    wanted.buyer_id = fmt::format("buyer_{}", n % 1000);
    wanted.buyer_email = "buyer@example.com";
    wanted.method_type = "card";
    wanted.method_token = "pm_card_visa";
    wanted.orders = {{fmt::format("ord_{}_1", n), "seller_a", Money(7000, euro)},
                     {fmt::format("ord_{}_2", n), "seller_b", Money(3000, euro)}};
    return wanted;
}

struct Run {
    payments::Service& service;
    payments::Store& store;
    MerchantId merchant;
    std::string name;
    bool whole_life;
    Deadline end;
    std::uint64_t started = 0, done = 0, failed = 0;
};

constexpr auto kPatience = std::chrono::minutes(1);

Task<bool> sale(Run& run, std::uint64_t n) {
    auto wanted = new_payment(run.merchant, run.name, n);
    const auto answer =
        co_await run.service.create(std::move(wanted), std::nullopt, deadline_in(kPatience));
    co_return answer && answer->event_type == "payment.succeeded";
}

// Authorize, capture 40.00, capture 30.00 and let the rest go, refund 20.00. Before each step the
// payment is read, as a request over HTTP does.
Task<bool> lifecycle(Run& run, std::uint64_t n) {
    auto wanted = new_payment(run.merchant, run.name, n);
    wanted.capture_later = true;
    const auto held =
        co_await run.service.create(std::move(wanted), std::nullopt, deadline_in(kPatience));
    if (!held || held->event_type != "payment.authorized") co_return false;
    const std::array wishes = {
        payments::Wish{.action = Action::capture, .amount = 4000, .is_final = false},
        payments::Wish{.action = Action::capture, .amount = 3000},
        payments::Wish{.action = Action::refund, .amount = 2000}};
    for (std::size_t step = 0; step < wishes.size(); ++step) {
        auto payment = co_await run.store.load(run.merchant, held->payment);
        if (!payment) co_return false;
        payments::ClientKey key{fmt::format("{}-{}-{}", run.name, n, step)};
        const auto answer =
            co_await run.service.act(std::move(*payment), wishes[step], std::move(key),
                                     std::nullopt, deadline_in(kPatience));
        if (!answer || answer->event_type.empty()) co_return false;
    }
    co_return true;
}

Task<> client(Run& run) {
    while (monotonic_now() < run.end) {
        const auto n = run.started++;
        const bool done = co_await (run.whole_life ? lifecycle(run, n) : sale(run, n));
        ++(done ? run.done : run.failed);
    }
}

double cpu_seconds() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

}  // namespace

int engine_main(int count, char** arguments) {
    Flags flags(count, arguments, {"json"});
    const auto story = flags.text("story", "sale");
    if (story != "sale" && story != "lifecycle")
        throw std::invalid_argument("--story is sale or lifecycle");
    const auto database = flags.required("database");
    const auto seconds = flags.number("seconds", 5, 1, 3600);
    const auto clients = flags.number("clients", 512, 1, 10'000);
    const auto lanes = flags.number("lanes", 2, 1, 64);
    const auto batch = flags.number("batch", 256, 1, 1000);
    const bool json = flags.has("json");
    flags.finish();

    asio::io_context io(1);
    pg::Pool pool(io, database, 4);
    payments::Store store(pool);
    payments::Engine engine(io, {.conninfo = database,
                                 .lanes = static_cast<std::size_t>(lanes),
                                 .batch_max = static_cast<std::size_t>(batch)});
    const YesConnector yes;
    connectors::NoWire wire;
    sellers::Store sellers(pool);
    payments::DatabaseRecords records(engine, store, sellers);
    payments::Service service(io, records, {yes, wire}, {.provider_key_secret = "bench"});
    const auto merchant = MerchantId::make(now(), 0, random_u64());
    const auto name = fmt::format("bench-{:x}", random_u64());
    Run run{service, store, merchant, name, story == "lifecycle", {}};

    TaskScope lane_scope(io), client_scope(io);
    engine.start(lane_scope);
    const auto began = monotonic_now();
    const double cpu = cpu_seconds();
    run.end = began + std::chrono::seconds(seconds);
    for (std::int64_t i = 0; i < clients; ++i) client_scope.start("bench.client", client(run));
    while (client_scope.size() > 0) io.run_one();
    const std::chrono::duration<double> took = monotonic_now() - began;
    const double cpu_us = (cpu_seconds() - cpu) * 1e6;
    asio::co_spawn(io, lane_scope.close(), [](std::exception_ptr) {});
    io.run();

    const double paid = static_cast<double>(run.done);
    const auto counts = engine.counts();
    const double per_flush =
        static_cast<double>(counts.commands) / static_cast<double>(counts.flushes);
    if (json) {
        fmt::print(
            "{{\"payments\":{},\"failed\":{},\"seconds\":{:.3f},\"per_second\":{:.1f},"
            "\"client_cpu_us\":{:.2f},\"commands_per_flush\":{:.1f}}}\n",
            run.done, run.failed, took.count(), paid / took.count(), cpu_us / paid, per_flush);
    } else {
        fmt::print(
            "{:.0f} payments/s, {:.1f} us CPU each here, {:.0f} commands per flush, {} failed\n",
            paid / took.count(), cpu_us / paid, per_flush, run.failed);
    }
    return run.failed == 0 ? 0 : 1;
}

}  // namespace florin::bench
