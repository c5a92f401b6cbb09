#include "simulator/database.h"

#include <algorithm>

#include "base/check.h"

namespace florin::simulator {

using namespace payments;
using operation::State;

namespace {

// The CHECKs of florin.payment.
bool holds(const Counters& c, std::int64_t amount) {
    const auto least = std::min({c.authorized, c.capture_reserved, c.captured, c.voided,
                                 c.refund_reserved, c.refunded, c.disputed});
    return least >= 0 && c.authorized <= amount &&
           c.captured + c.capture_reserved + c.voided <= c.authorized &&
           c.refunded + c.refund_reserved + c.disputed <= c.captured;
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
}

void update_payment(Payment& row, const Payment& to) {
    row.version = to.version;
    const auto disputed = row.counters.disputed;
    row.counters = to.counters;
    row.counters.disputed = disputed;
    row.doing = to.doing;
    row.waiting_for = to.waiting_for;
    row.main = to.main;
    row.updated_at = to.updated_at;
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
            .due_at = Instant::max(),
            .reason = op.reason,
            .shares = op.shares,
            .is_final = op.is_final};
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
    record.payment.counters = {};
    record.payment.main = payment.operation.id;
    record.operations.push_back(inserted(payment.operation));
    set_due(record.operations.back(), payment.id, payment.operation.due_at);
    record.events.push_back({EventId(payment.id.uuid()), 1, payment.operation.id, "payment.created",
                             "", payment.created_at});
    return kCommitted;
}

SqlState Database::judge(const Record& record, const Change& change) const {
    const auto& after = change.after;
    if (after.version <= record.payment.version) return kUniqueBroken;  // That event exists.
    if (change.scope != Scope::none && key(after.merchant, change.scope, change.key.key))
        return kUniqueBroken;
    if (after.version != record.payment.version + 1) return kStale;
    if (!holds(after.counters, record.payment.amount)) return kCheckBroken;
    if (change.operation_is_new) {
        if (after.operation.amount <= 0) return kCheckBroken;
        if (record.operation(after.operation.id)) return kUniqueBroken;
    } else if (!record.operation(after.operation.id)) {
        return kStale;
    }
    if (!change.posting) return kCommitted;
    if (const auto state = judge_posting(*change.posting); state != kCommitted) return state;
    return transactions_.contains(change.posting->id) ? kUniqueBroken : kCommitted;
}

SqlState Database::advance(const Change& change, std::string data) {
    const auto& after = change.after;
    auto* record = find(after.id);
    if (!record || record->payment.merchant != after.merchant) return kStale;
    if (const auto state = judge(*record, change); state != kCommitted) return state;
    const auto& op = after.operation;
    update_payment(record->payment, after);
    record->events.push_back(
        {change.event, after.version, op.id, change.event_type, std::move(data), after.updated_at});
    if (change.scope != Scope::none)
        keys_[{after.merchant, change.scope, change.key.key}] = {text_of(change.key.request_hash),
                                                                 after.id, op.id};
    if (change.operation_is_new) {
        record->operations.push_back(inserted(op));
        std::ranges::sort(record->operations, {}, &Operation::id);
    }
    auto& row = *std::ranges::find(record->operations, op.id, &Operation::id);
    if (!change.operation_is_new) update_operation(row, op);
    set_due(row, after.id, op.due_at);
    if (change.posting) {
        transactions_.insert(change.posting->id);
        record->postings.push_back(*change.posting);
    }
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
    for (const auto& op : row->operations) out.push_back({op.kind, op.state, op.shares, op.id});
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

std::optional<std::int32_t> Database::receive(const std::string& provider,
                                              const connectors::Hint& hint, Instant now) {
    if (!provider_events_.emplace(provider, hint.id).second) return std::nullopt;
    std::int32_t woken = 0;
    const auto id = PaymentId::parse(hint.payment);
    auto* row = id ? find(*id) : nullptr;
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
    return queue_.empty() ? Instant::max() : queue_.begin()->at;
}

}  // namespace florin::simulator
