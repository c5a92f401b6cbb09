#include "sandbox/routes.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/random.h"
#include "platform/async/scope.h"
#include "platform/crypto/hash.h"
#include "sandbox/files.h"
#include "sandbox/render.h"

namespace florin::sandbox {
namespace {

constexpr std::string_view kChallenges = "/_sandbox/3ds/";
constexpr std::string_view kAdvance = "/_sandbox/advance";
constexpr std::size_t kFormBytesMax = 256 * 1024;

std::int64_t now_us() {
    return now().time_since_epoch().count();
}

http::Response respond(int status, std::string_view type, std::string body) {
    http::Response response;
    response.status = status;
    response.headers.add("Content-Type", std::string(type));
    response.body = std::move(body);
    return response;
}

http::Response own_problem(int status, std::string_view detail) {
    json::Writer out;
    out.begin_object().field("status", status).field("detail", detail).end_object();
    return respond(status, "application/problem+json", std::move(out).text() + "\n");
}

Problem problem_of(int status, std::string_view type, std::string_view code,
                   std::string_view message) {
    Problem problem;
    problem.status = status;
    problem.type = type;
    problem.code = code;
    problem.message = message;
    return problem;
}

}  // namespace

std::string key_from(std::string_view authorization) {
    const auto space = authorization.find(' ');
    if (space == std::string_view::npos) return {};
    const auto scheme = authorization.substr(0, space);
    const auto rest = authorization.substr(space + 1);
    if (http::same_name(scheme, "Bearer")) return std::string(rest);
    std::string pair;
    if (!http::same_name(scheme, "Basic") || !crypto::base64_decode(rest, pair)) return {};
    return pair.substr(0, pair.find(':'));
}

std::optional<Reply> Routes::refuse_caller(const http::Request& request,
                                           std::string_view path) const {
    const auto key = key_from(request.headers.get("Authorization"));
    const auto& store = sandbox_.provider().store();
    if (key.empty())
        return reply_with(store, problem_of(401, "invalid_request_error", "",
                                            "You did not provide an API key. You need to provide "
                                            "your API key in the Authorization header, using "
                                            "Bearer auth (e.g. 'Authorization: Bearer "
                                            "YOUR_SECRET_KEY')."));
    if (!key.starts_with("sk_test_"))
        return reply_with(store, problem_of(401, "invalid_request_error", "",
                                            "Invalid API Key provided: this sandbox takes keys "
                                            "that begin with sk_test_ only."));
    if (request.method != "POST") return {};
    const auto type = request.headers.get("Content-Type");
    constexpr std::string_view kForm = "application/x-www-form-urlencoded";
    // What an upload has to be, upload_form() says.
    if (!request.body.empty() && path != kFilesPath && !type.starts_with(kForm))
        return reply_with(store, problem_of(400, "invalid_request_error", "",
                                            fmt::format("Send the parameters as {}.", kForm)));
    if (request.headers.get("Idempotency-Key").size() > IdempotencyKeys::kKeyBytesMax)
        return reply_with(store, problem_of(400, "idempotency_error", "",
                                            "Idempotency keys have at most 255 characters."));
    return {};
}

Task<http::Response> Routes::handle(http::Request request) {
    auto target = http::split_target(request.target);
    if (target.path != kFilesPath && request.body.size() > kFormBytesMax)
        co_return own_problem(413, "Send at most 256 KiB; only files may have more.");
    if (target.path.starts_with("/_sandbox/")) co_return own_page(request, target);

    const auto request_id = fmt::format("req_{:016x}", random_u64());
    const auto version = std::string(request.headers.get("Stripe-Version"));
    const auto key = std::string(request.headers.get("Idempotency-Key"));
    auto response = co_await call(std::move(request), std::move(target), request_id);
    response.headers.add("Content-Type", "application/json");
    response.headers.add("Request-Id", request_id);
    response.headers.add("Stripe-Version", version.empty() ? std::string(kApiVersion) : version);
    if (!key.empty()) response.headers.add("Idempotency-Key", key);
    co_return response;
}

// The order matters: who may not call sees no faults, and a fault "before" leaves no trace.
Task<http::Response> Routes::call(http::Request request, http::Target target,
                                  std::string request_id) {
    http::Response response;
    const auto& store = sandbox_.provider().store();
    const auto answer = [&response](const Reply& reply) {
        response.status = reply.status;
        response.body = *reply.body;
        if (reply.status == 401) response.headers.add("WWW-Authenticate", "Basic realm=\"Stripe\"");
        return response;
    };
    if (const auto refused = refuse_caller(request, target.path)) co_return answer(*refused);
    const auto fate =
        faults_.decide(request.method, target.path, request.headers.get("Sandbox-Fault"));
    if (fate.has(Fault::drop_request)) {
        response.hang_up = true;
        co_return response;
    }
    if (fate.has(Fault::rate_limit_429)) {
        response.headers.add("Stripe-Rate-Limited-Reason", "global-rate");
        co_return answer(reply_with(
            store, problem_of(429, "invalid_request_error", "rate_limit",
                              "Request rate limit exceeded. Try again with the same key.")));
    }
    if (fate.has(Fault::error_500))
        co_return answer(
            reply_with(store, problem_of(500, "api_error", "", "An unknown error occurred.")));
    if (request.method == "POST") {
        const auto done =
            co_await post(std::move(request), target.path, std::move(request_id), fate);
        if (done.replayed) response.headers.add("Idempotent-Replayed", "true");
        answer(done.reply);
    } else {
        if (fate.delay_ms > 0) co_await sleep_for(std::chrono::milliseconds(fate.delay_ms));
        answer(request.method == "GET"
                   ? get(target, std::string(request.headers.get("Stripe-Account")))
                   : reply_with(store, unknown_address(request.method, target.path)));
    }
    response.hang_up = fate.has(Fault::drop_reply);
    co_return response;
}

Task<Sandbox::Early> Routes::post(http::Request request, std::string path, std::string request_id,
                                  Fate fate) {
    Sandbox::Early done;
    Command command;
    command.at_us = now_us();
    command.request_id = std::move(request_id);
    command.path = std::move(path);
    command.form = std::move(request.body);
    command.key = request.headers.get("Idempotency-Key");
    command.account = request.headers.get("Stripe-Account");
    command.answer_500 = fate.has(Fault::error_500_after);
    if (command.path == kFilesPath && !command.form.empty()) {
        auto form = upload_form(request.headers.get("Content-Type"), command.form);
        if (!form) {
            done.reply = reply_with(sandbox_.provider().store(), form.error());
            co_return done;
        }
        command.form = *std::move(form);
    }
    const auto params = Params::parse(command.form);
    if (!params || command.path.find_first_of(std::string_view("\0\r\n", 3)) != std::string::npos) {
        done.reply = reply_with(sandbox_.provider().store(),
                                problem_of(400, "invalid_request_error", "",
                                           "The request cannot be read: send percent-encoded "
                                           "UTF-8 parameters."));
        co_return done;
    }
    if (auto early = sandbox_.begin(command, *params)) co_return *std::move(early);
    if (fate.delay_ms > 0) {
        co_await sleep_for(std::chrono::milliseconds(fate.delay_ms));
        command.at_us = now_us();
    }
    done.reply = sandbox_.execute(command, *params);
    co_return done;
}

Reply Routes::get(const http::Target& target, const std::string& account) const {
    const auto newest_us = now_us() - faults_.search_lag_ms() * 1000;
    const auto& provider = sandbox_.provider();
    if (!target.readable)
        return reply_with(provider.store(), problem_of(400, "invalid_request_error", "",
                                                       "The address cannot be read."));
    return provider.get(target.path, Params(target.query), newest_us, account);
}

http::Response Routes::own_page(const http::Request& request, const http::Target& target) {
    const auto& path = target.path;
    const bool get = request.method == "GET";
    if (path == "/_sandbox/health" && get) return health();
    if (path == "/_sandbox/charges" && get) return respond(200, "application/x-ndjson", charges());
    if (path == "/_sandbox/files" && get) return respond(200, "application/x-ndjson", files());
    if (path == "/_sandbox/faults" && get)
        return respond(200, "application/json", faults_.show() + "\n");
    if (path == "/_sandbox/faults" && request.method == "POST") {
        if (const auto set = faults_.configure(request.body); !set)
            return own_problem(400, set.error());
        return respond(200, "application/json", faults_.show() + "\n");
    }
    if (path == kAdvance && request.method == "POST") {
        const auto reply = execute(request, path);
        return respond(reply.status, "application/json", *reply.body + "\n");
    }
    if (path.starts_with(kChallenges)) return challenge_page(request, path);
    return own_problem(404,
                       "The sandbox has GET /_sandbox/health, /_sandbox/charges, /_sandbox/files "
                       "and /_sandbox/3ds/{payment intent}, GET and POST /_sandbox/faults, POST "
                       "/_sandbox/advance.");
}

// What a bank would show to the buyer: two buttons. Their POST is a command like any other.
http::Response Routes::challenge_page(const http::Request& request, const std::string& path) {
    const auto& store = sandbox_.provider().store();
    const auto place = store.find("pi_", path.substr(kChallenges.size()));
    if (place == kNone) return own_problem(404, "There is no such payment intent.");
    const auto& intent = store.intents[place];
    if (request.method == "GET")
        return respond(
            200, "text/html; charset=utf-8",
            fmt::format("<!doctype html><title>3-D Secure test page</title>"
                        "<h1>Is it you who pays {} {} (smallest unit)?</h1><p>{}: {}</p>"
                        "<form method=post><button name=outcome value=approve>Yes, approve"
                        "</button></form><form method=post><button name=outcome value=fail>"
                        "No, fail</button></form>\n",
                        intent.amount, intent.currency, intent.id, name_of(intent.status)));
    if (request.method != "POST") return own_problem(400, "POST outcome=approve or fail.");
    const auto reply = execute(request, path);
    if (reply.status != 200 || intent.return_url.empty())
        return respond(reply.status, "application/json", *reply.body);
    const bool paid =
        intent.status == Status::succeeded || intent.status == Status::requires_capture;
    auto response = respond(303, "text/plain", "");
    const char joint = intent.return_url.find('?') == std::string::npos ? '?' : '&';
    response.headers.add(
        "Location", fmt::format("{}{}payment_intent={}&payment_intent_client_secret={}"
                                "&redirect_status={}",
                                intent.return_url, joint, intent.id, store.client_secret(intent),
                                paid ? "succeeded" : "failed"));
    return response;
}

// A POST to a page of the sandbox's own, without a key and without faults.
Reply Routes::execute(const http::Request& request, const std::string& path) {
    const auto params = Params::parse(request.body);
    if (!params)
        return reply_with(
            sandbox_.provider().store(),
            problem_of(400, "invalid_request_error", "", "Send percent-encoded UTF-8 parameters."));
    Command command;
    command.at_us = now_us();
    command.request_id = fmt::format("req_{:016x}", random_u64());
    command.path = path;
    command.form = request.body;
    return sandbox_.execute(command, *params);
}

http::Response Routes::health() const {
    const auto& store = sandbox_.provider().store();
    const auto& counts = webhooks_.counts();
    json::Writer out;
    out.begin_object().field("status", "ok").field("payment_intents", store.intents.size());
    out.field("charges", store.charges.size()).field("refunds", store.refunds.size());
    out.field("disputes", store.disputes.size()).field("files", store.files.size());
    out.key("webhooks").begin_object().field("waiting", webhooks_.waiting());
    out.field("delivered", counts.delivered).field("retried", counts.retried);
    out.field("given_up", counts.given_up).field("overflowed", counts.overflowed);
    out.end_object().end_object();
    return respond(200, "application/json", std::move(out).text() + "\n");
}

std::string Routes::charges() const {
    const auto& store = sandbox_.provider().store();
    std::string lines;
    for (const auto& charge : store.charges) {
        if (charge.failure != nullptr) continue;
        lines += render_truth(store, charge);
        lines += '\n';
    }
    return lines;
}

std::string Routes::files() const {
    std::string lines;
    for (const auto& file : sandbox_.provider().store().files) {
        lines += render_truth(file);
        lines += '\n';
    }
    return lines;
}

}  // namespace florin::sandbox
