#include "app/audit.h"

#include <boost/asio/signal_set.hpp>

#include <algorithm>
#include <csignal>

#include "app/database.h"
#include "audit/watch.h"
#include "base/log.h"
#include "platform/async/run.h"
#include "platform/async/scope.h"
#include "platform/http/client.h"
#include "platform/http/server.h"
#include "storage/migrate.h"

namespace florin::app {
namespace {

constexpr auto kAlarmTime = std::chrono::seconds(5);

// The auditor changes nothing: a schema that lacks something is for somebody else to mend.
Result<void> has_schema(const std::string& conninfo) {
    TRY(const auto states, storage::migration_states(conninfo));
    const auto missing = std::ranges::find(states, false, &storage::MigrationState::applied);
    if (missing == states.end()) return {};
    return fail(Fault::conflict, "schema_missing",
                "the database lacks migration " + missing->name + ": run `florin migrate` first");
}

Result<Database> open_database(Config config) {
    if (!config.audit_database_url.empty()) config.database_url = config.audit_database_url;
    TRY(auto database, Database::open(config));
    TRY_OK(has_schema(database.conninfo()));
    return database;
}

audit::ReaderOptions reader_options(const Database& database, const AuditOptions& options) {
    return {database.conninfo(), options.writer_allowed,
            static_cast<std::int64_t>(options.findings_max)};
}

http::Response plain(int status, std::string body) {
    http::Response response{.status = status};
    response.headers.add("Content-Type", "text/plain; version=0.0.4");
    response.body = std::move(body);
    return response;
}

// Everything of `florin audit --watch`, on one event loop.
class Auditor {
public:
    Auditor(asio::io_context& io, const Config& config, audit::ReaderOptions options, int slots_max)
        : io_(io),
          client_(io, {}),
          reader_(io, std::move(options)),
          watch_(reader_, metrics_, alarm_to(config.audit_alarm_url),
                 {config.audit_period, slots_max}),
          scope_(io),
          server_(io, {.address = config.audit_listen_address, .port = config.audit_listen_port},
                  [this](http::Request request) { return answer(std::move(request)); }) {}

    Task<Result<void>> run(std::function<void(std::uint16_t)> on_listening) {
        auto opened = co_await reader_.open();
        if (opened) co_await watch_until_told(std::move(on_listening));
        co_await server_.close(std::chrono::seconds(5));
        co_await scope_.close();
        co_return opened;
    }

private:
    Task<> watch_until_told(std::function<void(std::uint16_t)> on_listening) {
        asio::signal_set signals(io_, SIGINT, SIGTERM);
        scope_.start("audit.watch", watch_.run());
        on_listening(server_.port());
        log::info("audit.started", {{"port", std::to_string(server_.port())}});
        co_await signals.async_wait(asio::use_awaitable);
        log::info("audit.stopping", {});
    }

    audit::SendAlarm alarm_to(const std::string& url) {
        if (url.empty()) return {};
        return [this, url](std::string body) { return send_alarm(url, std::move(body)); };
    }

    Task<bool> send_alarm(std::string url, std::string body) {
        http::Request request{.method = "POST", .target = std::move(url)};
        request.headers.add("Content-Type", "application/json");
        request.body = std::move(body);
        const auto answer = co_await client_.send(std::move(request), deadline_in(kAlarmTime));
        if (answer && answer->status >= 200 && answer->status < 300) co_return true;
        log::warn("audit.alarm_failed",
                  {{"why", answer ? std::to_string(answer->status) : answer.error().why}});
        co_return false;
    }

    Task<http::Response> answer(http::Request request) {
        if (request.method == "GET" && request.target == "/metrics")
            co_return plain(200, metrics_.render());
        if (request.method == "GET" && request.target == "/healthz") co_return plain(200, "ok\n");
        co_return plain(404, "GET /metrics or /healthz\n");
    }

    asio::io_context& io_;
    http::Client client_;
    metrics::Registry metrics_;
    audit::Reader reader_;
    audit::Watch watch_;
    TaskScope scope_;
    http::Server server_;
};

}  // namespace

Result<audit::Report> audit_once(const Config& config, AuditOptions options,
                                 const std::function<void(int)>& on_progress) {
    TRY(const auto database, open_database(config));
    asio::io_context io(1);
    audit::Reader reader(io, reader_options(database, options));
    return run_to_end(
        io, audit::full_pass(reader, on_progress, options.slots_max, options.findings_max));
}

Result<void> audit_for_ever(const Config& config, AuditOptions options,
                            const std::function<void(std::uint16_t)>& on_listening) {
    TRY(const auto database, open_database(config));
    std::signal(SIGPIPE, SIG_IGN);
    asio::io_context io(1);
    Auditor auditor(io, config, reader_options(database, options), options.slots_max);
    return run_to_end(io, auditor.run(on_listening));
}

}  // namespace florin::app
