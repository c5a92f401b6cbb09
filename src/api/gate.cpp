#include "api/gate.h"

#include <simdjson.h>

#include <algorithm>

#include "api/conditional.h"
#include "api/problem.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "platform/crypto/hash.h"

namespace florin::api {
namespace {

// "/v1/payments/{id}/capture" against "/v1/payments/pay_x/capture": true, and the call's id is
// "pay_x". A route may have a second name, {refund} or {dispute}, after the first.
bool matches(std::string_view pattern, std::string_view path, Call& call) {
    while (true) {
        const auto want = pattern.substr(0, pattern.find('/'));
        const auto have = path.substr(0, path.find('/'));
        if (want == "{id}" && !have.empty()) {
            call.id = have;
        } else if (want.starts_with('{') && !have.empty()) {
            call.part = have;
        } else if (want != have) {
            return false;
        }
        const bool wants_more = want.size() < pattern.size(), has_more = have.size() < path.size();
        if (!wants_more || !has_more) return wants_more == has_more;
        pattern.remove_prefix(want.size() + 1);
        path.remove_prefix(have.size() + 1);
    }
}

// "Bearer KEY", or Basic with the key as the user, as curl -u sends it.
std::string key_of(const http::Headers& headers) {
    const auto value = headers.get("Authorization");
    if (value.starts_with("Bearer ")) return std::string(value.substr(7));
    std::string decoded;
    if (value.starts_with("Basic ") && crypto::base64_decode(value.substr(6), decoded))
        return decoded.substr(0, decoded.find(':'));
    return std::string(value);
}

bool is_json(std::string_view media_type) {
    return media_type == "application/json" || media_type.starts_with("application/json;") ||
           media_type.starts_with("application/json ");
}

// Text, and nothing that is none: it goes into answers and queries.
bool is_readable(const http::Target& target) {
    const auto is_text = [](std::string_view text) {
        return simdjson::validate_utf8(text.data(), text.size()) && !has_control_characters(text);
    };
    return target.readable && is_text(target.path) &&
           std::ranges::all_of(target.query, [&](const auto& pair) {
               return is_text(pair.first) && is_text(pair.second);
           });
}

Error not_found(std::string_view path) {
    return {Fault::not_found, "route_not_found",
            "there is nothing at " + std::string(shorten(path, 200)) + ": see /openapi.json"};
}

Error wrong_method(std::string_view method) {
    return {
        Fault::unsupported, "method_not_allowed",
        "this address does not take " + std::string(shorten(method, 20)) + ": see /openapi.json"};
}

limits::Room room_of(const Route& route) {
    if (!route.path.starts_with("/v1/")) return limits::Room::open;
    if (route.replay == Replay::by_event) return limits::Room::webhooks;
    return route.method == "GET" ? limits::Room::reads : limits::Room::writes;
}

}  // namespace

std::size_t body_bytes_max(std::string_view target) {
    const auto path = target.substr(0, target.find('?'));
    Call call;
    std::size_t most = kBodySizeMax;
    for (const auto& route : routes())
        if (matches(route.path, path, call)) most = std::max(most, route.body_bytes_max);
    return most;
}

Result<std::string> read_idempotency_key(const http::Headers& headers) {
    const auto count = headers.count("Idempotency-Key");
    if (count == 0)
        return fail(Fault::malformed, "idempotency_key_missing",
                    "send an Idempotency-Key header with a fresh unique value, and the same value "
                    "when you repeat the request");
    auto text = headers.get("Idempotency-Key");
    const auto malformed =
        fail(Fault::malformed, "idempotency_key_malformed",
             "the Idempotency-Key must be one header with 1 to 255 visible ASCII characters, like "
             "\"8e03978e-40d5-43e8-bc93-6894a57f9324\"");
    if (count > 1) return malformed;
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
        text = text.substr(1, text.size() - 2);
    const auto visible = [](char c) { return c > ' ' && c < '\x7f' && c != '"' && c != '\\'; };
    if (text.empty() || text.size() > 255 || !std::ranges::all_of(text, visible)) return malformed;
    return std::string(text);
}

std::unexpected<Error> scope_missing(std::string_view scope) {
    return fail(Fault::forbidden, "scope_missing",
                "this key lacks the scope " + std::string(scope) +
                    ": make one that has it with `florin keys create --scope`");
}

Gate::Gate(Services services) : services_(std::move(services)) {}

Task<Result<http::Response>> Gate::pass(Route route, Call call, Ticket& ticket) {
    CO_TRY_OK(services_.limits.give_room(room_of(route), ticket));
    if (!route.scope.empty()) {
        auto key = key_of(call.request.headers);
        auto address = services_.limits.address_of(call.request);
        CO_TRY(call.caller,
               co_await services_.limits.know(std::move(key), std::move(address), ticket));
        if (!call.caller.may(route.scope)) co_return scope_missing(route.scope);
    }
    if (route.replay == Replay::by_key) {
        CO_TRY(call.client_key, read_idempotency_key(call.request.headers));
        if (!call.request.body.empty() && !is_json(call.request.headers.get("Content-Type")))
            co_return fail(Fault::unsupported, "media_type_not_json",
                           "send the body as Content-Type: application/json");
    }
    const auto known = call.request.headers.list("If-None-Match");
    CO_TRY(auto response, co_await route.handler(services_, std::move(call)));
    if (route.method == "GET" && !route.scope.empty()) leave_out_what_is_known(response, known);
    co_return response;
}

Task<http::Response> Gate::handle(http::Request request) {
    const auto began = monotonic_now();
    Call call;
    call.target = http::split_target(request.target);
    call.deadline = began + kRequestTime;
    const std::string path = call.target.path;
    const auto refuse = [&](const Error& error, std::string_view route) {
        return finish(problem(error, path), route, began);
    };
    if (!is_readable(call.target))
        co_return finish(problem({Fault::malformed, "malformed_target",
                                  "the address must be UTF-8 text in percent-encoding"},
                                 "/"),
                         "", began);
    const Route* route = nullptr;
    std::string allowed;
    for (const auto& candidate : routes()) {
        if (!matches(candidate.path, path, call)) continue;
        allowed += (allowed.empty() ? "" : ", ") + std::string(candidate.method);
        if (candidate.method == "GET") allowed += ", HEAD";
        if (candidate.method == request.method ||
            (candidate.method == "GET" && request.method == "HEAD"))
            route = &candidate;
    }
    if (!route) {
        if (allowed.empty()) co_return refuse(not_found(path), "");
        auto response = refuse(wrong_method(request.method), "");
        response.headers.add("Allow", allowed);
        co_return response;
    }
    call.request = std::move(request);
    Ticket ticket;
    Error error;
    try {
        auto response = co_await pass(*route, std::move(call), ticket);
        if (response) {
            ticket.label(*response);
            co_return finish(std::move(*response), route->path, began);
        }
        error = std::move(response.error());
    } catch (const pg::Lost& e) {
        log::error("api.database_lost", {{"route", std::string(route->path)}, {"why", e.what()}});
        error = {
            Fault::unavailable, "database_unavailable",
            "the database did not answer, so the outcome is not known: repeat the request with "
            "the same Idempotency-Key"};
        error.retry_after_s = 1;
    }
    auto response = refuse(error, route->path);
    ticket.label(response);
    co_return response;
}

http::Response Gate::finish(http::Response response, std::string_view route, Deadline began) {
    const auto id = RequestId::make(now(), 0, random_u64()).text();
    response.headers.add("Request-Id", id);
    response.headers.add("Cache-Control", "no-store");
    response.headers.add("X-Content-Type-Options", "nosniff");
    const std::chrono::duration<double> took = monotonic_now() - began;
    const std::string where(route.empty() ? "none" : route);
    services_.metrics.counter("florin_http_requests_total", "Requests by route and status.",
                              fmt::format("route=\"{}\",status=\"{}\"", where, response.status)) +=
        1;
    services_.metrics
        .histogram("florin_http_request_seconds", "Time to answer by route.",
                   fmt::format("route=\"{}\"", where))
        .observe(took.count());
    log::debug("api.request", {{"request", id},
                               {"route", where},
                               {"status", std::to_string(response.status)},
                               {"ms", fmt::format("{:.1f}", took.count() * 1000)}});
    return response;
}

}  // namespace florin::api
