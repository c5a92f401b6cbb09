// POST /v1/providers/{id}/webhooks: what a provider tells by itself. Whoever signs right is heard.

#include "api/handlers.h"
#include "base/json.h"

namespace florin::api {

Handled receive_webhook(Services& services, Call call) {
    const auto count = [&](std::string_view result) {
        services.metrics.counter("florin_provider_events_total",
                                 "Webhooks of providers, by what became of them.",
                                 fmt::format("result=\"{}\"", result)) += 1;
    };
    auto received = co_await services.payments.receive(call.id, std::move(call.request.headers),
                                                       std::move(call.request.body));
    count(received ? *received : "refused");
    if (!received) co_return std::unexpected(std::move(received.error()));
    json::Writer out;
    out.begin_object().field("received", true).end_object();
    co_return json_response(200, std::move(out).text());
}

}  // namespace florin::api
