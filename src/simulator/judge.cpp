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
    if (posting.kind == "refund_returned") return false;
    return std::ranges::any_of(posting.legs, [&](const auto& leg) {
        return leg.account.code == ledger::kUnapplied &&
               (posting.id == operation || leg.reference == operation.uuid());
    });
}

// What we say of a dispute in the end. Nobody answers it here, and time has passed until nothing is
// due any more.
std::string_view status_at_rest(const connectors::DisputeFacts& truth) {
    const bool waits =
        takes_reply(*dispute::status_from(truth.status)) && truth.evidence_due_at != Instant::max();
    return waits ? "expired" : std::string_view(truth.status);
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
    lapsed += other.lapsed;
    returned += other.returned;
    disputes += other.disputes;
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
    if (waits_for_approval(op)) return true;
    if (op.state != State::not_found_wait) return false;
    const auto margin = world_.profile.key_window - std::chrono::minutes(1);
    if (world_.scheduler.now() - op.sent_at < margin) return false;
    return !world_.provider.knows(op.provider_key);
}

// Florin gives back in time what nobody captures, unless it is kept from it.
void Judge::watch_lapse(const connectors::Hint& hint) {
    const auto id = PaymentId::parse(hint.payment);
    const auto* record = id ? world_.database.record(*id) : nullptr;
    if (!record) return fault("an authorization that nobody knows has ended: " + hint.object);
    const bool is_excused = std::ranges::any_of(record->operations, [](const Operation& op) {
        return !operation::is_settled(op.state) ||
               (op.kind == Action::cancel && op.state == State::declined);
    });
    if (!is_excused)
        fault(fmt::format("{}: {} was forgotten until it lapsed", id->text(), hint.object));
}

void Judge::collect_truth() {
    for (const auto& effect : world_.provider.effects()) {
        auto& truth = truth_[effect.key];
        truth.was_held |= effect.was_held;
        if (effect.state != Effect::State::done) continue;
        ++truth.done;
        truth.amount = effect.amount;
        truth.action = effect.action;
        truth.is_returned = effect.returned;
    }
    for (const auto& charge : world_.provider.charges()) {
        auto& holdings = holdings_[charge.payment];
        holdings.captured += charge.captured;
        holdings.refunded += charge.refunded - charge.returned;
    }
    for (const auto& dispute : world_.provider.disputes()) {
        auto& holdings = holdings_[dispute.payment];
        holdings.withdrawn += dispute.withdrawn - dispute.reinstated;
        holdings.fees += dispute.fee;
    }
    for (const auto& record : world_.database.records()) {
        for (const auto& event : record.events)
            if (event.type.ends_with("late_success")) late_.insert(event.operation);
    }
}

// What was canceled before the provider had decided can never come to be.
bool Judge::is_broken_fence(const Record& record, const Operation& op) const {
    if (!late_.contains(op.id) || world_.profile.forgets_declines) return false;
    return std::ranges::any_of(record.events, [&](const Event& event) {
        return event.version == op.ended_version &&
               (event.type == "payment.canceled" || event.type == "payment.expired");
    });
}

void Judge::judge_operation(const Record& record, const Operation& op, Tally& tally) {
    const auto& payment = record.payment;
    if (is_broken_fence(record, op))
        fault("it was canceled, and succeeded: " + describe(payment, op));
    auto& truth = truth_[op.provider_key];
    if (truth.is_owned) fault("two operations have one provider key: " + describe(payment, op));
    truth.is_owned = true;
    tally.late_successes += late_.contains(op.id) ? 1 : 0;
    tally.returned += op.returned ? 1 : 0;
    if (truth.done > 1)
        fault(fmt::format("done {} times at the provider: {}", truth.done, describe(payment, op)));
    if (truth.done > 0 && (truth.amount != op.amount || truth.action != op.kind))
        fault(fmt::format("the provider did {} of {} minor units: {}",
                          connectors::name(truth.action), truth.amount, describe(payment, op)));
    if (op.state == State::succeeded) {
        // Whoever asked in time saw an authorization before it was canceled; judge_authorization
        // sees to it that nothing is thought to be held.
        if (truth.done == 0 && !truth.was_held)
            fault("succeeded, but the provider did not: " + describe(payment, op));
        if (truth.is_returned != op.returned)
            fault("the bank sent it back, and nobody knows: " + describe(payment, op));
    } else if (op.state == State::declined) {
        if (truth.done > 0 && !truth.is_returned)
            fault("declined, but the provider did it: " + describe(payment, op));
    } else if (is_for_a_person(payment, op)) {
        ++tally.for_a_person;
    } else {
        fault("still open at the end: " + describe(payment, op));
    }
}

// Counters against what the operations that ended come to, in the order of their ends.
void Judge::judge_counters(const Record& record) {
    std::vector<const Operation*> ended;
    Counters sum;
    for (const auto& op : record.operations) {
        const bool is_open = !operation::is_settled(op.state);
        if (is_open && op.kind == Action::capture) sum.capture_reserved += op.amount;
        if (is_open && op.kind == Action::refund && op.about.empty())
            sum.refund_reserved += op.amount;
        if (op.state == State::succeeded) ended.push_back(&op);
    }
    std::ranges::sort(ended, {}, &Operation::ended_version);
    for (const auto* op : ended) {
        const bool is_parked = !op->about.empty() && op->kind == Action::refund
                                   ? true
                                   : std::ranges::any_of(record.postings, [&](const auto& posting) {
                                         return parks(posting, op->id);
                                     });
        const bool is_late = late_.contains(op->id);
        if (is_parked) continue;
        if (op->kind == Action::sale || (op->kind == Action::authorize && !is_late))
            sum.authorized += op->amount;
        if (op->kind == Action::adjust && !is_late) sum.authorized = op->amount;
        if (op->kind == Action::sale || op->kind == Action::capture) sum.captured += op->amount;
        if (op->kind == Action::refund) sum.refunded += op->amount;
    }
    const auto& c = record.payment.counters;
    if (c.authorized != sum.authorized || c.captured != sum.captured ||
        c.refunded != sum.refunded || c.capture_reserved != sum.capture_reserved ||
        c.refund_reserved != sum.refund_reserved)
        fault(
            fmt::format("{}: the counters (authorized {} captured {} refunded {} reserved {} {}) "
                        "are not what its operations did ({} {} {} {} {})",
                        record.payment.id.text(), c.authorized, c.captured, c.refunded,
                        c.capture_reserved, c.refund_reserved, sum.authorized, sum.captured,
                        sum.refunded, sum.capture_reserved, sum.refund_reserved));
}

// What is held of the buyer's money, here and at the provider.
void Judge::judge_authorization(const Record& record) {
    const auto& payment = record.payment;
    const auto& c = payment.counters;
    if (payment.doing) return;  // It may not be judged before it has ended.
    // The provider has refused to let it go until it lapsed: somebody is to look why.
    const bool is_marked = std::ranges::any_of(record.operations, [](const Operation& op) {
        return op.kind == Action::cancel && op.review;
    });
    if (capturable(c) != 0 && !is_marked)
        fault(fmt::format("{}: {} minor units are authorized for ever", payment.id.text(),
                          capturable(c)));
    const auto* main = record.operation(payment.main);
    const auto* charge = world_.provider.charge(main->provider_reference);
    const bool is_odd = std::ranges::any_of(
        record.operations, [&](const Operation& op) { return late_.contains(op.id) || op.review; });
    if (is_odd || c.authorized == 0) return;
    if (!charge)
        return fault(
            fmt::format("{}: '{}' is no charge", payment.id.text(), main->provider_reference));
    if (charge->authorized != c.authorized || charge->voided != c.voided)
        fault(fmt::format(
            "{}: at the provider {} are authorized and {} given back, the counters "
            "say {} and {}",
            payment.id.text(), charge->authorized, charge->voided, c.authorized, c.voided));
}

// The books of one payment against the provider's truth and the counters.
void Judge::judge_books(const Record& record) {
    std::map<std::int16_t, std::int64_t> balance;
    for (const auto& posting : record.postings) {
        for (const auto& leg : posting.legs) balance[leg.account.code] += leg.amount;
    }
    const auto& payment = record.payment;
    const auto& c = payment.counters;
    const auto& truth = holdings_[payment.id.text()];
    const auto expect = [&](std::string_view what, std::int64_t booked, std::int64_t wanted) {
        if (booked != wanted)
            fault(fmt::format("{}: the books have {} {}, and it is {}", payment.id.text(), booked,
                              what, wanted));
    };
    std::int64_t on_its_way = 0, lost = 0, lost_shares = 0, frozen = 0;
    bool is_stuck = false;  // The bank did not take money back, or a person is to send it back.
    for (const auto& op : record.operations) {
        const bool takes = op.kind == Action::capture || op.kind == Action::sale;
        is_stuck |= takes && op.review;
        if (op.kind != Action::refund) continue;
        if (!operation::is_settled(op.state)) on_its_way += op.amount;
        is_stuck |= op.state != State::succeeded || op.returned;
    }
    if (!is_stuck && truth.captured - truth.refunded > payment.amount)
        fault(fmt::format("{}: the buyer has paid {} for {}", payment.id.text(),
                          truth.captured - truth.refunded, payment.amount));
    for (const auto& dispute : record.disputes) {
        for (const auto amount : dispute.frozen) frozen += amount;
        if (dispute.status != dispute::Status::lost) continue;
        lost += dispute.amount;
        for (const auto share : dispute.shares) lost_shares += share;
    }
    expect("with the provider", balance[ledger::kPspReceivable],
           truth.captured - truth.refunded - truth.withdrawn - truth.fees);
    expect("on its way back", -balance[ledger::kRefundInFlight], on_its_way);
    sellers::Fees released;
    for (const auto& order : payment.orders) {
        const auto cut = sellers::part_of(order.shipment.fees, 0, order.shipment.released);
        released.seller += cut.seller;
        released.commission += cut.commission;
        released.logistics += cut.logistics;
    }
    expect("for sellers", -balance[ledger::kEscrow],
           c.captured - c.refunded - c.refund_reserved - lost_shares - released.total());
    expect("of sellers",
           -balance[ledger::kSellerPayable] - balance[ledger::kSellerReserve] -
               balance[ledger::kSellerReceivable],
           released.seller);
    expect("frozen", -balance[ledger::kSellerReserve], frozen);
    expect("of ours", -balance[ledger::kCommission], released.commission);
    // What a carrier keeps of an order that went back is our loss.
    expect("of carriers, less what was lost",
           -balance[ledger::kLogisticsPayable] - balance[ledger::kGoodwill] -
               balance[ledger::kChargebackLoss],
           released.logistics - (lost - lost_shares));
    expect("between slots", balance[ledger::kInterslot], 0);
    expect("in dispute", balance[ledger::kChargebackReceivable], truth.withdrawn - lost);
    if (c.disputed != truth.withdrawn)
        fault(fmt::format("{}: {} is withdrawn, the counters say {}", payment.id.text(),
                          truth.withdrawn, c.disputed));
}

// What may be released is, soon after its time.
void Judge::judge_releases(const Record& record) {
    const auto now = world_.scheduler.now();
    const auto parts = world_.database.parts(record.payment.id);
    for (std::size_t n = 0; n < record.payment.orders.size(); ++n) {
        const auto& shipment = record.payment.orders[n].shipment;
        if (chore_of(record.payment, parts, n, now) != ReleaseChore::release) continue;
        if (shipment.due_at == Instant::max() || shipment.due_at + kReleaseDelayMax < now)
            fault(fmt::format("{}: order {} was not released", record.payment.id.text(), n));
    }
}

// What goes back on one person's word stays within the limit. A late success is the provider's
// doing.
void Judge::judge_approvals(const Record& record) {
    std::int64_t alone = 0;
    for (const auto& op : record.operations) {
        const bool goes_back = op.state != State::declined && op.state != State::ready;
        if (op.kind != Action::refund || !op.about.empty() || !goes_back) continue;
        if (op.approval.state == Approval::State::waiting)
            fault("sent, and nobody has approved it: " + describe(record.payment, op));
        if (op.approval.state == Approval::State::not_needed && !late_.contains(op.id))
            alone += op.amount;
    }
    if (alone > kRefundLimit)
        fault(fmt::format("{}: {} minor units went back on one person's word",
                          record.payment.id.text(), alone));
}

// Each dispute at the provider is known as it is there.
void Judge::judge_disputes() {
    for (const auto& truth : world_.provider.disputes()) {
        const auto id = PaymentId::parse(truth.payment);
        const auto* record = id ? world_.database.record(*id) : nullptr;
        const auto* known =
            record
                ? std::ranges::find(record->disputes, truth.reference, &Dispute::reference).base()
                : nullptr;
        if (!record || known == record->disputes.data() + record->disputes.size())
            fault(fmt::format("nobody knows of the dispute {} about {}", truth.reference,
                              truth.payment));
        else if (name(known->status) != status_at_rest(truth) ||
                 known->amount != truth.amount.minor())
            fault(fmt::format("the dispute {} about {} is {} of {}, and we think {} of {}",
                              truth.reference, truth.payment, status_at_rest(truth),
                              truth.amount.minor(), name(known->status), known->amount));
    }
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
        // Canceled before it was decided: a yes is the end of it, whichever, as the answer says.
        const bool withdraws = op && request.scope == Scope::cancel && is_first_step(op->kind);
        const bool is_done = op && (withdraws && !told.bytes.contains("\"status\":\"succeeded\"")
                                        ? operation::is_settled(op->state)
                                        : op->state == State::succeeded);
        if (told.yes && !is_done)
            fault(fmt::format("key {}: told yes, and it did not happen", request.key));
        const bool is_flagged = op && op->state == State::succeeded && late_.contains(op->id);
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
    for (const auto& record : records) {
        ++tally.payments;
        tally.operations += record.operations.size();
        for (const auto& op : record.operations) judge_operation(record, op, tally);
        for (const auto& event : record.events)
            tally.unknowns += event.type.ends_with("outcome_unknown") ? 1 : 0;
        judge_counters(record);
        judge_authorization(record);
        judge_books(record);
        judge_approvals(record);
        judge_releases(record);
    }
    judge_disputes();
    judge_orphans();
    judge_told();
    tally.disputes += world_.provider.disputes().size();
    for (const auto& charge : world_.provider.charges()) tally.lapsed += charge.lapsed ? 1 : 0;
    tally.effects += world_.provider.effects().size();
    tally.events += world_.scheduler.events();
    tally.hash = world_.scheduler.hash();
    return std::move(faults_);
}

}  // namespace florin::simulator
