#include "payments/engine.h"

#include <algorithm>

#include "base/check.h"
#include "payments/show.h"
#include "payments/sql.h"

namespace florin::payments {
namespace {

std::int16_t number(Action action) {
    return static_cast<std::int16_t>(action);
}
std::int16_t number(operation::State state) {
    return static_cast<std::int16_t>(state);
}
std::int16_t slot_number(const Payment& payment) {
    return static_cast<std::int16_t>(payment.id.slot());
}

template <class T>
using Column = std::vector<T>;
using Texts = std::vector<std::string>;
using Uuids = std::vector<pg::UuidBytes>;

}  // namespace

struct Engine::Create : storage::Command {
    Payment payment;
    ClientKey key;
    EventId event;
    std::optional<Earlier> earlier;

    Create(Payment p, ClientKey k) : payment(std::move(p)), key(std::move(k)) {}
};

struct Engine::Advance : storage::Command {
    Change change;

    explicit Advance(Change c) : change(std::move(c)) {}
};

class Engine::CreateKind : public storage::Kind {
public:
    void encode(std::span<storage::Command*> commands, std::vector<pg::Call>& calls) override {
        // The order of the idempotency keys, so that two lanes cannot deadlock on them.
        std::ranges::sort(commands, [](const auto* a, const auto* b) {
            const auto& x = of(a);
            const auto& y = of(b);
            return std::tuple(x.payment.id.slot(), x.payment.merchant,
                              std::string_view(x.key.key)) <
                   std::tuple(y.payment.id.slot(), y.payment.merchant, std::string_view(y.key.key));
        });
        pg::Params params;
        add_payments(commands, params);
        add_operations(commands, params);
        add_orders(commands, params);
        calls.push_back({sql::create, std::move(params)});
    }

    void decode(std::span<storage::Command*> commands, std::span<const pg::Rows> rows) override {
        for (std::size_t i = 0; i < rows[0].size(); ++i) {
            const auto ord = static_cast<std::size_t>(rows[0].int32(i, 0));
            check(ord >= 1 && ord <= commands.size(), "a loser is one of the batch");
            auto& command = const_cast<Create&>(of(commands[ord - 1]));
            command.earlier = Earlier{rows[0].int16(i, 1) == 1, PaymentId(Uuid{rows[0].uuid(i, 2)}),
                                      OperationId(Uuid{rows[0].uuid(i, 3)})};
        }
    }

private:
    static const Create& of(const storage::Command* command) {
        return static_cast<const Create&>(*command);
    }

    static void add_payments(std::span<storage::Command*> commands, pg::Params& params) {
        Column<std::int16_t> slot;
        Uuids merchant, id;
        Texts key, hash, checkout, buyer, email, method, token, return_url, currency;
        Column<bool> later, livemode;
        Column<std::int64_t> amount;
        Column<Instant> at;
        for (const auto* command : commands) {
            const auto& [payment, client] = std::tie(of(command).payment, of(command).key);
            slot.push_back(slot_number(payment));
            merchant.push_back(payment.merchant.uuid().bytes);
            key.push_back(client.key);
            hash.emplace_back(view(client.request_hash));
            id.push_back(payment.id.uuid().bytes);
            checkout.push_back(payment.checkout_id);
            buyer.push_back(payment.buyer_id);
            email.push_back(payment.buyer_email);
            method.push_back(payment.method_type);
            token.push_back(payment.method_token);
            return_url.push_back(payment.return_url);
            later.push_back(payment.capture_later);
            livemode.push_back(payment.livemode);
            currency.emplace_back(payment.currency.code());
            amount.push_back(payment.amount);
            at.push_back(payment.created_at);
        }
        params.add(slot).add(merchant).add(key).add_bytes(hash).add(id).add(checkout).add(buyer);
        params.add(email)
            .add(method)
            .add(token)
            .add(return_url)
            .add(later)
            .add(livemode)
            .add(currency);
        params.add(amount).add(at);
    }

    static void add_operations(std::span<storage::Command*> commands, pg::Params& params) {
        Uuids id, event;
        Column<std::int16_t> kind, state;
        Texts provider, provider_key, type;
        Column<Instant> due_at;
        for (const auto* command : commands) {
            const auto& op = of(command).payment.operation;
            id.push_back(op.id.uuid().bytes);
            kind.push_back(number(op.kind));
            state.push_back(number(op.state));
            provider.push_back(op.provider);
            provider_key.push_back(op.provider_key);
            due_at.push_back(op.due_at);
            event.push_back(of(command).event.uuid().bytes);
            type.emplace_back("payment.created");
        }
        params.add(id).add(kind).add(state).add(provider).add(provider_key).add(due_at);
        params.add(event).add(type);
    }

    static void add_orders(std::span<storage::Command*> commands, pg::Params& params) {
        Column<std::int16_t> slot, n;
        Uuids payment_id, id;
        Texts reference, seller;
        Column<std::int64_t> amount;
        for (const auto* command : commands) {
            const auto& payment = of(command).payment;
            for (std::size_t i = 0; i < payment.orders.size(); ++i) {
                const auto& order = payment.orders[i];
                slot.push_back(slot_number(payment));
                payment_id.push_back(payment.id.uuid().bytes);
                n.push_back(static_cast<std::int16_t>(i));
                id.push_back(order.id.uuid().bytes);
                reference.push_back(order.reference);
                seller.push_back(order.seller_account);
                amount.push_back(order.amount);
            }
        }
        params.add(slot).add(payment_id).add(n).add(id).add(reference).add(seller).add(amount);
    }
};

class Engine::AdvanceKind : public storage::Kind {
public:
    void encode(std::span<storage::Command*> commands, std::vector<pg::Call>& calls) override {
        std::ranges::sort(commands, [](const auto* a, const auto* b) {
            const auto& x = of(a).change.after.id;
            const auto& y = of(b).change.after.id;
            return std::tuple(x.slot(), x) < std::tuple(y.slot(), y);
        });
        pg::Params params;
        add_payments(commands, params);
        add_operations(commands, params);
        add_events_and_keys(commands, params);
        calls.push_back({sql::advance, std::move(params)});
        const auto postings = postings_of(commands);
        poster_.encode(postings, calls);
    }

    void decode(std::span<storage::Command*> commands, std::span<const pg::Rows> rows) override {
        // advance, new accounts if there were any, post.
        if (rows.size() == 3) poster_.remember(postings_of(commands));
    }

private:
    static const Advance& of(const storage::Command* command) {
        return static_cast<const Advance&>(*command);
    }

    static std::vector<const ledger::Posting*> postings_of(std::span<storage::Command*> commands) {
        std::vector<const ledger::Posting*> postings;
        for (const auto* command : commands) {
            if (of(command).change.posting) postings.push_back(&*of(command).change.posting);
        }
        return postings;
    }

    static void add_payments(std::span<storage::Command*> commands, pg::Params& params) {
        Column<std::int16_t> slot, doing;
        Uuids merchant, id;
        Column<std::int32_t> version;
        Column<std::int64_t> authorized, capture_reserved, captured, voided;
        Texts waiting;
        Column<Instant> at;
        for (const auto* command : commands) {
            const auto& payment = of(command).change.after;
            slot.push_back(slot_number(payment));
            merchant.push_back(payment.merchant.uuid().bytes);
            id.push_back(payment.id.uuid().bytes);
            version.push_back(payment.version);
            authorized.push_back(payment.counters.authorized);
            capture_reserved.push_back(payment.counters.capture_reserved);
            captured.push_back(payment.counters.captured);
            voided.push_back(payment.counters.voided);
            doing.push_back(payment.doing ? number(*payment.doing) : std::int16_t{0});
            waiting.push_back(payment.waiting_for);
            at.push_back(payment.updated_at);
        }
        params.add(slot).add(merchant).add(id).add(version).add(authorized).add(capture_reserved);
        params.add(captured).add(voided).add(doing).add(waiting).add(at);
    }

    static void add_operations(std::span<storage::Command*> commands, pg::Params& params) {
        Column<bool> is_new, review;
        Uuids id;
        Column<std::int16_t> kind, state, generation, tries;
        Texts provider, provider_key, reference, action, decline, detail, why;
        Texts proved_by, proof_reference, proof_hash;
        Column<std::int64_t> amount;
        Column<Instant> sent, due_at;
        Column<std::int32_t> ended;
        for (const auto* command : commands) {
            const auto& op = of(command).change.after.operation;
            is_new.push_back(of(command).change.operation_is_new);
            id.push_back(op.id.uuid().bytes);
            kind.push_back(number(op.kind));
            state.push_back(number(op.state));
            generation.push_back(op.generation);
            provider.push_back(op.provider);
            provider_key.push_back(op.provider_key);
            reference.push_back(op.provider_reference);
            amount.push_back(op.amount);
            sent.push_back(op.sent_at);
            due_at.push_back(op.due_at);
            tries.push_back(op.tries);
            review.push_back(op.review);
            action.push_back(op.next_action);
            decline.push_back(op.decline_code);
            detail.push_back(op.decline_detail);
            why.push_back(op.why);
            proved_by.push_back(op.proof.kind);
            proof_reference.push_back(op.proof.reference);
            proof_hash.push_back(op.proof.hash);
            ended.push_back(op.ended_version);
        }
        params.add(is_new).add(id).add(kind).add(state).add(generation).add(provider);
        params.add(provider_key).add(reference).add(amount).add(sent).add(due_at).add(tries);
        params.add(review).add(action).add(decline).add(detail).add(why).add(proved_by);
        params.add(proof_reference).add(proof_hash).add(ended);
    }

    static void add_events_and_keys(std::span<storage::Command*> commands, pg::Params& params) {
        Uuids id;
        Texts type, data, key, hash;
        Column<std::int16_t> scope;
        for (const auto* command : commands) {
            const auto& change = of(command).change;
            id.push_back(change.event.uuid().bytes);
            type.push_back(change.event_type);
            data.push_back(change.data);
            scope.push_back(static_cast<std::int16_t>(change.scope));
            key.push_back(change.key.key);
            hash.emplace_back(view(change.key.request_hash));
        }
        params.add(id).add(type).add(data).add(scope).add(key).add_bytes(hash);
    }

    ledger::Poster poster_;
};

namespace {
constexpr std::size_t kCreate = 0, kAdvance = 1;
}

Engine::Engine(asio::io_context& io, storage::BatcherOptions options)
    : create_kind_(std::make_unique<CreateKind>()),
      advance_kind_(std::make_unique<AdvanceKind>()),
      batcher_(io, std::move(options), {create_kind_.get(), advance_kind_.get()}) {}

Engine::~Engine() = default;

Task<std::optional<Earlier>> Engine::create(Payment payment, ClientKey key, Deadline deadline) {
    Create command(std::move(payment), std::move(key));
    command.deadline = deadline;
    // Made from the payment's own random bits: unique, because a payment is created once.
    command.event = EventId(command.payment.id.uuid());
    co_await batcher_.submit(kCreate, command);
    co_return command.earlier;
}

Task<bool> Engine::advance(Change change, Deadline deadline) {
    Advance command(std::move(change));
    command.deadline = deadline;
    if (command.change.data.empty()) command.change.data = show(command.change.after);
    bool written = true;
    try {
        co_await batcher_.submit(kAdvance, command);
    } catch (const pg::SqlError& e) {
        // FL001: not at the version before. 23505: the version, the key or the transaction exists.
        if (e.state != "FL001" && e.state != "23505") throw;
        written = false;
    }
    co_return written;
}

}  // namespace florin::payments
