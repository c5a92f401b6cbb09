// florin-sandbox: a Stripe-shaped payment provider for tests, over HTTP, on one thread.

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <cstdio>
#include <optional>
#include <string>

#include "base/log.h"
#include "base/random.h"
#include "platform/async/scope.h"
#include "platform/http/server.h"
#include "sandbox/files.h"
#include "sandbox/routes.h"

namespace florin::sandbox {
namespace {

struct Options {
    std::string listen = "127.0.0.1:12111";
    std::optional<std::string> data;
    std::string webhook_url;
    std::string webhook_secret;
    std::int64_t authorization_seconds = 7 * 24 * 3600;
    std::int64_t delay_ms = 0;
    std::optional<std::uint64_t> seed;
};

constexpr const char* kAbout =
    "florin-sandbox: a stateful payment provider that speaks like Stripe's API v1.\n"
    "It takes test cards and any key that begins with sk_test_. No money moves.";

constexpr const char* kMore =
    "Pay:     curl http://127.0.0.1:12111/v1/payment_intents -u sk_test_x: \\\n"
    "           -d amount=1099 -d currency=eur -d payment_method=pm_card_visa -d confirm=true\n"
    "Faults:  curl http://127.0.0.1:12111/_sandbox/faults \\\n"
    "           -d '{\"seed\":1,\"rates\":{\"drop_reply\":0.05},\"delay_ms\":[50,400]}'\n"
    "         Faults: drop_request drop_reply error_500 error_500_after rate_limit_429 delay\n"
    "         duplicate_webhook reorder_webhook. One request: the header Sandbox-Fault: <fault>.\n"
    "Charges: curl http://127.0.0.1:12111/_sandbox/charges\n"
    "Later:   curl -X POST http://127.0.0.1:12111/_sandbox/advance\n"
    "         What banks do days later happens now: refunds change, disputes are decided.\n";

// "127.0.0.1:12111" or "[::1]:0".
http::ServerOptions server_options(const std::string& listen) {
    http::ServerOptions options;
    const auto colon = listen.rfind(':');
    const auto port = whole_number(colon == std::string::npos ? "" : listen.substr(colon + 1));
    if (!port || *port < 0 || *port > 65535)
        throw std::runtime_error("--listen wants ADDRESS:PORT, such as 127.0.0.1:12111, not '" +
                                 listen + "'");
    options.address = listen.substr(0, colon);
    if (options.address.starts_with('[') && options.address.ends_with(']'))
        options.address = options.address.substr(1, options.address.size() - 2);
    options.port = static_cast<std::uint16_t>(*port);
    options.idle_time = std::chrono::seconds(300);
    options.body_bytes_max = kUploadBytesMax;  // The routes take so much at one address only.
    return options;
}

std::string url_of(const http::ServerOptions& options, std::uint16_t port) {
    const bool v6 = options.address.find(':') != std::string::npos;
    return fmt::format("http://{}{}{}:{}", v6 ? "[" : "", options.address, v6 ? "]" : "", port);
}

Task<> end_on_signal(http::Server& server, Webhooks& webhooks) {
    asio::signal_set signals(co_await asio::this_coro::executor, SIGTERM, SIGINT);
    boost::system::error_code ignored;
    co_await signals.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    co_await server.close(std::chrono::seconds(2));
    co_await webhooks.close();
}

void run(const Options& options) {
    asio::io_context io(1);
    const auto seed = options.seed.value_or(random_u64());
    Sandbox sandbox(options.data, options.seed.value_or(random_u64()));
    Faults faults(seed, options.delay_ms);
    Webhooks webhooks(io, options.webhook_url, options.webhook_secret, faults);
    Routes routes(sandbox, faults, webhooks);
    const auto listen = server_options(options.listen);
    const auto handle = [&routes](http::Request request) {
        return routes.handle(std::move(request));
    };
    http::Server server(io, listen, handle);
    const auto url = url_of(listen, server.port());
    sandbox.provider().set_base_url(url);
    sandbox.provider().set_authorization_seconds(options.authorization_seconds);
    const auto commands = sandbox.restore();
    log::info("sandbox.ready",
              {{"restored_commands", std::to_string(commands)}, {"seed", std::to_string(seed)}});
    // Only now: what the journal repeats was announced before.
    sandbox.provider().on_event = [&webhooks](const Event& event) { webhooks.send(event); };
    TaskScope scope(io);
    scope.start("signals", end_on_signal(server, webhooks));
    fmt::print("florin-sandbox listens on {}\n", url);
    std::fflush(stdout);
    io.run();
}

}  // namespace
}  // namespace florin::sandbox

int main(int argc, char** argv) {
    florin::sandbox::Options options;
    CLI::App app(florin::sandbox::kAbout, "florin-sandbox");
    app.footer(florin::sandbox::kMore);
    app.add_option("--listen", options.listen, "ADDRESS:PORT; port 0 takes any free one")
        ->capture_default_str();
    app.add_option("--data", options.data,
                   "Folder that keeps everything across restarts; without it, memory only");
    auto* url = app.add_option("--webhook-url", options.webhook_url, "Where signed events go");
    auto* secret =
        app.add_option("--webhook-secret", options.webhook_secret, "whsec_...; signs the events");
    url->needs(secret);
    secret->needs(url);
    app.add_option("--delay-ms", options.delay_ms, "Delay of every API request")
        ->check(CLI::Range(0, 600000));
    app.add_option("--authorization-seconds", options.authorization_seconds,
                   "How long an authorization may be captured")
        ->check(CLI::Range(1, 2'592'000))
        ->capture_default_str();
    app.add_option("--seed", options.seed, "Of the fault draws and the ids; logged at the start");
    CLI11_PARSE(app, argc, argv);
    try {
        florin::sandbox::run(options);
    } catch (const std::exception& e) {
        fmt::print(stderr, "florin-sandbox: {}\n", e.what());
        return 1;
    }
    return 0;
}
