// What only a person can bring further, for the operators of a merchant.

#include "payments/dead_letters.h"

#include "api/handlers.h"
#include "api/query.h"
#include "base/form.h"

namespace florin::api {

Handled list_dead_letters(Services& services, Call call) {
    Query query(call.target);
    const auto limit = query.limit();
    CO_TRY_OK(query.finish());
    auto found = co_await services.dead_letters.list(call.caller.merchant, limit + 1);
    const bool more = found.size() > static_cast<std::size_t>(limit);
    if (more) found.pop_back();
    co_return list_response(call.target.path, found, payments::show_dead_letter, more,
                            std::nullopt);
}

Handled get_dead_letter(Services& services, Call call) {
    CO_TRY(auto letter, co_await services.dead_letters.find(call.caller.merchant, call.id));
    auto text = co_await services.dead_letters.show(std::move(letter));
    co_return json_response(200, std::move(text));
}

Handled retry_dead_letter(Services& services, Call call) {
    CO_TRY(auto letter, co_await services.dead_letters.find(call.caller.merchant, call.id));
    CO_TRY_OK(co_await services.dead_letters.retry(letter));
    auto text = co_await services.dead_letters.show(std::move(letter));
    co_return json_response(202, std::move(text));
}

Handled discard_dead_letter(Services& services, Call call) {
    CO_TRY(auto letter, co_await services.dead_letters.find(call.caller.merchant, call.id));
    Form form(call.request.body.empty() ? "{}" : call.request.body);
    auto root = form.root();
    auto reason = root.text("reason", {.length_max = 500});
    CO_TRY_OK(form.finish());
    CO_TRY_OK(co_await services.dead_letters.discard(letter, std::move(reason), call.deadline));
    http::Response response;
    response.status = 204;
    co_return response;
}

}  // namespace florin::api
