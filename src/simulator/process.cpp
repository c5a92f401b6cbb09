#include "simulator/process.h"

#include "simulator/world.h"

namespace florin::simulator {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kRequestTime{30'000};

payments::ServiceOptions options_of(const Profile& profile) {
    return {.provider_key_secret = "simulated",
            .answer_time = std::chrono::duration_cast<milliseconds>(profile.answer_time),
            .lease_extra = std::chrono::duration_cast<milliseconds>(profile.lease_extra),
            .refund_limits = {{*currency_from("EUR"), kRefundLimit}},
            .release = kReleasePolicy};
}

// To who wanted to be paid, a payment that was canceled before is a no.
Reply reply_of(const payments::Answer& answer, payments::Scope scope) {
    const auto& type = answer.event_type;
    Reply reply{.kind = Reply::Kind::open, .data = answer.data, .payment = answer.payment};
    if (answer.is_held) reply.held = answer.operation;
    const bool wants_money = scope == payments::Scope::create || scope == payments::Scope::attempt;
    const bool is_no = type.ends_with("failed") || type.ends_with("rejected") ||
                       (wants_money && (type == "payment.canceled" || type == "payment.expired"));
    if (!type.empty()) reply.kind = is_no ? Reply::Kind::no : Reply::Kind::yes;
    return reply;
}

Reply reply_of(const Error& error) {
    if (error.code == "request_in_progress") return {.kind = Reply::Kind::in_progress};
    if (error.code == "payment_is_busy") return {.kind = Reply::Kind::busy};
    return {.kind = Reply::Kind::refused, .data = error.code};
}

}  // namespace

Process::Process(World& world, asio::io_context& io)
    : world_(world),
      honest_connector_(world),
      planted_connector_(plant(world, honest_connector_)),
      connector_(planted_connector_ ? *planted_connector_ : honest_connector_),
      honest_records_(world),
      planted_records_(plant(world, honest_records_, connector_)),
      records_(planted_records_ ? *planted_records_ : honest_records_),
      service_(io, records_, {{{connector_, wire_, "", std::string(kHookSecret)}}, {}},
               options_of(world.profile)),
      resolver_(io, service_,
                {.period = std::chrono::duration_cast<milliseconds>(world.profile.poll)}) {}

void Process::start(Life life) {
    if (world_.planted != Planted::no_resolver) spawn(life, resolver_.run());
}

Task<Result<payments::Answer>> Process::carry_out(Order order) {
    const auto deadline = deadline_in(kRequestTime);
    if (order.payment)
        co_return co_await service_.create(std::move(*order.payment), std::nullopt, deadline);
    auto payment = co_await records_.load(world_.merchant, order.id, order.refund);
    if (!payment) co_return fail(Fault::not_found, "payment_not_found", "no such payment");
    payments::ClientKey key{order.request.key};
    key.request_hash = order.fingerprint;
    if (order.refund != OperationId())
        co_return co_await service_.decide(std::move(*payment), std::move(order.decision),
                                           std::move(key), std::nullopt, deadline);
    co_return co_await service_.act(std::move(*payment), std::move(order.wish), std::move(key),
                                    std::nullopt, deadline);
}

Task<Reply> Process::ship(Order order) {
    auto payment = co_await records_.load(world_.merchant, order.id, OperationId());
    if (!payment) co_return Reply{.kind = Reply::Kind::refused};
    payments::ClientKey key{order.request.key};
    key.request_hash = order.fingerprint;
    const auto id = payment->orders[order.order].id;
    const auto told = co_await service_.ship(std::move(*payment), id, std::move(*order.news),
                                             std::move(key), deadline_in(kRequestTime));
    Reply reply{.kind = Reply::Kind::yes};
    if (!told) reply = reply_of(told.error());
    co_return reply;
}

Task<Reply> Process::handle(Order order) {
    try {
        if (order.news) co_return co_await ship(std::move(order));
        const auto scope = order.request.scope;
        const auto result = co_await carry_out(std::move(order));
        co_return result ? reply_of(*result, scope) : reply_of(result.error());
    } catch (const pg::Lost&) {
        if (world_.planted == Planted::lost_is_not_written)
            co_return Reply{.kind = Reply::Kind::refused, .data = "database_unavailable"};
    } catch (const pg::SqlError& e) {
        world_.trace("answers 500: {}", e.state);
    }
    co_return Reply{.kind = Reply::Kind::busy};
}

Task<bool> Process::hear_hook(connectors::Hint hint, bool is_forged) {
    http::Headers headers;
    headers.add(std::string(kSignatureHeader), std::string(is_forged ? "guessed" : kHookSecret));
    auto body = body_of(hint);
    try {
        std::string provider(kProviderName);
        const auto heard =
            co_await service_.receive(std::move(provider), std::move(headers), std::move(body));
        if (heard && is_forged) world_.judge.forged_hook_was_taken();
        co_return heard || is_forged;
    } catch (const pg::Lost&) {
    } catch (const pg::SqlError&) {
    }
    co_return false;
}

}  // namespace florin::simulator
