#include "wallets/engine.h"

#include <algorithm>
#include <tuple>

#include "base/check.h"
#include "ledger/poster.h"
#include "wallets/rules.h"
#include "wallets/sql.h"

namespace florin::wallets {
namespace {

// In the order of florin.wallet_step (migrations/0018).
void add_step(const Step& step, pg::Records& rows) {
    const auto& m = step.movement;
    rows.add(static_cast<std::int16_t>(m.id.slot()), m.id.uuid().bytes,
             m.owner.merchant.uuid().bytes, m.owner.name, static_cast<std::int16_t>(m.kind),
             m.charge.uuid().bytes, m.payment.uuid().bytes, m.amount.currency().code(),
             m.amount.minor(), pg::Bytes{view(m.request_hash)}, m.at, step.has_charge_begun,
             step.terms.currency.code(), step.terms.value, step.held, step.captured, step.released,
             step.refunded, step.replaces.uuid().bytes, step.replaced, step.take, step.take_until,
             step.give.points, step.give.until);
}

}  // namespace

struct Engine::Move : storage::Command {
    Step step;
    explicit Move(Step s) : step(std::move(s)) {}
};

class Engine::MoveKind : public storage::Kind {
public:
    void encode(std::span<storage::Command*> commands, std::vector<pg::Call>& calls) override {
        std::ranges::sort(commands, {}, [](const auto* one) {
            const auto& id = of(one).movement.id;
            return std::tuple(id.slot(), id);
        });
        pg::Records steps("florin.wallet_step");
        for (const auto* command : commands) add_step(of(command), steps);
        pg::Params params;
        params.add(std::move(steps));
        calls.push_back({sql::move, std::move(params)});
        poster_.encode(postings_of(commands), calls);
    }

    void decode(std::span<storage::Command*> commands, std::span<const pg::Rows> rows) override {
        poster_.decode(postings_of(commands), rows.subspan(1));
    }

private:
    static const Step& of(const storage::Command* command) {
        return static_cast<const Move&>(*command).step;
    }
    static std::vector<const ledger::Posting*> postings_of(std::span<storage::Command*> commands) {
        std::vector<const ledger::Posting*> postings;
        for (const auto* command : commands) postings.push_back(&of(command).posting);
        return postings;
    }

    ledger::Poster poster_;
};

Engine::Engine(asio::io_context& io, Store& store, storage::BatcherOptions options)
    : store_(store),
      kind_(std::make_unique<MoveKind>()),
      batcher_(io, std::move(options), {kind_.get()}) {}

Engine::~Engine() = default;

Task<std::optional<Movement>> Engine::carry_out(Step step, Deadline deadline) {
    Move move(std::move(step));
    move.deadline = deadline;
    std::string state;
    try {
        co_await batcher_.submit(0, move);
    } catch (const pg::SqlError& e) {
        state = e.state;
        const bool is_expected =
            state == "23505" || state == "23514" || state == "FL003" || state == "FL005";
        if (!is_expected) throw;
    }
    auto& wanted = move.step.movement;
    if (state.empty()) co_return std::move(wanted);
    if (state == "23505") {
        auto earlier = co_await store_.movement(wanted.id);
        check(earlier.has_value(), "what stands in the way is there");
        co_return earlier;
    }
    // Lots have at least what is held: a capture that finds less has met others at work.
    const bool was_crossed = state == "FL005" && wanted.kind == Kind::capture;
    if (state == "23514" || was_crossed) co_return std::nullopt;
    co_return co_await refuse(std::move(wanted), std::string(kInsufficientFunds));
}

Task<Movement> Engine::refuse(Movement movement, std::string refusal) {
    movement.refusal = std::move(refusal);
    co_return co_await store_.refuse(std::move(movement));
}

}  // namespace florin::wallets
