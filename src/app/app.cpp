#include "app/app.h"

#include <fmt/format.h>

#include <boost/asio/signal_set.hpp>

#include <algorithm>
#include <csignal>

#include "app/database.h"
#include "base/log.h"
#include "platform/async/run.h"

namespace florin::app {
namespace {

constexpr std::string_view kPing = "SELECT 1";

payments::ServiceOptions service_options(const Config& config, std::string secret,
                                         std::map<Currency, std::int64_t> refund_limits) {
    return {.provider_key_secret = std::move(secret),
            .answer_time = config.provider_time,
            .lease_extra = config.lease_extra,
            .refund_limits = std::move(refund_limits),
            .release = {config.release_hold, config.release_transit}};
}

// Looks ten times in the age that it waits for.
ledger::SealerOptions sealer_options(const Config& config) {
    using std::chrono::milliseconds;
    return {
        .age = config.ledger_seal_age,
        .period = std::clamp(config.ledger_seal_age / 10, milliseconds(50), milliseconds(1'000))};
}

api::LimitOptions limit_options(const Config& config) {
    const auto limit = [&](std::string_view policy, std::int64_t rate) {
        return limits::Limit{policy, rate,
                             std::max<std::int64_t>(1, rate * config.rate_limit_burst_s)};
    };
    return {limit("write", config.rate_limit_key_writes),
            limit("read", config.rate_limit_key_reads),
            limit("address", config.rate_limit_address),
            {config.writes_at_once, config.reads_at_once, config.webhooks_at_once,
             config.write_line_max},
            config.trusted_proxies};
}

}  // namespace

App::App(asio::io_context& io, const Config& config, Judged judged, const std::string& conninfo,
         std::string provider_key_secret)
    : io_(io),
      config_(config),
      pool_(io, conninfo, config.database_readers),
      limits_pool_(io, conninfo, 1),
      seal_pool_(io, conninfo, 1),
      relay_pool_(io, conninfo, 1),
      buckets_(io, limits_pool_),
      ways_(io, buckets_, config.accounts),
      keys_(pool_),
      ledger_store_(pool_),
      seller_store_(pool_),
      wallet_store_(pool_),
      wallet_engine_(io, wallet_store_, {.conninfo = conninfo, .lanes = config.database_lanes}),
      wallet_(wallet_engine_),
      journal_store_(pool_),
      journal_(journal_store_),
      fx_file_(config.fx_rates_file),
      fx_rates_(config.fx_rates_file.empty() ? nullptr : &fx_file_, judged.fx.rates),
      fx_store_(pool_),
      fx_desk_(fx_rates_, fx_store_, judged.fx.desk),
      payment_store_(pool_),
      engine_(io, {.conninfo = conninfo, .lanes = config.database_lanes}),
      records_(engine_, payment_store_, seller_store_),
      dead_letters_(payment_store_, engine_),
      payments_(
          io, records_, {accounts(judged.points), std::move(judged.rules)},
          service_options(config, std::move(provider_key_secret), std::move(judged.refund_limits))),
      resolver_(io, payments_, {.period = config.resolver_period}),
      watcher_(io, payment_store_, config.watcher_period),
      payout_store_(pool_),
      payouts_(payout_store_, seller_store_, rails(), std::move(judged.payouts)),
      payer_(io, payouts_, config.payout_period),
      feed_(pool_, payment_store_, payout_store_),
      relay_(relay_pool_, {}),
      sealer_(seal_pool_, sealer_options(config)),
      anchorer_(seal_pool_, {config.ledger_anchor_period, std::move(judged.ledger_key),
                             config.ledger_anchor_dir}),
      tallier_(seal_pool_, {}),
      expirer_(wallet_engine_, {.period = config.points_period, .terms = judged.points}),
      streams_{.at_once_max = config.event_streams_max, .heartbeat = config.event_heartbeat},
      limits_(buckets_, keys_, metrics_, limit_options(config),
              [this] { return engine_.counts().waiting; }),
      gate_({keys_, payments_, payment_store_, watcher_, feed_, streams_, dead_letters_,
             ledger_store_, seller_store_, payouts_, wallet_engine_, judged.points, journal_,
             fx_desk_, metrics_, limits_, [this] { return is_ready(); }}),
      scope_(io) {
    observe();
}

// Those of the configuration, and the wallets.
std::vector<payments::ProviderAccount> App::accounts(std::optional<wallets::Terms> points) {
    auto accounts = ways_.accounts();
    accounts.push_back({wallet_, no_wire_, std::string(wallets::kWallet)});
    if (points) {
        points_.emplace(wallet_engine_, *points);
        accounts.push_back({*points_, no_wire_, std::string(wallets::kPointsProvider)});
    }
    return accounts;
}

payouts::Rails App::rails() {
    payouts::Rails rails{{payouts::RailKind::wallet, &wallet_rail_}};
    const auto& account = config_.payout_connect_account;
    if (auto* wire = ways_.wire_of(account)) {
        connect_rail_.emplace(connect_, *wire, account);
        rails[payouts::RailKind::stripe_connect] = &*connect_rail_;
    }
    return rails;
}

void App::observe() {
    const auto counts = [this](auto member) {
        return [this, member] { return static_cast<double>(engine_.counts().*member); };
    };
    using Counts = storage::BatcherCounts;
    metrics_.observe("florin_engine_commands_total", "Commands given to the engine.", "counter",
                     counts(&Counts::commands));
    metrics_.observe("florin_engine_flushes_total", "Transactions of the engine.", "counter",
                     counts(&Counts::flushes));
    metrics_.observe("florin_engine_splits_total", "Batches halved to find a culprit.", "counter",
                     counts(&Counts::splits));
    metrics_.observe("florin_engine_failures_total", "Commands that failed.", "counter",
                     counts(&Counts::failures));
    metrics_.observe("florin_engine_waiting", "Commands that wait for a lane.", "gauge",
                     counts(&Counts::waiting));
    metrics_.observe("florin_resolver_looks_total", "Operations looked at by the resolver.",
                     "counter", [this] { return static_cast<double>(resolver_.looks()); });
    metrics_.observe("florin_event_streams", "Streams of events that are open.", "gauge",
                     [this] { return static_cast<double>(streams_.open); });
    metrics_.observe("florin_watched_payments", "Who waits for a payment to change.", "gauge",
                     [this] { return static_cast<double>(watcher_.size()); });
    metrics_.observe("florin_watcher_looks_total", "Questions for the versions of what is watched.",
                     "counter", [this] { return static_cast<double>(watcher_.looks()); });
    observe_wallets();
    metrics_.observe("florin_payout_runs_total", "Runs of schedules of payouts.", "counter",
                     [this] { return static_cast<double>(payer_.runs()); });
    observe_limits();
    observe_sealing();
    observe_feed();
    observe_fx();
}

void App::observe_fx() {
    metrics_.observe("florin_fx_rates", "Rates that are stated.", "gauge",
                     [this] { return static_cast<double>(fx_rates_.table().stated().size()); });
    metrics_.observe("florin_fx_rates_age_seconds", "Since the newest of the rates was so.",
                     "gauge", [this] { return static_cast<double>(fx_rates_.age(now()).count()); });
    metrics_.observe("florin_fx_rates_refused", "1 = the source of rates is wrong now.", "gauge",
                     [this] { return fx_rates_.trouble().empty() ? 0.0 : 1.0; });
}

void App::observe_wallets() {
    const auto counts = [this](auto member) {
        return [this, member] { return static_cast<double>(wallet_engine_.counts().*member); };
    };
    using Counts = storage::BatcherCounts;
    metrics_.observe("florin_wallet_movements_total", "Movements of wallets given to the database.",
                     "counter", counts(&Counts::commands));
    metrics_.observe("florin_wallet_splits_total", "Batches of them halved to find a culprit.",
                     "counter", counts(&Counts::splits));
    metrics_.observe("florin_wallet_waiting", "Movements of wallets that wait for a lane.", "gauge",
                     counts(&Counts::waiting));
}

void App::observe_sealing() {
    metrics_.observe("florin_ledger_blocks_total", "Blocks that this process has sealed.",
                     "counter", [this] { return static_cast<double>(sealer_.blocks()); });
    metrics_.observe("florin_ledger_anchors_total", "Anchors that this process has signed.",
                     "counter", [this] { return static_cast<double>(anchorer_.anchors()); });
    metrics_.observe("florin_ledger_unsealed_age_seconds",
                     "Since the transaction was recorded that waits longest to be sealed.", "gauge",
                     [this] { return static_cast<double>(sealer_.oldest().count()); });
}

void App::observe_feed() {
    metrics_.observe("florin_feed_events_total", "Events that this process has put into feeds.",
                     "counter", [this] { return static_cast<double>(relay_.relayed()); });
    metrics_.observe("florin_outbox_oldest_seconds",
                     "Since the event was written that waits longest for the feed.", "gauge",
                     [this] { return static_cast<double>(relay_.oldest().count()); });
}

void App::observe_limits() {
    const auto leases = [this](auto member) {
        return [this, member] { return static_cast<double>(buckets_.counts().*member); };
    };
    metrics_.observe("florin_rate_leases_total", "Leases of tokens asked of the database.",
                     "counter", leases(&limits::BucketCounts::leases));
    metrics_.observe("florin_rate_leases_lost_total", "Leases that the database did not answer.",
                     "counter", leases(&limits::BucketCounts::lost));
    for (const auto* outlet : ways_.outlets()) observe_outlet(*outlet);
}

void App::observe_outlet(const limits::Outlet& outlet) {
    const auto label = "account=\"" + outlet.account() + '"';
    const auto held = [&](std::string_view why, auto member) {
        metrics_.observe(
            "florin_provider_held_back_total",
            "Calls to a provider that were refused before a byte left.", "counter",
            [&outlet, member] { return static_cast<double>(outlet.counts().*member); },
            label + ",why=\"" + std::string(why) + '"');
    };
    held("circuit_open", &limits::OutletCounts::held_open);
    held("rate", &limits::OutletCounts::held_rate);
    metrics_.observe(
        "florin_provider_calls_total", "Calls to a provider.", "counter",
        [&outlet] { return static_cast<double>(outlet.counts().calls); }, label);
    metrics_.observe(
        "florin_provider_waiting", "Calls that wait for their turn.", "gauge",
        [&outlet] { return static_cast<double>(outlet.counts().waiting); }, label);
    metrics_.observe(
        "florin_provider_circuit", "0 = closed, 1 = half open, 2 = open.", "gauge",
        [&outlet] { return static_cast<double>(outlet.circuit()); }, label);
}

Task<bool> App::is_ready() {
    pg::Params none;
    const auto rows = co_await pool_.query(kPing, std::move(none));
    co_return rows.size() == 1;
}

void App::start() {
    http::ServerOptions options{
        .address = config_.listen_address,
        .port = config_.listen_port,
        .certificate_file = config_.tls_certificate_file,
        .private_key_file = config_.tls_key_file,
        .body_bytes_max_of = api::body_bytes_max,
    };
    server_ = std::make_unique<http::Server>(
        io_, std::move(options),
        [this](http::Request request) { return gate_.handle(std::move(request)); });
    // Only now: whoever cannot listen has nothing to stop.
    engine_.on_step(
        [this](PaymentId payment, std::int32_t version) { watcher_.tell(payment, version); });
    scope_.start("limits.buckets", buckets_.run());
    engine_.start(scope_);
    wallet_engine_.start(scope_);
    scope_.start("payments.watcher", watcher_.run());
    scope_.start("payments.resolver", resolver_.run());
    scope_.start("payouts.payer", payer_.run());
    scope_.start("ledger.sealer", sealer_.run());
    scope_.start("ledger.anchorer", anchorer_.run());
    scope_.start("ledger.tallier", tallier_.run());
    scope_.start("events.relay", relay_.run());
    scope_.start("wallets.expirer", expirer_.run());
    scope_.start("fx.rates", fx_rates_.run());
}

Task<> App::close() {
    watcher_.stop();  // Who waits for a change is answered now.
    if (server_) co_await server_->close(std::chrono::seconds(30));
    co_await payments_.close();
    co_await resolver_.close();
    co_await ways_.close();
    co_await scope_.close();
    co_await payer_.close();
    co_await relay_rest();
    co_await seal_rest();
}

// Whoever reads the feed after a stop finds everything in it.
Task<> App::relay_rest() {
    try {
        co_await relay_.relay();
    } catch (const std::exception& e) {
        log::warn("serve.not_relayed", {{"why", e.what()}});
    }
}

// Whoever looks at the books of a stopped server finds everything sealed.
Task<> App::seal_rest() {
    try {
        co_await sealer_.seal(Instant::max());
        co_await anchorer_.anchor();
    } catch (const std::exception& e) {
        log::warn("serve.not_sealed", {{"why", e.what()}});
    }
}

Result<std::optional<ledger::PrivateKey>> ledger_key_of(const Config& config) {
    if (config.ledger_key.empty()) return std::nullopt;
    TRY(auto key, ledger::PrivateKey::parse(config.ledger_key));
    return key;
}

Result<Judged> judge(const Config& config) {
    Judged judged;
    TRY(judged.rules, rules_of(config));
    TRY(judged.refund_limits, refund_limits_of(config));
    TRY(judged.payouts, payout_options_of(config));
    TRY(judged.points, points_of(config));
    TRY(judged.fx, fx_terms_of(config));
    TRY(judged.ledger_key, ledger_key_of(config));
    return judged;
}

namespace {

// Both throw pg::Lost; the caller says so to the operator.
Task<std::string> load_secret(asio::io_context& io, std::string conninfo) {
    pg::Pool pool(io, std::move(conninfo), 1);
    payments::Store store(pool);
    co_return co_await store.provider_key_secret();
}

// What buyers hold is on the books at one value. Failure: Invalid points_value_changed.
Task<Result<void>> agree_on_points(asio::io_context& io, std::string conninfo,
                                   std::optional<wallets::Terms> points) {
    if (!points) co_return Result<void>();
    pg::Pool pool(io, std::move(conninfo), 1);
    wallets::Store store(pool);
    const auto agreed = co_await store.agree(*points);
    if (agreed == *points) co_return Result<void>();
    co_return fail(
        Fault::invalid, "points_value_changed",
        fmt::format("a point is worth {} {} in this database: buyers hold points at "
                    "that value, so points_currency and points_value cannot change",
                    Money(agreed.value, agreed.currency).decimal(), agreed.currency.code()));
}

Task<Result<void>> run(asio::io_context& io, Config config, Judged judged, std::string conninfo,
                       std::function<void(std::uint16_t)> on_listening) {
    asio::signal_set signals(io, SIGINT, SIGTERM);
    CO_TRY_OK(co_await agree_on_points(io, conninfo, judged.points));
    auto secret = co_await load_secret(io, conninfo);
    App app(io, config, std::move(judged), conninfo, std::move(secret));
    app.start();
    on_listening(app.port());
    log::info("serve.started", {{"port", std::to_string(app.port())}});
    co_await signals.async_wait(asio::use_awaitable);
    log::info("serve.stopping", {});
    co_await app.close();
    co_return Result<void>();
}

}  // namespace

Result<void> serve(const Config& config, const std::function<void(std::uint16_t)>& on_listening) {
    TRY(auto judged, judge(config));
    TRY(const auto database, Database::open(config));
    TRY_OK(ensure_schema(database));
    if (config.accounts.front().secret_key.empty())
        log::warn("serve.no_provider_key", {{"hint", "set stripe_secret_key_file"}});
    if (!judged.ledger_key)
        log::warn("serve.no_ledger_key",
                  {{"hint", "without ledger_key_file nothing outside proves the books"}});
    std::signal(SIGPIPE, SIG_IGN);
    asio::io_context io(1);
    return run_to_end(io, run(io, config, std::move(judged), database.conninfo(), on_listening));
}

}  // namespace florin::app
