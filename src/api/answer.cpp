#include "api/answer.h"

#include "api/handlers.h"
#include "api/problem.h"

namespace florin::api {

http::Response show_answer(const payments::Answer& answer, int success, std::string_view instance) {
    const auto& type = answer.event_type;
    http::Response response;
    if (type.ends_with(".failed") || type.ends_with("_failed") || type.ends_with(".rejected")) {
        response = declined(answer.data, instance);
    } else {
        response = json_response(type.empty() ? 202 : success, answer.data);
        // Not ended: the caller follows Location.
        if (type.empty() && !answer.is_held) response.headers.add("Retry-After", "1");
    }
    response.headers.add("Location", "/v1/payments/" + answer.payment.text());
    if (answer.replayed) response.headers.add("Idempotent-Replayed", "true");
    return response;
}

std::optional<Wait> wait_of(const Services& services, const Call& call) {
    return services.payments.may_leave() ? read_wait(call.request.headers) : std::nullopt;
}

payments::Patience patience(const std::optional<Wait>& wait) {
    return wait ? payments::Patience(monotonic_now() + wait->time) : std::nullopt;
}

}  // namespace florin::api
