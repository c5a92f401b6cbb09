#pragma once

// The one door of the HTTP interface: it finds the route, knows the caller, checks the scope, the
// idempotency key and the media type, and turns every failure into a problem. Handlers behind it
// read, call a service, and show.

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "accounts/keys.h"
#include "api/limits.h"
#include "base/form.h"
#include "base/result.h"
#include "events/store.h"
#include "fx/desk.h"
#include "journal/service.h"
#include "ledger/store.h"
#include "payments/dead_letters.h"
#include "payments/service.h"
#include "payments/store.h"
#include "payments/watcher.h"
#include "payouts/service.h"
#include "platform/http/server.h"
#include "platform/metrics/metrics.h"
#include "sellers/store.h"
#include "wallets/engine.h"

namespace florin::api {

// The streams of events that are open now, and their limits.
struct EventStreams {
    std::size_t at_once_max = 1000;
    std::chrono::milliseconds heartbeat{15'000};
    std::chrono::milliseconds time{600'000};  // Then the client connects again.
    std::size_t open = 0;
};

// What handlers work with. Made in app/, outlives every request.
struct Services {
    accounts::Keys& keys;
    payments::Service& payments;
    payments::Store& payment_store;
    payments::Watcher& watcher;
    events::Store& feed;
    EventStreams& streams;
    payments::DeadLetters& dead_letters;
    ledger::Store& ledger_store;
    sellers::Store& sellers;
    payouts::Service& payouts;
    wallets::Engine& wallets;
    std::optional<wallets::Terms> points;  // Nothing = there are none here.
    journal::Service& journal;
    fx::Desk& fx;
    metrics::Registry& metrics;
    Limits& limits;
    std::function<Task<bool>()> is_ready;
};

struct Call {
    http::Request request;
    http::Target target;
    std::string id;    // What stands for {id} in the route.
    std::string part;  // The same of {refund} or {dispute}, which is a part of it.
    accounts::Caller caller;
    std::string client_key;  // The Idempotency-Key, where the route wants one.
    Deadline deadline;
};

// What makes a repeated request harmless: nothing (it changes nothing), the client's key, the
// provider's id of the event, or that doing it twice is the same as doing it once.
enum class Replay { none, by_key, by_event, by_effect };

struct Route {
    std::string_view method, path;
    std::string_view scope;  // Empty = open to everybody.
    Replay replay;
    Task<Result<http::Response>> (*handler)(Services&, Call);
    std::size_t body_bytes_max = kBodySizeMax;
};

// How large a body the target takes, in bytes.
std::size_t body_bytes_max(std::string_view target);

// The whole interface, as a table (routes.cpp).
std::span<const Route> routes();

inline constexpr std::chrono::seconds kRequestTime{60};

// The caller's key does not have it.
std::unexpected<Error> scope_missing(std::string_view scope);

class Gate {
public:
    explicit Gate(Services services);
    Task<http::Response> handle(http::Request request);

private:
    Task<Result<http::Response>> pass(Route route, Call call, Ticket& ticket);
    http::Response finish(http::Response response, std::string_view route, Deadline began);

    Services services_;
};

// RFC 8941 string ("..."), or the bare text that older clients send. 1 to 255 visible characters.
Result<std::string> read_idempotency_key(const http::Headers& headers);

}  // namespace florin::api
