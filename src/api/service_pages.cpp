// What machines ask: is it alive, is it ready, how is it doing, what can it do.

#include "api/handlers.h"
#include "api/openapi.h"

namespace florin::api {

http::Response json_response(int status, std::string body) {
    http::Response response;
    response.status = status;
    response.headers.add("Content-Type", "application/json");
    response.body = std::move(body);
    return response;
}

// Alive: the process answers. Asks nobody else, so that a lost database does not restart us.
Handled get_health(Services&, Call) {
    co_return json_response(200, R"({"status":"ok"})");
}

Handled get_ready(Services& services, Call) {
    bool ready = false;
    try {
        ready = co_await services.is_ready();
    } catch (const pg::Lost&) {
        ready = false;
    }
    if (ready) co_return json_response(200, R"({"status":"ready"})");
    Error error{Fault::unavailable, "not_ready", "the database is not reachable: see the log"};
    error.retry_after_s = 1;
    co_return std::unexpected(std::move(error));
}

Handled get_metrics(Services& services, Call) {
    http::Response response;
    response.headers.add("Content-Type", "text/plain; version=0.0.4");
    response.body = services.metrics.render();
    co_return response;
}

Handled get_openapi(Services&, Call) {
    co_return json_response(200, std::string(files::openapi));
}

}  // namespace florin::api
