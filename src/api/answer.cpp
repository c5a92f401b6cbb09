#include "api/answer.h"

#include <fmt/format.h>

#include "api/handlers.h"
#include "api/problem.h"

namespace florin::api {

std::string etag(std::int32_t version) {
    return fmt::format("\"{}\"", version);
}

http::Response show_answer(const payments::Answer& answer, int success, std::string_view instance) {
    const auto& type = answer.event_type;
    http::Response response;
    if (type == "payment.failed" || type == "payment.capture_failed" ||
        type == "payment.cancel_failed" || type == "refund.failed") {
        response = declined(answer.data, instance);
    } else {
        // Not ended: nobody knows yet. The caller follows Location.
        response = json_response(type.empty() ? 202 : success, answer.data);
    }
    response.headers.add("Location", "/v1/payments/" + answer.payment.text());
    if (answer.replayed) response.headers.add("Idempotent-Replayed", "true");
    return response;
}

}  // namespace florin::api
