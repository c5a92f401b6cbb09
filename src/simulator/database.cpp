#include "simulator/database.h"

#include <algorithm>

#include "base/check.h"
#include "payments/approval.h"

namespace florin::simulator {

using namespace payments;
using operation::State;

namespace {

// The CHECKs of florin.payment.
bool holds(const Payment& payment) {
    const auto& c = payment.counters;
    const auto least = std::min({c.authorized, c.capture_reserved, c.captured, c.voided,
                                 c.refund_reserved, c.refunded, c.disputed});
    const auto gone = c.refunded + c.refund_reserved;
    return least >= 0 && payment.amount > 0 && c.authorized <= payment.amount &&
           c.captured + c.capture_reserved + c.voided <= c.authorized && gone <= c.captured &&
           (payment.dispute_override || gone + c.disputed <= c.captured);
}

// As ledger_post() sums: legs of zero are refused by the CHECK of florin.ledger_entry.
SqlState judge_posting(const ledger::Posting& posting) {
    std::map<std::string_view, std::int64_t> sums;
    bool has_zero = false;
    for (const auto& leg : posting.legs) {
        sums[leg.account.currency.code()] += leg.amount;
        has_zero |= leg.amount == 0;
    }
    if (!std::ranges::all_of(sums, [](const auto& sum) { return sum.second == 0; }))
        return kUnbalanced;
    return has_zero ? kCheckBroken : kCommitted;
}

// When an event is looked at, as in florin.receive_provider_events(); Instant::max() = never.
Instant time_of_look(connectors::About about, const Record* record, Instant now) {
    if (about == connectors::About::nothing_more) return Instant::max();
    if (about != connectors::About::charge) return now;
    auto first = Instant::max();
    for (const auto& op : record ? record->operations : std::vector<Operation>()) {
        const bool charges =
            op.kind == Action::authorize || op.kind == Action::sale || op.kind == Action::adjust;
        if (!charges || op.state == State::succeeded) continue;
        const auto left = std::chrono::seconds(op.state == State::declined ? 0 : 10);
        first = std::min(first, now + left);
    }
    return first;
}

// The columns that florin.advance_payments() updates, and no others.
void update_operation(Operation& row, const Operation& to) {
    row.state = to.state;
    row.provider_reference = to.provider_reference;
    row.sent_at = to.sent_at;
    row.tries = to.tries;
    row.review = to.review;
    row.next_action = to.next_action;
    row.decline_code = to.decline_code;
    row.decline_detail = to.decline_detail;
    row.shares = to.shares;
    row.why = to.why;
    row.proof = to.proof;
    row.ended_version = to.ended_version;
    row.returned = to.returned;
    if (!to.taken_back.empty()) row.taken_back = to.taken_back;
}

void update_payment(Payment& row, const Payment& to) {
    row.version = to.version;
    row.counters = to.counters;
    row.doing = to.doing;
    row.waiting_for = to.waiting_for;
    row.main = to.main;
    row.updated_at = to.updated_at;
    row.amount = to.amount;
    row.method_type = to.method_type;
    row.method_token = to.method_token;
    row.first_amount = to.first_amount;
    row.first_method_type = to.first_method_type;
    row.first_method_token = to.first_method_token;
    row.card_brand = to.card_brand;
    row.authorized_until = to.authorized_until;
    row.can_increment = to.can_increment;
    row.cancellation_reason = to.cancellation_reason;
    row.dispute_override = to.dispute_override;
}

// An adjustment that has just succeeded gives each order its share.
void update_orders(Payment& row, const Payment& to) {
    const auto& op = to.operation;
    if (op.kind != Action::adjust || op.state != State::succeeded || op.ended_version != to.version)
        return;
    for (std::size_t n = 0; n < row.orders.size(); ++n) {
        auto& order = row.orders[n];
        if (order.first_amount == 0) order.first_amount = order.amount;
        order.amount = op.shares[n];
    }
}

// A new row has only the columns that the INSERT names.
Operation inserted(const Operation& op) {
    return {.id = op.id,
            .kind = op.kind,
            .state = op.state,
            .generation = op.generation,
            .provider = op.provider,
            .provider_key = op.provider_key,
            .provider_reference = op.provider_reference,
            .amount = op.amount,
            .sent_at = op.sent_at,
            .due_at = op.due_at,
            .reason = op.reason,
            .shares = op.shares,
            .taken_back = op.taken_back,
            .is_final = op.is_final,
            .about = op.about,
            .by_itself = op.by_itself,
            .approval = op.approval};
}

// florin.begin_operations() names fewer columns still.
Operation begun(const Operation& op) {
    auto row = inserted(op);
    row.generation = 0;
    row.provider_reference.clear();
    row.sent_at = op.due_at;
    row.is_final = true;
    return row;
}

std::string text_of(const Hash& hash) {
    return std::string(view(hash));
}

}  // namespace

const Operation* Record::operation(OperationId id) const {
    const auto found = std::ranges::find(operations, id, &Operation::id);
    return found == operations.end() ? nullptr : &*found;
}

Record* Database::find(PaymentId id) {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : &records_[found->second];
}

const Record* Database::record(PaymentId id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : &records_[found->second];
}

const KeyRow* Database::key(MerchantId merchant, Scope scope, const std::string& key) const {
    const auto found = keys_.find({merchant, scope, key});
    return found == keys_.end() ? nullptr : &found->second;
}

// Operations wait in the queue by due_at, as in the index florin.operation_due.
void Database::set_due(Operation& operation, PaymentId payment, Instant at) {
    if (operation.due_at != Instant::max()) queue_.erase({operation.due_at, payment, operation.id});
    operation.due_at = at;
    if (at != Instant::max()) queue_.insert({at, payment, operation.id});
}

void Database::set_chore(Payment& payment, Instant at) {
    if (payment.due_at != Instant::max()) chores_.erase({payment.due_at, payment.id});
    payment.due_at = at;
    if (at != Instant::max()) chores_.emplace(at, payment.id);
}

void Database::set_event(EventRow& row, Instant at) {
    auto& event = row.event;
    if (event.due_at != Instant::max()) event_queue_.erase({event.due_at, event.id});
    event.due_at = at;
    if (at != Instant::max()) event_queue_.emplace(at, event.id);
}

SqlState Database::create(const Payment& payment, const ClientKey& key,
                          std::optional<Earlier>& earlier) {
    const auto hash = text_of(key.request_hash);
    const auto [row, is_new] = keys_.try_emplace({payment.merchant, Scope::create, key.key},
                                                 KeyRow{hash, payment.id, payment.operation.id});
    if (!is_new) {
        earlier =
            Earlier{row->second.request_hash == hash, row->second.payment, row->second.operation};
        return kCommitted;
    }
    const bool amounts_are_right =
        payment.amount > 0 && payment.operation.amount > 0 &&
        std::ranges::all_of(payment.orders, [](const auto& order) { return order.amount > 0; });
    const bool exists = by_id_.contains(payment.id);
    if (!amounts_are_right || exists) {
        keys_.erase(row);
        return exists ? kUniqueBroken : kCheckBroken;
    }
    by_id_.emplace(payment.id, records_.size());
    auto& record = records_.emplace_back(Record{.payment = payment});
    record.payment.operation = {};  // Those are beside it.
    record.payment.counters = {};
    record.payment.main = payment.operation.id;
    record.payment.due_at = Instant::max();
    insert_operation(record, inserted(payment.operation));
    record.events.push_back({EventId(payment.id.uuid()), 1, payment.operation.id, "payment.created",
                             "", payment.created_at});
    return kCommitted;
}

SqlState Database::judge_disputes(const Record& record, const Change& change) const {
    if (!change.dispute) return kCommitted;
    const auto& dispute = *change.dispute;
    if (dispute.amount <= 0 || dispute.fee < 0) return kCheckBroken;
    const bool is_taken = std::ranges::any_of(record.disputes, [&](const Dispute& row) {
        return row.reference == dispute.reference && row.id != dispute.id;
    });
    return is_taken ? kUniqueBroken : kCommitted;
}

SqlState Database::judge_follow_ups(const Record& record, const Change& change) const {
    for (const auto& op : change.follow_ups) {
        if (op.amount <= 0) return kCheckBroken;
        if (record.operation(op.id) || op.id == change.after.operation.id) return kUniqueBroken;
    }
    return kCommitted;
}

SqlState Database::judge(const Record& record, const Change& change) const {
    const auto& after = change.after;
    if (after.version <= record.payment.version) return kUniqueBroken;  // That event exists.
    if (change.scope != Scope::none && key(after.merchant, change.scope, change.key.key))
        return kUniqueBroken;
    if (after.version != record.payment.version + 1) return kStale;
    if (!holds(after)) return kCheckBroken;
    if (change.operation_is_new) {
        if (after.operation.amount <= 0) return kCheckBroken;
        if (record.operation(after.operation.id)) return kUniqueBroken;
    } else if (!record.operation(after.operation.id)) {
        return kStale;
    }
    if (const auto state = judge_follow_ups(record, change); state != kCommitted) return state;
    if (const auto state = judge_disputes(record, change); state != kCommitted) return state;
    if (!run_strict(change.postings)) return kOverdrawn;
    for (std::size_t n = 0; n < change.postings.size(); ++n) {
        const auto& posting = change.postings[n];
        if (const auto state = judge_posting(posting); state != kCommitted) return state;
        if (transactions_.contains(posting.id)) return kUniqueBroken;
        for (std::size_t m = 0; m < n; ++m)
            if (change.postings[m].id == posting.id) return kUniqueBroken;
    }
    return kCommitted;
}

void Database::insert_operation(Record& record, const Operation& operation) {
    const auto due_at = operation.due_at;
    auto& rows = record.operations;
    const auto place = std::ranges::upper_bound(rows, operation.id, {}, &Operation::id);
    const auto row = rows.insert(place, operation);
    row->due_at = Instant::max();  // It is in no queue yet.
    set_due(*row, record.payment.id, due_at);
}

SqlState Database::advance(const Change& change, std::string data) {
    const auto& after = change.after;
    auto* record = find(after.id);
    if (!record || record->payment.merchant != after.merchant) return kStale;
    if (const auto state = judge(*record, change); state != kCommitted) return state;
    const auto& op = after.operation;
    update_payment(record->payment, after);
    update_orders(record->payment, after);
    set_chore(record->payment, after.due_at);
    record->events.push_back(
        {change.event, after.version, op.id, change.event_type, std::move(data), after.updated_at});
    if (change.scope != Scope::none)
        keys_[{after.merchant, change.scope, change.key.key}] = {text_of(change.key.request_hash),
                                                                 after.id, op.id};
    if (change.operation_is_new) {
        insert_operation(*record, inserted(op));
    } else {
        auto& row = *std::ranges::find(record->operations, op.id, &Operation::id);
        update_operation(row, op);
        if (change.approval_is_written) row.approval = op.approval;
        set_due(row, after.id, op.due_at);
    }
    for (const auto& next : change.follow_ups) insert_operation(*record, begun(next));
    for (const auto& posting : change.postings) {
        transactions_.insert(posting.id);
        record->postings.push_back(posting);
    }
    const auto strict = *run_strict(change.postings);  // judge() has looked.
    for (const auto& [account, balance] : strict) strict_[account] = balance;
    write_shipments(*record, change);
    if (change.dispute) write_dispute(*record, *change.dispute);
    return kCommitted;
}

std::optional<Payment> Database::load(MerchantId merchant, PaymentId id,
                                      OperationId operation) const {
    const auto* row = record(id);
    if (!row || (merchant != MerchantId() && row->payment.merchant != merchant))
        return std::nullopt;
    const auto* main = row->operation(row->payment.main);
    const auto* named = operation == OperationId() ? main : row->operation(operation);
    if (!named || !main) return std::nullopt;
    auto payment = row->payment;
    payment.provider_reference = main->provider_reference;
    payment.operation = *named;
    return payment;
}

std::vector<Part> Database::parts(PaymentId id) const {
    std::vector<Part> out;
    const auto* row = record(id);
    if (!row) return out;
    for (const auto& op : row->operations)
        out.push_back({op.kind, op.state, op.shares, op.id, op.review, unapproved(op)});
    // What was lost counts like a refund (sql/operations.sql).
    for (const auto& dispute : row->disputes) {
        if (dispute.status != dispute::Status::lost) continue;
        out.push_back(
            {Action::refund, State::succeeded, dispute.shares, OperationId(dispute.id.uuid())});
    }
    std::ranges::sort(out, {}, &Part::id);
    return out;
}

std::optional<Answered> Database::answered(PaymentId payment, OperationId operation) const {
    const auto* row = record(payment);
    const auto* op = row ? row->operation(operation) : nullptr;
    if (!op) return std::nullopt;
    Answered out{.ended_version = op->ended_version, .state = op->state, .due_at = op->due_at};
    const auto event = std::ranges::find(row->events, op->ended_version, &Event::version);
    if (event != row->events.end()) {
        out.event_type = event->type;
        out.data = event->data;
    }
    return out;
}

std::optional<KeyUse> Database::key_use(MerchantId merchant, Scope scope,
                                        const std::string& name) const {
    const auto* row = key(merchant, scope, name);
    if (!row) return std::nullopt;
    return KeyUse{row->request_hash, row->operation};
}

std::vector<Due> Database::due(Instant now, std::int64_t limit) const {
    std::vector<Due> out;
    for (const auto& entry : queue_) {
        if (entry.at > now || static_cast<std::int64_t>(out.size()) >= limit) break;
        const auto* row = record(entry.payment);
        const auto* op = row->operation(entry.operation);
        out.push_back(
            {entry.payment, entry.operation, row->payment.merchant, op->due_at, op->tries});
    }
    return out;
}

Operation* Database::find_due(const Due& wanted) {
    auto* row = find(wanted.payment);
    if (!row) return nullptr;
    const auto op = std::ranges::find(row->operations, wanted.operation, &Operation::id);
    return op == row->operations.end() || op->due_at != wanted.due_at ? nullptr : &*op;
}

std::vector<Due> Database::claim(const std::vector<Due>& wanted, Instant until) {
    std::vector<Due> out;
    for (const auto& due : wanted) {
        auto* op = find_due(due);
        if (!op) continue;
        ++op->tries;
        set_due(*op, due.payment, until);
        out.push_back({due.payment, due.operation, due.merchant, until, op->tries});
    }
    return out;
}

void Database::postpone(const Due& claimed, Instant at) {
    if (auto* op = find_due(claimed)) set_due(*op, claimed.payment, at);
}

std::vector<DuePayment> Database::chores(Instant now, std::int64_t limit) const {
    std::vector<DuePayment> out;
    for (const auto& [at, id] : chores_) {
        if (at > now || static_cast<std::int64_t>(out.size()) >= limit) break;
        out.push_back({id, record(id)->payment.merchant, at});
    }
    return out;
}

std::vector<DuePayment> Database::claim_chores(const std::vector<DuePayment>& wanted,
                                               Instant until) {
    std::vector<DuePayment> out;
    for (const auto& due : wanted) {
        auto& payment = find(due.payment)->payment;
        if (payment.due_at != due.due_at) continue;
        set_chore(payment, until);
        out.push_back(due);
    }
    return out;
}

std::vector<ProviderEvent> Database::due_events(Instant now, std::int64_t limit) const {
    std::vector<ProviderEvent> out;
    for (const auto& [at, id] : event_queue_) {
        if (at > now || static_cast<std::int64_t>(out.size()) >= limit) break;
        out.push_back(events_.at(id).event);
    }
    return out;
}

EventRow* Database::find_event(const ProviderEvent& wanted) {
    auto& row = events_.at(wanted.id);
    return row.event.due_at == wanted.due_at ? &row : nullptr;
}

std::vector<ProviderEvent> Database::claim_events(const std::vector<ProviderEvent>& wanted,
                                                  Instant until) {
    std::vector<ProviderEvent> out;
    for (const auto& due : wanted) {
        auto* row = find_event(due);
        if (!row) continue;
        ++row->event.tries;
        set_event(*row, until);
        out.push_back(row->event);
    }
    return out;
}

void Database::finish_event(const ProviderEvent& claimed, EventState state, std::string why,
                            Instant due_at) {
    auto* row = find_event(claimed);
    if (!row) return;
    row->state = state;
    row->why = std::move(why);
    set_event(*row, due_at);
}

std::optional<std::int32_t> Database::receive(const std::string& provider,
                                              const connectors::Hint& hint, Instant now) {
    const auto id = PaymentId::parse(hint.payment);
    auto* row = id ? find(*id) : nullptr;
    const auto look_at = time_of_look(hint.about, row, now);
    const bool waits = look_at != Instant::max();
    const auto [place, is_new] = events_.try_emplace(hint.id);
    if (!is_new) return std::nullopt;
    auto& added = place->second;
    added.event = {.slot = {},
                   .provider = provider,
                   .id = hint.id,
                   .type = hint.type,
                   .about = std::string(name(hint.about)),
                   .object = hint.object,
                   .payment = id.value_or(PaymentId()),
                   .due_at = Instant::max()};
    added.state = waits ? EventState::waiting : EventState::done;
    set_event(added, look_at);
    std::int32_t woken = 0;
    if (!row) return woken;
    for (auto& op : row->operations) {
        const bool is_open = op.state == State::pending || op.state == State::unknown ||
                             op.state == State::not_found_wait;
        if (!is_open || op.due_at == Instant::max() || op.due_at <= now) continue;
        set_due(op, *id, now);
        ++woken;
    }
    return woken;
}

Instant Database::first_due() const {
    auto first = Instant::max();
    if (!queue_.empty()) first = queue_.begin()->at;
    if (!chores_.empty()) first = std::min(first, chores_.begin()->first);
    if (!event_queue_.empty()) first = std::min(first, event_queue_.begin()->first);
    if (!deadlines_.empty()) first = std::min(first, std::get<0>(*deadlines_.begin()));
    if (!releases_.empty()) first = std::min(first, std::get<0>(*releases_.begin()));
    return first;
}

}  // namespace florin::simulator
