// The events of a payment: as a list, and as a stream that goes on as they happen (WHATWG
// server-sent events).

#include <limits>

#include "api/event_stream.h"
#include "api/handlers.h"
#include "api/query.h"
#include "base/json.h"

namespace florin::api {
namespace {

constexpr std::int32_t kVersionMax = std::numeric_limits<std::int32_t>::max();

void show(json::Writer& out, const payments::Event& event) {
    out.begin_object().field("id", event.id.text()).field("object", "event");
    out.field("type", event.type).field("version", event.version);
    out.field("operation", event.operation.text()).field("created_at", to_text(event.at));
    out.key("data").begin_object().key("object").raw(event.data).end_object().end_object();
}

// A client that connects again tells what it saw last; its address still says where it began.
Result<std::int32_t> read_last_seen(const Call& call) {
    auto target = call.target;
    const auto last = call.request.headers.get("Last-Event-ID");
    if (!last.empty()) {
        std::erase_if(target.query,
                      [](const auto& pair) { return pair.first == "starting_after"; });
        target.query.emplace_back("starting_after", last);
    }
    Query query(target);
    const auto seen = query.whole("starting_after", 0, kVersionMax);
    TRY_OK(query.finish());
    return static_cast<std::int32_t>(seen);
}

Handled stream_events(Services& services, Call call) {
    CO_TRY(const auto last_seen, read_last_seen(call));
    CO_TRY(auto payment, co_await find_payment(services, call.caller.merchant, call.id));
    if (services.streams.open >= services.streams.at_once_max) {
        auto refusal = fail(Fault::unavailable, "too_many_streams",
                            "this server streams to as many clients as it may: try again, or read "
                            "the events as a list");
        refusal.error().retry_after_s = 5;
        co_return refusal;
    }
    http::Response response;
    response.headers.add("Content-Type", "text/event-stream");
    response.headers.add("X-Accel-Buffering", "no");  // nginx would keep events for itself.
    response.source = std::make_shared<EventStream>(services, std::move(payment), last_seen);
    co_return response;
}

}  // namespace

std::string show_event(const payments::Event& event) {
    json::Writer out;
    show(out, event);
    return std::move(out).text();
}

Handled list_payment_events(Services& services, Call call) {
    if (call.request.headers.list("Accept").find("text/event-stream") != std::string::npos)
        co_return co_await stream_events(services, std::move(call));
    Query query(call.target);
    const auto limit = query.limit();
    const auto after = query.whole("starting_after", 0, kVersionMax);
    CO_TRY_OK(query.finish());
    // The events belong to who may see the payment.
    CO_TRY(const auto payment, co_await find_payment(services, call.caller.merchant, call.id));
    auto events = co_await services.payment_store.events(payment, static_cast<std::int32_t>(after),
                                                         limit + 1);
    const bool more = events.size() > static_cast<std::size_t>(limit);
    if (more) events.pop_back();
    std::optional<std::string> next;
    if (more) next = std::to_string(events.back().version);
    co_return list_response(call.target.path, events, show, more, next);
}

}  // namespace florin::api
