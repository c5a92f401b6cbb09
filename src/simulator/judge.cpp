#include "simulator/judge.h"

#include <algorithm>
#include <array>

#include "simulator/world.h"

namespace florin::simulator {

using namespace payments;
using operation::State;

namespace {

// Enough to understand a broken world.
constexpr std::size_t kFaultsMax = 20;

// A process whose clock runs ahead may look a little early.
constexpr auto kClockTolerance = std::chrono::seconds(3);

std::string describe(const Payment& payment, const Operation& op) {
    return fmt::format("{} {} {} of {} ({}, key {})", payment.id.text(), connectors::name(op.kind),
                       payment.money(op.amount).decimal(), operation::name(op.state), op.id.text(),
                       op.provider_key);
}

// What came late is beside the counters when nothing was left for it.
bool parks(const ledger::Posting& posting, OperationId operation) {
    return std::ranges::any_of(posting.legs, [&](const auto& leg) {
        return leg.account.code == ledger::kUnapplied &&
               (posting.id == operation || leg.reference == operation.uuid());
    });
}

}  // namespace

std::string_view name(Reply::Kind kind) {
    static constexpr std::array<std::string_view, 7> kNames = {
        "yes", "no", "open", "refused", "in progress", "busy", "no answer"};
    return kNames[static_cast<std::size_t>(kind)];
}

void Tally::add(const Tally& other) {
    payments += other.payments;
    operations += other.operations;
    effects += other.effects;
    crashes += other.crashes;
    events += other.events;
    unknowns += other.unknowns;
    late_successes += other.late_successes;
    for_a_person += other.for_a_person;
    virtual_time += other.virtual_time;
    hash ^= other.hash;
}

void Judge::fault(std::string what) {
    world_.trace("BROKEN: {}", what);
    if (faults_.size() < kFaultsMax) faults_.push_back(std::move(what));
}

void Judge::sends(const Request& request) {
    ++told_[request].sent;
}

void Judge::hears(const Request& request, const Reply& reply) {
    auto& told = told_[request];
    // Who hears nothing, or that nobody knows, still has that attempt on its way.
    if (reply.kind == Reply::Kind::reset || reply.kind == Reply::Kind::busy) return;
    ++told.heard;
    if (reply.kind == Reply::Kind::refused) {
        told.refused_alone |= told.heard == told.sent;
        return;
    }
    if (reply.kind == Reply::Kind::in_progress) return;
    if (told.payment != PaymentId() && told.payment != reply.payment)
        fault(fmt::format("key {} led to two payments", request.key));
    told.payment = reply.payment;
    if (reply.kind == Reply::Kind::open) return;
    if (!told.bytes.empty() && told.bytes != reply.data)
        fault(fmt::format("key {} was answered with other bytes: {} and {}", request.key,
                          told.bytes, reply.data));
    told.bytes = reply.data;
    (reply.kind == Reply::Kind::yes ? told.yes : told.no) = true;
}

void Judge::watch_claim(const std::vector<Due>& wanted, Instant now) {
    for (const auto& due : wanted) {
        if (due.due_at > now + kClockTolerance)
            fault(
                fmt::format("{} was taken over before its lease had ended", due.operation.text()));
    }
}

bool Judge::is_for_a_person(const Payment&, const Operation& op) const {
    if (op.state != State::not_found_wait) return false;
    const auto margin = world_.profile.key_window - std::chrono::minutes(1);
    if (world_.scheduler.now() - op.sent_at < margin) return false;
    const auto& effects = world_.provider.effects();
    return std::ranges::none_of(effects,
                                [&](const auto& effect) { return effect.key == op.provider_key; });
}

void Judge::collect_truth() {
    for (const auto& effect : world_.provider.effects()) {
        auto& truth = truth_[effect.key];
        if (effect.state != Effect::State::done) continue;
        ++truth.done;
        truth.amount = effect.amount;
        truth.action = effect.action;
        truth.charge = effect.charge;
    }
}

void Judge::judge_operation(const Payment& payment, const Operation& op, Tally& tally) {
    auto& truth = truth_[op.provider_key];
    if (truth.is_owned) fault("two operations have one provider key: " + describe(payment, op));
    truth.is_owned = true;
    if (truth.done > 1)
        fault(fmt::format("done {} times at the provider: {}", truth.done, describe(payment, op)));
    if (truth.done > 0 && (truth.amount != op.amount || truth.action != op.kind))
        fault(fmt::format("the provider did {} of {} minor units: {}",
                          connectors::name(truth.action), truth.amount, describe(payment, op)));
    if (op.state == State::succeeded) {
        if (truth.done == 0) fault("succeeded, but the provider did not: " + describe(payment, op));
        tally.late_successes += op.review ? 1 : 0;
    } else if (op.state == State::declined) {
        if (truth.done > 0) fault("declined, but the provider did it: " + describe(payment, op));
    } else if (is_for_a_person(payment, op)) {
        ++tally.for_a_person;
    } else {
        fault("still open at the end: " + describe(payment, op));
    }
}

// Counters against what the operations that ended come to.
void Judge::judge_counters(const Payment& payment) {
    const auto* record = world_.database.record(payment.id);
    std::int64_t authorized = 0, captured = 0, refunded = 0, capturing = 0, refunding = 0;
    for (const auto& op : record->operations) {
        const bool is_open = !operation::is_settled(op.state);
        if (is_open && op.kind == Action::capture) capturing += op.amount;
        if (is_open && op.kind == Action::refund) refunding += op.amount;
        if (op.state != State::succeeded) continue;
        const bool is_parked = std::ranges::any_of(
            record->postings, [&](const auto& posting) { return parks(posting, op.id); });
        if (is_parked || (op.review && op.kind == Action::authorize)) continue;
        if (op.kind == Action::authorize || op.kind == Action::sale) authorized += op.amount;
        if (op.kind == Action::sale || op.kind == Action::capture) captured += op.amount;
        if (op.kind == Action::refund) refunded += op.amount;
    }
    const auto& c = payment.counters;
    if (c.authorized != authorized || c.captured != captured || c.refunded != refunded ||
        c.capture_reserved != capturing || c.refund_reserved != refunding)
        fault(
            fmt::format("{}: the counters (authorized {} captured {} refunded {} reserved {} {}) "
                        "are not what its operations did ({} {} {} {} {})",
                        payment.id.text(), c.authorized, c.captured, c.refunded, c.capture_reserved,
                        c.refund_reserved, authorized, captured, refunded, capturing, refunding));
}

// The books of one payment against the provider's truth and the counters.
void Judge::judge_books(std::size_t index) {
    const auto& record = world_.database.records()[index];
    std::map<std::int16_t, std::int64_t> balance;
    for (const auto& posting : record.postings) {
        for (const auto& leg : posting.legs) balance[leg.account.code] += leg.amount;
    }
    std::int64_t captured = 0, refunded = 0, voided = 0;
    bool is_odd = false;  // A late success: a person sorts it out.
    for (const auto& op : record.operations) {
        const auto& truth = truth_[op.provider_key];
        const auto done = truth.done * truth.amount;
        if (op.kind == Action::sale || op.kind == Action::capture) captured += done;
        if (op.kind == Action::refund) refunded += done;
        const bool is_first = op.kind == Action::sale || op.kind == Action::authorize;
        if (is_first && truth.done == 1) voided = world_.provider.charges()[truth.charge].voided;
        is_odd |= op.review;
    }
    const auto& payment = record.payment;
    const auto& c = payment.counters;
    if (!is_odd && c.voided != voided)
        fault(fmt::format("{}: {} minor units were given back at the provider, the counters say {}",
                          payment.id.text(), voided, c.voided));
    if (balance[ledger::kPspReceivable] != captured - refunded)
        fault(fmt::format("{}: the books have {} with the provider, which has {}",
                          payment.id.text(), balance[ledger::kPspReceivable], captured - refunded));
    if (-balance[ledger::kRefundInFlight] != c.refund_reserved)
        fault(fmt::format("{}: the books have {} on its way back, the counters {}",
                          payment.id.text(), -balance[ledger::kRefundInFlight], c.refund_reserved));
    if (-balance[ledger::kEscrow] != c.captured - c.refunded - c.refund_reserved)
        fault(fmt::format("{}: the books hold {} for sellers, the counters {}", payment.id.text(),
                          -balance[ledger::kEscrow], c.captured - c.refunded - c.refund_reserved));
}

void Judge::judge_orphans() {
    for (const auto& [key, truth] : truth_) {
        if (truth.done > 0 && !truth.is_owned)
            fault(
                fmt::format("the provider did {} of {} minor units that no operation knows (key "
                            "{})",
                            connectors::name(truth.action), truth.amount, key));
    }
    if (world_.provider.misused_keys() > 0) fault("a provider key was used for two orders");
}

void Judge::judge_told() {
    for (const auto& [request, told] : told_) {
        const auto* row = world_.database.key(world_.merchant, request.scope, request.key);
        if (row && row->request_hash.back() != static_cast<char>(request.body)) row = nullptr;
        const auto* record = row ? world_.database.record(row->payment) : nullptr;
        const auto* op = record ? record->operation(row->operation) : nullptr;
        if (told.yes && told.no) fault(fmt::format("key {}: told yes and told no", request.key));
        if (told.yes && (!op || op->state != State::succeeded))
            fault(fmt::format("key {}: told yes, and it did not happen", request.key));
        const bool is_flagged = op && op->state == State::succeeded && op->review;
        if (told.no && (!op || (op->state != State::declined && !is_flagged)))
            fault(fmt::format("key {}: told no, and it happened unflagged", request.key));
        if (told.refused_alone && op)
            fault(fmt::format("key {}: refused, and yet it was begun", request.key));
        if (told.payment != PaymentId() && (!row || row->payment != told.payment))
            fault(fmt::format("key {}: the payment that was told is not its own", request.key));
    }
}

std::vector<std::string> Judge::judge(Tally& tally) {
    collect_truth();
    const auto& records = world_.database.records();
    for (std::size_t i = 0; i < records.size(); ++i) {
        const auto& record = records[i];
        ++tally.payments;
        tally.operations += record.operations.size();
        for (const auto& op : record.operations) judge_operation(record.payment, op, tally);
        for (const auto& event : record.events)
            tally.unknowns += event.type.ends_with("outcome_unknown") ? 1 : 0;
        judge_counters(record.payment);
        judge_books(i);
    }
    judge_orphans();
    judge_told();
    tally.effects += world_.provider.effects().size();
    tally.events += world_.scheduler.events();
    tally.hash = world_.scheduler.hash();
    return std::move(faults_);
}

}  // namespace florin::simulator
