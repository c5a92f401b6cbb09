#include "payments/engine.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "base/check.h"
#include "fx/store.h"
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

// One after the other in the order of florin.new_payment_order and so on (migrations/0004).
void add_orders(const Payment& payment, pg::Records& rows) {
    std::int16_t n = 0;
    for (const auto& order : payment.orders)
        rows.add(slot_number(payment), payment.id.uuid().bytes, n++, order.id.uuid().bytes,
                 order.reference, order.seller_account, order.amount, order.category);
}

void add_payment(const Payment& payment, const ClientKey& key, EventId event, pg::Records& rows) {
    const auto& op = payment.operation;
    rows.add(slot_number(payment), payment.merchant.uuid().bytes, payment.id.uuid().bytes, key.key,
             pg::Bytes{view(key.request_hash)}, payment.checkout_id, payment.buyer_id,
             payment.buyer_email, payment.method_type, payment.method_token, payment.return_url,
             payment.capture_later, payment.livemode, payment.currency.code(), payment.amount,
             name(status_of(payment)), payment.created_at, op.id.uuid().bytes, number(op.kind),
             number(op.state), op.provider, op.provider_key, op.due_at, event.uuid().bytes,
             "payment.created");
}

void add_step(const Change& change, std::string_view data, pg::Records& rows) {
    const auto& payment = change.after;
    const auto& counters = payment.counters;
    const auto& op = payment.operation;
    rows.add(slot_number(payment), payment.merchant.uuid().bytes, payment.id.uuid().bytes,
             payment.version, counters.authorized, counters.capture_reserved, counters.captured,
             counters.voided, counters.refund_reserved, counters.refunded, name(status_of(payment)),
             payment.doing ? number(*payment.doing) : std::int16_t{0}, payment.waiting_for,
             payment.updated_at, payment.main.uuid().bytes, change.operation_is_new,
             op.id.uuid().bytes, number(op.kind), number(op.state), op.generation, op.provider,
             op.provider_key, op.provider_reference, op.amount, op.sent_at, op.due_at, op.tries,
             op.review, op.next_action, op.decline_code, op.decline_detail, op.reason, op.shares,
             op.is_final, op.why, op.proof.kind, op.proof.reference, op.proof.hash,
             op.ended_version, change.event.uuid().bytes, change.event_type, data,
             static_cast<std::int16_t>(change.scope), change.key.key,
             pg::Bytes{view(change.key.request_hash)}, payment.amount, payment.method_type,
             payment.method_token, payment.first_amount, payment.first_method_type,
             payment.first_method_token, payment.first_provider, payment.card_brand,
             payment.authorized_until, payment.can_increment, payment.cancellation_reason,
             payment.due_at, counters.disputed, payment.dispute_override, op.about, op.by_itself,
             op.returned);
}

void add_dispute(const Change& change, pg::Records& rows) {
    if (!change.dispute) return;
    const auto& payment = change.after;
    const auto& dispute = *change.dispute;
    rows.add(slot_number(payment), payment.id.uuid().bytes, dispute.id.uuid().bytes,
             payment.merchant.uuid().bytes, dispute.provider, dispute.reference,
             name(dispute.status), dispute.reason, dispute.amount, dispute.fee, dispute.withdrawn,
             dispute.shares, dispute.evidence_due_at, dispute.opened_at, dispute.updated_at,
             dispute.version, dispute.movements, dispute.due_at, dispute.taken_back, dispute.frozen,
             dispute.freezes, dispute.presented, dispute.spread);
}

void add_approval(const Payment& payment, const Operation& refund, pg::Records& rows) {
    const auto& approval = refund.approval;
    rows.add(slot_number(payment), refund.id.uuid().bytes, payment.id.uuid().bytes,
             payment.merchant.uuid().bytes, static_cast<std::int16_t>(approval.state),
             approval.asked_by.uuid().bytes, approval.decided_by.uuid().bytes, approval.decided_at,
             approval.reason);
}

// Of the refund that the step is about, and of those that begin with it.
bool has_approvals(const Change& change) {
    return change.approval_is_written || std::ranges::any_of(change.follow_ups, waits_for_approval);
}

void add_approvals(const Change& change, pg::Records& rows) {
    const auto& payment = change.after;
    if (change.approval_is_written) add_approval(payment, payment.operation, rows);
    for (const auto& op : change.follow_ups)
        if (waits_for_approval(op)) add_approval(payment, op, rows);
}

void add_shipments(const Change& change, pg::Records& rows) {
    const auto& payment = change.after;
    for (const auto n : change.shipments) {
        const auto& s = payment.orders[n].shipment;
        rows.add(slot_number(payment), payment.id.uuid().bytes, static_cast<std::int16_t>(n),
                 payment.merchant.uuid().bytes, name(s.status), s.carrier, s.tracking_number,
                 s.evidence, s.shipped_at, s.estimated_at, s.delivered_at, s.returned_at,
                 s.release_at, s.due_at, s.fees.seller, s.fees.commission, s.fees.logistics,
                 s.released, s.movements);
    }
}

bool takes_back(const Change& change) {
    const auto takes = [](const Operation& op) { return !op.taken_back.empty(); };
    return takes(change.after.operation) || std::ranges::any_of(change.follow_ups, takes);
}

void add_taken_back(const Payment& payment, const Operation& op, pg::Records& rows) {
    if (op.taken_back.empty()) return;
    rows.add(slot_number(payment), payment.id.uuid().bytes, op.id.uuid().bytes, op.taken_back);
}

bool is_split(const Payment& payment) {
    return payment.tender.amount > 0;
}

void add_tender(const Payment& payment, const Operation& op, pg::Records& rows) {
    if (!is_split(payment)) return;
    const auto& tender = payment.tender;
    rows.add(slot_number(payment), payment.id.uuid().bytes, tender.provider, tender.amount,
             tender.unit, tender.reference, tender.captured, tender.returned, op.id.uuid().bytes,
             op.tender_amount, op.tender_key,
             is_first_step(op.kind) && op.id == payment.main ? tender.reference : "");
}

void add_presentment(const Payment& payment, const Operation& op, pg::Records& rows) {
    if (!payment.presentment) return;
    const auto& p = *payment.presentment;
    rows.add(slot_number(payment), payment.id.uuid().bytes, p.quote.uuid().bytes, p.currency.code(),
             p.amount, p.spread, p.expires_at, p.captured, p.captured_spread, p.returned,
             p.returned_spread, op.id.uuid().bytes, op.presented, op.spread);
}

void add_call(std::string_view sql, pg::Records rows, std::vector<pg::Call>& calls) {
    if (rows.empty()) return;
    pg::Params params;
    params.add(std::move(rows));
    calls.push_back({sql, std::move(params)});
}

void add_follow_ups(const Change& change, pg::Records& rows) {
    const auto& payment = change.after;
    for (const auto& op : change.follow_ups)
        rows.add(slot_number(payment), payment.id.uuid().bytes, op.id.uuid().bytes,
                 payment.merchant.uuid().bytes, number(op.kind), number(op.state), op.provider,
                 op.provider_key, op.amount, op.due_at, op.reason, op.shares, op.about,
                 op.by_itself);
}

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
    std::string data;

    explicit Advance(Change c) : change(std::move(c)), data(show_subject(change)) {}
};

// What a provider told. It belongs to the slot of its payment; without one, to that of its own id.
struct Engine::Receive : storage::Command {
    std::string provider;
    connectors::Hint hint;
    std::string body;
    Instant at;
    PaymentId payment;  // Nil when it names none.
    std::int16_t slot;
    std::optional<std::int32_t> woken;

    Receive(std::string p, connectors::Hint h, std::string b, Instant now)
        : provider(std::move(p)), hint(std::move(h)), body(std::move(b)), at(now) {
        const auto named = PaymentId::parse(hint.payment);
        payment = named.value_or(PaymentId());
        slot = static_cast<std::int16_t>(named ? named->slot() : slot_of(provider, hint.id));
    }
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
        pg::Records payments("florin.new_payment"), orders("florin.new_payment_order");
        pg::Records tenders("florin.tender_step"), presentments("florin.presentment_step");
        for (const auto* command : commands) {
            const auto& create = of(command);
            add_payment(create.payment, create.key, create.event, payments);
            add_orders(create.payment, orders);
            add_tender(create.payment, create.payment.operation, tenders);
            add_presentment(create.payment, create.payment.operation, presentments);
        }
        pg::Params params;
        params.add(std::move(payments)).add(std::move(orders));
        calls.push_back({sql::create, std::move(params)});
        add_call(sql::write_tenders, std::move(tenders), calls);
        add_call(sql::write_presentments, std::move(presentments), calls);
        add_top_ups(commands, calls);
        for (const auto* command : commands) {
            const auto& payment = of(command).payment;
            if (!payment.presentment) continue;
            calls.push_back(fx::use_call(
                {payment.presentment->quote, payment.merchant, payment.id, payment.created_at}));
        }
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
    static void add_top_ups(std::span<storage::Command*> commands, std::vector<pg::Call>& calls) {
        std::vector<std::int16_t> slots;
        std::vector<pg::UuidBytes> ids;
        for (const auto* command : commands) {
            const auto& payment = of(command).payment;
            if (!payment.orders.front().is_top_up) continue;
            slots.push_back(slot_number(payment));
            ids.push_back(payment.id.uuid().bytes);
        }
        if (ids.empty()) return;
        pg::Params params;
        params.add(slots).add(ids);
        calls.push_back({sql::mark_top_ups, std::move(params)});
    }

    static const Create& of(const storage::Command* command) {
        return static_cast<const Create&>(*command);
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
        pg::Records steps("florin.payment_step");
        for (const auto* command : commands) add_step(of(command).change, of(command).data, steps);
        pg::Params params;
        params.add(std::move(steps));
        calls.push_back({sql::advance, std::move(params)});
        pg::Records operations("florin.new_operation"), disputes("florin.dispute");
        pg::Records approvals("florin.refund_approval"), shipments("florin.shipment");
        pg::Records taken_back("florin.take_back"), tenders("florin.tender_step");
        pg::Records presentments("florin.presentment_step");
        for (const auto* command : commands) {
            const auto& change = of(command).change;
            add_follow_ups(change, operations);
            add_dispute(change, disputes);
            add_approvals(change, approvals);
            add_shipments(change, shipments);
            add_taken_back(change.after, change.after.operation, taken_back);
            for (const auto& op : change.follow_ups) add_taken_back(change.after, op, taken_back);
            add_tender(change.after, change.after.operation, tenders);
            for (const auto& op : change.follow_ups) add_tender(change.after, op, tenders);
            add_presentment(change.after, change.after.operation, presentments);
            for (const auto& op : change.follow_ups)
                add_presentment(change.after, op, presentments);
        }
        add_call(sql::begin, std::move(operations), calls);
        add_call(sql::write_disputes, std::move(disputes), calls);
        add_call(sql::write_refund_approvals, std::move(approvals), calls);
        add_call(sql::write_shipments, std::move(shipments), calls);
        add_call(sql::write_taken_back, std::move(taken_back), calls);
        add_call(sql::write_tenders, std::move(tenders), calls);
        add_call(sql::write_presentments, std::move(presentments), calls);
        const auto postings = postings_of(commands);
        poster_.encode(postings, calls);
    }

    void decode(std::span<storage::Command*> commands, std::span<const pg::Rows> rows) override {
        poster_.decode(postings_of(commands), rows.subspan(calls_before(commands)));
    }

private:
    static const Advance& of(const storage::Command* command) {
        return static_cast<const Advance&>(*command);
    }

    // How many calls stand before those of the ledger.
    static std::size_t calls_before(std::span<storage::Command*> commands) {
        const auto any = [&](auto has) {
            return std::size_t{std::ranges::any_of(
                commands, [&](const auto* one) { return has(of(one).change); })};
        };
        return 1 + any([](const Change& change) { return !change.follow_ups.empty(); }) +
               any([](const Change& change) { return change.dispute.has_value(); }) +
               any(has_approvals) +
               any([](const Change& change) { return !change.shipments.empty(); }) +
               any(takes_back) + any([](const Change& change) { return is_split(change.after); }) +
               any([](const Change& change) { return change.after.presentment.has_value(); });
    }

    static std::vector<const ledger::Posting*> postings_of(std::span<storage::Command*> commands) {
        std::vector<const ledger::Posting*> postings;
        for (const auto* command : commands) {
            for (const auto& posting : of(command).change.postings) postings.push_back(&posting);
        }
        return postings;
    }

    ledger::Poster poster_;
};

class Engine::ReceiveKind : public storage::Kind {
public:
    void encode(std::span<storage::Command*> commands, std::vector<pg::Call>& calls) override {
        // The order of the payments first: two lanes wake their operations.
        std::ranges::sort(commands, {}, [](const auto* one) { return key_of(of(one)); });
        pg::Records events("florin.new_provider_event");
        for (const auto* command : commands) {
            const auto& event = of(command);
            events.add(event.slot, event.provider, event.hint.id, event.hint.type,
                       event.payment.uuid().bytes, pg::Bytes{event.body}, event.at,
                       name(event.hint.about), event.hint.object);
        }
        pg::Params params;
        params.add(std::move(events));
        calls.push_back({sql::receive_events, std::move(params)});
    }

    // Of one event that came twice in this batch, the first is the new one. All new events of a
    // payment hear how many operations they woke together.
    void decode(std::span<storage::Command*> commands, std::span<const pg::Rows> rows) override {
        std::map<PaymentKey, std::int32_t> woken;
        for (std::size_t i = 0; i < rows[0].size(); ++i) {
            const auto key = key_in(rows[0], i);
            if (!std::get<3>(key).empty()) continue;
            ++woken[{std::get<0>(key), std::get<1>(key)}];
        }
        for (std::size_t i = 0; i < rows[0].size(); ++i) {
            const auto key = key_in(rows[0], i);
            if (std::get<3>(key).empty()) continue;
            const auto found = std::ranges::lower_bound(
                commands, key, {}, [](const auto* one) { return key_of(of(one)); });
            check(found != commands.end() && key_of(of(*found)) == key, "it is one of the batch");
            const auto count = woken.find({std::get<0>(key), std::get<1>(key)});
            const_cast<Receive&>(of(*found)).woken = count == woken.end() ? 0 : count->second;
        }
    }

private:
    using PaymentKey = std::pair<std::int16_t, pg::UuidBytes>;
    using Key = std::tuple<std::int16_t, pg::UuidBytes, std::string_view, std::string_view>;

    static const Receive& of(const storage::Command* command) {
        return static_cast<const Receive&>(*command);
    }
    static Key key_of(const Receive& event) {
        return {event.slot, event.payment.uuid().bytes, event.provider, event.hint.id};
    }
    static Key key_in(const pg::Rows& rows, std::size_t row) {
        return {rows.int16(row, 0), rows.uuid(row, 1), rows.text(row, 2), rows.text(row, 3)};
    }
};

namespace {
constexpr std::size_t kCreate = 0, kAdvance = 1, kReceive = 2;
// How long an event may wait for the database. The provider sends again what we do not take.
constexpr std::chrono::seconds kReceiveTime{5};
}  // namespace

Engine::Engine(asio::io_context& io, storage::BatcherOptions options)
    : create_kind_(std::make_unique<CreateKind>()),
      advance_kind_(std::make_unique<AdvanceKind>()),
      receive_kind_(std::make_unique<ReceiveKind>()),
      batcher_(io, std::move(options),
               {create_kind_.get(), advance_kind_.get(), receive_kind_.get()}) {}

Engine::~Engine() = default;

Task<std::optional<Earlier>> Engine::create(Payment payment, ClientKey key, Deadline deadline) {
    Create command(std::move(payment), std::move(key));
    command.deadline = deadline;
    // Made from the payment's own random bits: unique, because a payment is created once.
    command.event = EventId(command.payment.id.uuid());
    co_await batcher_.submit(kCreate, command);
    co_return command.earlier;
}

Task<std::optional<std::string>> Engine::advance(Change change, Deadline deadline) {
    Advance command(std::move(change));
    command.deadline = deadline;
    try {
        co_await batcher_.submit(kAdvance, command);
    } catch (const pg::SqlError& e) {
        // FL001: not at the version before. 23505: the version, the key or the transaction exists.
        // FL003: somebody else has spent what it takes from a seller.
        if (e.state != "FL001" && e.state != "23505" && e.state != "FL003") throw;
        co_return std::nullopt;
    }
    if (listener_) listener_(command.change.after.id, command.change.after.version);
    co_return std::move(command.data);
}

Task<std::optional<std::int32_t>> Engine::receive(std::string provider, connectors::Hint hint,
                                                  std::string body, Instant now) {
    Receive command(std::move(provider), std::move(hint), std::move(body), now);
    command.deadline = deadline_in(kReceiveTime);
    co_await batcher_.submit(kReceive, command);
    co_return command.woken;
}

}  // namespace florin::payments
