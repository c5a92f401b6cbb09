#pragma once

// Composition: builds every object in order and connects them. Objects meet here and only here.

#include <memory>

#include "accounts/keys.h"
#include "api/gate.h"
#include "api/limits.h"
#include "app/accounts.h"
#include "connectors/no_wire.h"
#include "connectors/stripe/connect.h"
#include "events/relay.h"
#include "events/store.h"
#include "fx/file_source.h"
#include "ledger/anchorer.h"
#include "ledger/sealer.h"
#include "ledger/store.h"
#include "ledger/tallier.h"
#include "payments/database_records.h"
#include "payments/dead_letters.h"
#include "payments/resolver.h"
#include "payments/service.h"
#include "payouts/payer.h"
#include "platform/config/config.h"
#include "platform/http/server.h"
#include "platform/metrics/metrics.h"
#include "platform/pg/pool.h"
#include "sellers/store.h"
#include "wallets/connector.h"
#include "wallets/expirer.h"

namespace florin::app {

// What of the configuration is read where its words are known.
struct Judged {
    std::vector<routing::Rule> rules;
    std::map<Currency, std::int64_t> refund_limits;
    payouts::Options payouts;
    std::optional<wallets::Terms> points;
    FxTerms fx;
    std::optional<ledger::PrivateKey> ledger_key;
};
// Failures: those of rules_of, refund_limits_of, payout_options_of, points_of, fx_terms_of and
// ledger_key_of.
Result<Judged> judge(const Config& config);

// Everything that `florin serve` runs, on one event loop. Made, started, closed, destroyed.
class App {
public:
    // `judged`: judge(config). `provider_key_secret` comes from the database (payments::Store).
    App(asio::io_context& io, const Config& config, Judged judged, const std::string& conninfo,
        std::string provider_key_secret);

    // Listens and starts the workers; throws std::runtime_error when it cannot listen.
    void start();
    // Finishes what runs, takes nothing new.
    Task<> close();

    std::uint16_t port() const { return server_->port(); }

private:
    std::vector<payments::ProviderAccount> accounts(std::optional<wallets::Terms> points);
    payouts::Rails rails();
    Task<bool> is_ready();
    Task<> seal_rest();
    Task<> relay_rest();
    void observe();
    void observe_wallets();
    void observe_limits();
    void observe_sealing();
    void observe_feed();
    void observe_fx();
    void observe_outlet(const limits::Outlet& outlet);

    asio::io_context& io_;
    Config config_;
    pg::Pool pool_, limits_pool_, seal_pool_, relay_pool_;
    limits::Buckets buckets_;
    Ways ways_;
    metrics::Registry metrics_;
    accounts::Keys keys_;
    ledger::Store ledger_store_;
    sellers::Store seller_store_;
    wallets::Store wallet_store_;
    wallets::Engine wallet_engine_;
    wallets::Connector wallet_;
    std::optional<wallets::Connector> points_;
    connectors::NoWire no_wire_;
    journal::Store journal_store_;
    journal::Service journal_;
    fx::FileSource fx_file_;
    fx::Rates fx_rates_;
    fx::Store fx_store_;
    fx::Desk fx_desk_;
    payments::Store payment_store_;
    payments::Engine engine_;
    payments::DatabaseRecords records_;
    payments::DeadLetters dead_letters_;
    payments::Service payments_;
    payments::Resolver resolver_;
    payments::Watcher watcher_;
    payouts::Store payout_store_;
    payouts::WalletRail wallet_rail_;
    connectors::stripe::Connect connect_;
    std::optional<payouts::ProviderRail> connect_rail_;
    payouts::Service payouts_;
    payouts::Payer payer_;
    events::Store feed_;
    events::Relay relay_;
    ledger::Sealer sealer_;
    ledger::Anchorer anchorer_;
    ledger::Tallier tallier_;
    wallets::Expirer expirer_;
    api::EventStreams streams_;
    api::Limits limits_;
    api::Gate gate_;
    TaskScope scope_;
    std::unique_ptr<http::Server> server_;
};

// The key that signs the ledger's anchors; nothing when none is configured. Failure: Invalid
// ledger_key_malformed.
Result<std::optional<ledger::PrivateKey>> ledger_key_of(const Config& config);

// Loads what is needed, runs until SIGINT or SIGTERM. `on_listening` is told the port.
Result<void> serve(const Config& config, const std::function<void(std::uint16_t)>& on_listening);

}  // namespace florin::app
