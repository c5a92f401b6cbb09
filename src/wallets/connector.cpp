#include "wallets/connector.h"

#include <fmt/format.h>

#include "platform/crypto/hash.h"

namespace florin::wallets {
namespace {

using connectors::Order;
using connectors::Outcome;

// A charge that others change at the same moment is decided upon anew, but not for ever.
constexpr int kRoundsMax = 10;

connectors::Capabilities capabilities_of(std::string_view name, std::int64_t unit) {
    return {
        .name = name,
        .safe_replay = true,
        .key_window = std::chrono::hours(24 * 365 * 100),  // Rows stay.
        .query_by_key = true,
        // A transaction whose connection was lost may still be under way.
        .visibility_delay = std::chrono::minutes(1),
        .cancel = true,
        .several_captures = true,
        .refund = true,
        .increment = true,
        .fence = true,
        .answer_time = std::chrono::seconds(20),
        .unit = unit,
    };
}

// What stands in the row is all the proof there is.
connectors::Proof proof_of(const Movement& movement, std::string_view kind) {
    const auto text =
        fmt::format("{} {} {} {} {}", movement.id.text(), name(movement.kind),
                    movement.amount.decimal(), movement.amount.currency().code(), movement.refusal);
    return {std::string(kind), movement.id.text(), to_hex(view(crypto::sha256(text)))};
}

Outcome outcome_of(const Movement& movement, const Order& order, std::string_view kind) {
    if (movement.request_hash != fingerprint(order))
        return connectors::Unknown{"the key was used for another order", true};
    const bool is_refund = movement.kind == Kind::refund;
    const auto reference = is_refund ? movement.id.text() : movement.charge.text();
    if (is_told(movement.refusal))
        return connectors::Declined{movement.refusal, "", "", proof_of(movement, kind)};
    if (!movement.refusal.empty())
        return connectors::Declined{"provider_refused", movement.refusal, "",
                                    proof_of(movement, kind)};
    return connectors::Succeeded{reference, proof_of(movement, kind), {.can_increment = true}};
}

}  // namespace

Connector::Connector(Engine& engine) : Connector(engine, Provider{kWallet, std::nullopt}) {}

Connector::Connector(Engine& engine, Terms terms)
    : Connector(engine, Provider{kPointsProvider, terms}) {}

Connector::Connector(Engine& engine, Provider provider)
    : engine_(engine),
      provider_(provider),
      capabilities_(capabilities_of(provider.name, provider.points ? provider.points->value : 1)) {}

Task<Movement> Connector::do_it(Order order, Deadline deadline) const {
    for (int round = 0; round < kRoundsMax; ++round) {
        std::optional<Charge> charge;
        const auto& about = order.replaces.empty() ? order.reference : order.replaces;
        if (const auto id = ChargeId::parse(about)) charge = co_await engine_.store().charge(*id);
        auto planned = plan(provider_, order, charge, now());
        if (auto* refusal = std::get_if<std::string>(&planned)) {
            auto movement = movement_of(provider_, order, now());
            co_return co_await engine_.refuse(std::move(movement), std::move(*refusal));
        }
        auto done = co_await engine_.carry_out(std::get<Step>(std::move(planned)), deadline);
        if (done) co_return std::move(*done);
    }
    throw pg::Lost("the charge changes all the time");
}

Task<Outcome> Connector::perform(connectors::Wire&, Order order, Deadline deadline) const {
    Outcome outcome;
    try {
        const auto movement = co_await do_it(order, deadline);
        outcome = outcome_of(movement, order, "answer");
    } catch (const pg::Lost& e) {
        outcome = connectors::Unknown{e.what()};
    }
    co_return outcome;
}

Task<Outcome> Connector::find(connectors::Wire&, Order order, Deadline) const {
    const auto id = movement_of(provider_, order, now()).id;
    Outcome outcome = connectors::NotFound{};
    try {
        const auto movement = co_await engine_.store().movement(id);
        if (movement) outcome = outcome_of(*movement, order, "query");
    } catch (const pg::Lost& e) {
        outcome = connectors::Unknown{e.what()};
    }
    co_return outcome;
}

Task<Outcome> Connector::fence(connectors::Wire&, Order order, Deadline) const {
    auto movement = movement_of(provider_, order, now());
    Outcome outcome;
    try {
        const auto said =
            co_await engine_.refuse(std::move(movement), std::string(connectors::kCanceled));
        outcome = outcome_of(said, order, "answer");
    } catch (const pg::Lost& e) {
        outcome = connectors::Unknown{e.what()};
    }
    co_return outcome;
}

Task<connectors::DisputeAnswer> Connector::read_dispute(connectors::Wire&, std::string,
                                                        Deadline) const {
    co_return connectors::NotFound{};
}

Task<Outcome> Connector::answer_dispute(connectors::Wire&, connectors::DisputeReply,
                                        Deadline) const {
    co_return connectors::Declined{.code = "provider_refused"};
}

Result<connectors::Hint> Connector::read_webhook(const http::Headers&, std::string_view,
                                                 std::string_view, Instant) const {
    return fail(Fault::malformed, "webhook_malformed", "a wallet sends no webhooks");
}

}  // namespace florin::wallets
