#include "payments/disputes.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/check.h"
#include "fx/rules.h"
#include "payments/deadline.h"
#include "payments/postings.h"
#include "payments/shipping.h"
#include "payments/step.h"

namespace florin::payments {

using operation::State;

namespace {

// Each is at most what the order still has in escrow; what goes beyond is nobody's but ours.
std::vector<std::int64_t> shares_of(const Payment& payment, std::vector<std::int64_t> left,
                                    std::int64_t amount) {
    const auto all = std::accumulate(left.begin(), left.end(), std::int64_t{0});
    if (amount >= all) return left;
    return split_by_order(payment, amount, left);
}

// What a provider tells of a dispute, in the payment's currency.
struct Claim {
    std::int64_t amount = 0;
    fx::Amounts withdrawn;  // And not given back. Without a quote only `settlement` counts.
};

// Of a payment that the buyer has paid in another currency it is the part of what he has paid: what
// that brought. Nothing: it is in neither currency, or about more than the buyer has paid.
std::optional<Claim> claim_of(const Payment& payment, const connectors::DisputeFacts& facts) {
    const auto amount = facts.amount.minor(), withdrawn = facts.withdrawn - facts.reinstated;
    const auto currency = facts.amount.currency();
    if (!payment.presentment) {
        if (currency != payment.currency) return std::nullopt;
        return Claim{amount, {.settlement = withdrawn}};
    }
    const auto& p = *payment.presentment;
    if (currency != p.currency || std::max(amount, withdrawn) > p.captured) return std::nullopt;
    const fx::Amounts paid{p.captured, payment.counters.captured, p.captured_spread};
    const auto part = [&](auto minor) { return part_of(paid, fx::Side::presentment, 0, minor); };
    return Claim{std::max<std::int64_t>(part(amount).settlement, 1), part(withdrawn)};
}

// The money moves when the provider moves it, whatever word it has for the dispute. Between two
// looks it may have gone and come back, and left a fee.
void book_movements(Change& change, const fx::Amounts& withdrawn, std::int64_t all_fees) {
    auto& dispute = *change.dispute;
    auto& counters = change.after.counters;
    const fx::Amounts taken{withdrawn.presentment - dispute.presented,
                            withdrawn.settlement - dispute.withdrawn,
                            withdrawn.spread - dispute.spread};
    const auto fee = all_fees - dispute.fee;
    if (taken == fx::Amounts() && fee == 0) return;
    dispute.withdrawn = withdrawn.settlement;
    dispute.presented = withdrawn.presentment;
    dispute.spread = withdrawn.spread;
    dispute.fee = all_fees;
    ++dispute.movements;
    counters.disputed += taken.settlement;
    change.after.dispute_override |=
        counters.refunded + counters.refund_reserved + counters.disputed > counters.captured;
    book(change, movement_posting(change.after, dispute, taken, fee));
}

// What was lost is taken from the orders; a later win, or another amount, gives it back to them.
void book_decision(Change& change, std::span<const Part> parts, bool was_lost, std::int64_t amount,
                   const Payables& payables) {
    auto& dispute = *change.dispute;
    const bool is_lost = dispute.status == dispute::Status::lost;
    const bool is_same = was_lost && is_lost && dispute.amount == amount;
    auto left = left_by_order(change.after, parts, Action::refund);
    if (was_lost && !is_same) {
        ++dispute.movements;
        book(change, decision_posting(change.after, dispute, false, {}));
        give_back(change, std::exchange(dispute.taken_back, {}));
        expect_release(change, dispute.shares);
        for (std::size_t n = 0; n < left.size(); ++n)
            left[n] += std::exchange(dispute.shares[n], 0);
    }
    dispute.amount = amount;
    if (is_lost && !is_same) {
        dispute.shares = shares_of(change.after, left, amount);
        dispute.taken_back = beyond_escrow(change.after, left, dispute.shares);
        take_back(change, dispute.taken_back);
        ++dispute.movements;
        book(change, decision_posting(change.after, dispute, true, payables));
    }
}

bool is_decided(const Dispute& dispute) {
    return dispute.status == dispute::Status::won || dispute.status == dispute::Status::lost;
}

// While the bank has money that sellers were given already, they are not paid out as much: it may
// be theirs to lose. What they are not owed any more cannot be frozen.
void freeze(Change& change, std::span<const Part> parts, Payables payables) {
    auto& dispute = *change.dispute;
    if (is_decided(dispute) || dispute.withdrawn <= 0 || !dispute.frozen.empty()) return;
    const auto& payment = change.after;
    const auto left = left_by_order(payment, parts, Action::refund);
    const auto shares = shares_of(payment, left, dispute.withdrawn);
    const auto released = beyond_escrow(payment, left, shares);
    std::vector<std::int64_t> frozen(released.size(), 0);
    for (std::size_t n = 0; n < released.size(); ++n) {
        const auto& shipment = payment.orders[n].shipment;
        const auto before = shipment.released - released[n];
        const auto cut = sellers::part_of(shipment.fees, before, released[n]);
        auto& owed = payables[payment.orders[n].seller_account];
        frozen[n] = std::min(owed, cut.seller);
        owed -= frozen[n];
    }
    if (std::ranges::all_of(frozen, [](auto amount) { return amount == 0; })) return;
    dispute.frozen = std::move(frozen);
    ++dispute.freezes;
    book(change, freeze_posting(payment, dispute, true));
}

// It is decided, or the bank has given the money back: the sellers are owed it again.
void thaw(Change& change, Payables& payables) {
    auto& dispute = *change.dispute;
    if (dispute.frozen.empty() || (!is_decided(dispute) && dispute.withdrawn > 0)) return;
    ++dispute.freezes;
    book(change, freeze_posting(change.after, dispute, false));
    const auto frozen = std::exchange(dispute.frozen, {});
    for (std::size_t n = 0; n < frozen.size(); ++n)
        payables[change.after.orders[n].seller_account] += frozen[n];
}

Dispute opened(const Payment& payment, const connectors::DisputeFacts& facts, std::int64_t amount,
               dispute::Status status, Instant now, std::uint64_t random) {
    return {.id = DisputeId::make(now, payment.id.slot(), random),
            .provider = payment.operation.provider,
            .reference = facts.reference,
            .status = status,
            .reason = facts.reason,
            .amount = amount,
            .shares = std::vector<std::int64_t>(payment.orders.size(), 0),
            .evidence_due_at = facts.evidence_due_at,
            .opened_at = now,
            .updated_at = now};
}

}  // namespace

Result<std::optional<Change>> take_dispute(const Payment& payment, std::span<const Part> parts,
                                           const std::optional<Dispute>& known,
                                           const connectors::DisputeFacts& facts, Payables payables,
                                           Instant now, std::uint64_t random) {
    const auto told = dispute::status_from(facts.status);
    if (facts.reinstated > facts.withdrawn)
        return fail(Fault::conflict, "dispute_out_of_order",
                    "more of the dispute " + facts.reference +
                        " was given back than was taken: look at it at the provider");
    const auto claim = claim_of(payment, facts);
    if (!told || !claim)
        return fail(Fault::conflict, "dispute_currency",
                    "the dispute " + facts.reference + " is in another currency than " +
                        payment.id.text() + ", or about more than was paid: book it by hand");
    const auto status = status_heard(known, *told, facts.evidence_due_at, now);
    const auto before = known ? known->status : status;
    auto change = step(payment, now, random);
    change.dispute = known ? *known : opened(payment, facts, claim->amount, status, now, ~random);
    auto& dispute = *change.dispute;
    const auto event = before == status
                           ? dispute::Event::updated
                           : dispute::event_between(before, status).value_or(dispute::Event::count);
    if (event == dispute::Event::count)
        return fail(Fault::conflict, "dispute_out_of_order",
                    "the dispute " + facts.reference + " was " + std::string(name(before)) +
                        " and the provider says " + facts.status + ": look at it there");
    dispute.status = status;
    dispute.evidence_due_at = is_open(status) ? facts.evidence_due_at : Instant::max();
    dispute.due_at = next_chore(known, dispute, now);
    book_movements(change, claim->withdrawn, facts.fee);
    thaw(change, payables);
    book_decision(change, parts, known && before == dispute::Status::lost, claim->amount, payables);
    freeze(change, parts, std::move(payables));
    if (known && dispute == *known) return std::nullopt;
    dispute.updated_at = now;
    dispute.version = change.after.version;
    change.event_type = known ? "dispute." + std::string(name(event)) : "dispute.opened";
    return seal(payment, std::move(change));
}

Change warn_of_deadline(const Payment& payment, Dispute dispute, Instant now,
                        std::uint64_t random) {
    using dispute::Event;
    check(next(dispute::kTransitions, dispute.status, Event::response_due) == dispute.status &&
              chore_of(dispute, now) == DeadlineChore::warn,
          "only who can answer is warned");
    auto change = step(payment, now, random);
    dispute.due_at = chore_after_warning(dispute, now);
    dispute.updated_at = now;
    dispute.version = change.after.version;
    change.dispute = std::move(dispute);
    change.event_type = "dispute." + std::string(name(Event::response_due));
    return seal(payment, std::move(change));
}

std::optional<Change> take_return(const Payment& payment, const connectors::Outcome& outcome,
                                  Instant now, std::uint64_t random) {
    const auto& op = payment.operation;
    const auto* no = std::get_if<connectors::Declined>(&outcome);
    if (op.kind != Action::refund || op.state != State::succeeded || op.returned || !no)
        return std::nullopt;
    auto change = step(payment, now, random);
    auto& refund = change.after.operation;
    refund.returned = true;
    refund.review = true;  // The buyer has no money yet: somebody has to find another way.
    refund.decline_code = no->code;
    refund.decline_detail = no->detail_code;
    change.event_type = "refund.returned";
    book(change, refund_posting(change.after, RefundStage::returned));
    return seal(payment, std::move(change));
}

std::optional<Change> take_lapse(const Payment& payment, const connectors::Outcome& outcome,
                                 Instant now, std::uint64_t random) {
    const auto* no = std::get_if<connectors::Declined>(&outcome);
    const auto left = capturable(payment.counters);
    if (!no || payment.doing || left <= 0) return std::nullopt;
    auto change = step(payment, now, random);
    change.after.counters.voided += left;
    change.after.cancellation_reason = kExpired;
    let_go_of_tender(change);
    change.event_type = payment.counters.captured > 0 ? "payment.succeeded" : "payment.expired";
    return seal(payment, std::move(change));
}

Result<Change> dismiss(const Payment& payment, std::string reason, Instant now,
                       std::uint64_t random) {
    const auto& op = payment.operation;
    const auto absent = operation::next(op.state, operation::Event::prove_absent);
    if (!absent && !operation::is_settled(op.state))
        return fail(Fault::conflict, "operation_open",
                    "the outcome of " + op.id.text() +
                        " is not known: retry it, or wait until the provider says that there is no "
                        "such thing");
    if (!absent && !op.review)
        return fail(Fault::conflict, "nothing_to_discard",
                    "the operation " + op.id.text() + " waits for nobody");
    auto change = step(payment, now, random);
    auto& mine = change.after.operation;
    mine.review = false;
    mine.why = std::move(reason);
    change.event_type = "operation.reviewed";
    if (absent) {
        mine.state = *absent;
        mine.decline_code = "not_found";
        mine.proof = {"operator", "", ""};
        book_decline(change);
        mine.review = false;
        end(change);
    }
    return seal(payment, std::move(change));
}

}  // namespace florin::payments
