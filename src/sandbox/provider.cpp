#include "sandbox/provider.h"

#include <fmt/format.h>

#include "base/json.h"
#include "base/result.h"
#include "sandbox/disputes.h"
#include "sandbox/files.h"
#include "sandbox/render.h"

namespace florin::sandbox {
namespace {

constexpr std::string_view kIntents = "/v1/payment_intents";
constexpr std::string_view kRefund = "/v1/refunds/";
constexpr std::string_view kDispute = "/v1/disputes/";
constexpr std::string_view kAdvanceParams[] = {"id", kDueBy};
constexpr std::string_view kChallenges = "/_sandbox/3ds/";
constexpr std::string_view kAdvance = "/_sandbox/advance";

}  // namespace

Problem missing_object(int status, std::string_view kind, const std::string& id,
                       std::string_view param) {
    Problem problem;
    problem.status = status;
    problem.code = "resource_missing";
    problem.message = fmt::format("No such {}: '{}'", kind, id.substr(0, 100));
    problem.param = param;
    return problem;
}

Problem unknown_address(std::string_view method, const std::string& path) {
    Problem problem;
    problem.status = 404;
    problem.message =
        fmt::format("Unrecognized request URL ({}: {}). Please see https://stripe.com/docs.",
                    method, path.substr(0, 200));
    return problem;
}

Reply Provider::reply_of(Json result) const {
    Reply reply;
    if (result) {
        reply.body = *std::move(result);
    } else {
        reply.status = result.error().status;
        reply.executed = result.error().executed;
        reply.body = std::make_shared<const std::string>(render(store_, result.error()));
    }
    return reply;
}

Reply Provider::post(const Command& command, const Params& params) {
    auto reply = reply_of(route_post(command, params));
    if (!reply.executed || !command.answer_500) return reply;
    Problem problem;
    problem.status = 500;
    problem.type = "api_error";
    problem.message = "An unknown error occurred.";
    problem.executed = true;
    return reply_of(std::unexpected(std::move(problem)));
}

Provider::Json Provider::route_post(const Command& command, const Params& params) {
    const std::string& path = command.path;
    if (Connected::is_path(path)) return post_connected(command, params);
    if (!command.account.empty())
        return refuse("", "", "This sandbox takes Stripe-Account for payouts only.");
    if (path == kIntents) return create_intent(command, params);
    if (path == "/v1/payment_methods") return create_method(command, params);
    if (path == "/v1/refunds") return create_refund(command, params);
    if (path == kFilesPath) return create_file(command, params);
    if (path == kAdvance) return advance(command, params);
    if (path.starts_with(kRefund))
        return update_refund(command, params, path.substr(kRefund.size()));

    if (path.starts_with(kDispute)) return route_dispute(command, params);
    return route_intent(command, params);
}

Provider::Json Provider::post_connected(const Command& command, const Params& params) {
    const auto tell = [&](std::string_view type, const std::string& object) {
        emit(command, type, share(object), command.account);
    };
    TRY(auto object, connected_.post(command, params, tell));
    return share(std::move(object));
}

Provider::Json Provider::route_dispute(const Command& command, const Params& params) {
    const auto rest = std::string_view(command.path).substr(kDispute.size());
    const auto slash = rest.find('/');
    const std::string id(rest.substr(0, slash));
    const auto action = slash == std::string_view::npos ? "" : rest.substr(slash + 1);
    if (!action.empty() && action != "close")
        return std::unexpected(unknown_address("POST", command.path));
    const auto place = store_.find("dp_", id);
    if (place == kNone) return std::unexpected(missing_object(404, "dispute", id, "dispute"));
    auto& dispute = store_.disputes[place];
    return action.empty() ? update_dispute(command, params, dispute)
                          : close_dispute(command, params, dispute);
}

Provider::Json Provider::route_intent(const Command& command, const Params& params) {
    const std::string& path = command.path;
    const bool challenged = path.starts_with(kChallenges);
    std::string_view rest = path;
    if (challenged) {
        rest.remove_prefix(kChallenges.size());
    } else if (path.starts_with(kIntents) && path.size() > kIntents.size() &&
               path[kIntents.size()] == '/') {
        rest.remove_prefix(kIntents.size() + 1);
    } else {
        return std::unexpected(unknown_address("POST", path));
    }
    const auto slash = rest.find('/');
    const std::string id(rest.substr(0, slash));
    const auto action = slash == std::string_view::npos ? "" : rest.substr(slash + 1);
    decltype(&Provider::confirm_intent) step = nullptr;
    if (challenged && action.empty()) step = &Provider::finish_challenge;
    if (!challenged && action == "confirm") step = &Provider::confirm_intent;
    if (!challenged && action == "capture") step = &Provider::capture_intent;
    if (!challenged && action == "increment_authorization") step = &Provider::increment_intent;
    if (!challenged && action == "cancel") step = &Provider::cancel_intent;
    if (step == nullptr) return std::unexpected(unknown_address("POST", path));
    const auto place = store_.find("pi_", id);
    if (place == kNone) return std::unexpected(missing_object(404, "payment_intent", id, "intent"));
    return (this->*step)(command, params, store_.intents[place]);
}

// Nothing here has a clock: what a bank does days later happens when a test says so, all of it or
// what is about one object. With a time for evidence, only that is changed.
Provider::Json Provider::advance(const Command& command, const Params& params) {
    TRY_OK(check_known(params, kAdvanceParams));
    if (params.get(kDueBy) != nullptr) return set_due_by(command, params);
    const auto* only = params.get("id");
    const auto meant = [&](const std::string& id) { return only == nullptr || *only == id; };
    json::Writer out;
    out.begin_object().key("changed").begin_array();
    std::erase_if(store_.unsettled, [&](std::uint32_t place) {
        auto& refund = store_.refunds[place];
        if (!meant(refund.id)) return false;
        settle_refund(command, refund);
        out.value(refund.id);
        return true;
    });
    std::erase_if(store_.reviewed, [&](std::uint32_t place) {
        auto& dispute = store_.disputes[place];
        if (!meant(dispute.id) || !decide_dispute(command, dispute)) return false;
        out.value(dispute.id);
        return true;
    });
    const auto paid = connected_.advance(
        meant, [&](const std::string& account, std::string_view type, const std::string& object) {
            emit(command, type, share(object), account);
        });
    for (const auto& id : paid) out.value(id);
    out.end_array().end_object();
    return share(std::move(out).text());
}

void Provider::emit(const Command& command, std::string_view type, Body object,
                    std::string_view account) {
    auto& event = events_.emplace_back();
    event.facts.id = store_.next_id("evt_");
    event.facts.type = type;
    event.facts.account = account;
    event.facts.created = command.at_us / 1'000'000;
    event.facts.request_id = command.request_id;
    event.facts.idempotency_key = command.key;
    event.object = std::move(object);
    if (events_.size() > kEventsMax) events_.pop_front();
    if (on_event) on_event(events_.back());
}

}  // namespace florin::sandbox
