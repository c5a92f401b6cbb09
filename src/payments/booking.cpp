// What the end of an operation does: counters, ledger entries, the event, and what follows from it
// by itself (step.h).

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "payments/expiry.h"
#include "payments/postings.h"
#include "payments/presentment.h"
#include "payments/rules.h"
#include "payments/shipping.h"
#include "payments/step.h"
#include "payments/tender.h"
#include "platform/crypto/hash.h"

namespace florin::payments {

using operation::State;

namespace {

std::string_view subject_of(Action kind) {
    return kind == Action::refund ? "refund." : kind == Action::release ? "release." : "payment.";
}

void take_captured(Change& change) {
    auto& c = change.after.counters;
    c.captured += change.after.operation.amount;
    change.after.tender.captured += change.after.operation.tender_amount;
    note_captured(change.after);
    if (change.after.operation.is_final) c.voided += capturable(c);  // The provider let it go.
    book(change, capture_posting(change.after));
    expect_release(change, change.after.operation.shares);
}

void book_capture(Change& change) {
    take_captured(change);
    const bool is_all = capturable(change.after.counters) == 0;
    change.event_type = is_all ? "payment.succeeded" : "payment.partially_captured";
}

void book_cancel(Change& change) {
    auto& after = change.after;
    after.counters.voided += after.operation.amount;
    after.cancellation_reason = after.operation.reason;
    change.event_type = after.counters.captured > 0             ? "payment.succeeded"
                        : after.cancellation_reason == kExpired ? "payment.expired"
                                                                : "payment.canceled";
}

void book_adjustment(Change& change, std::uint64_t random) {
    auto& after = change.after;
    const auto& op = after.operation;
    const auto before = after.counters.authorized;
    if (after.first_amount == 0) after.first_amount = after.amount;
    after.amount = op.amount;
    after.counters.authorized = op.amount;
    for (std::size_t n = 0; n < after.orders.size(); ++n) {
        auto& order = after.orders[n];
        if (order.first_amount == 0) order.first_amount = order.amount;
        order.amount = op.shares[n];
    }
    change.event_type = "payment.adjusted";
    // The new authorization stands: now, and not before, the old one is given back.
    if (!op.about.empty())
        add_follow_up(change, Action::release, before - after.tender.amount, op.about, random);
}

// The operation has no part beside what the method's provider has of it in the payment's currency.
bool is_all_of_method(const Payment& payment) {
    return payment.operation.tender_amount == 0 && !payment.presentment;
}

// The refund goes back to where it was taken from: the orders' escrow, or suspense.
bool is_of_suspense(const Operation& refund) {
    return !refund.about.empty();
}

void book_refund(Change& change, RefundStage stage) {
    auto& after = change.after;
    if (!is_of_suspense(after.operation)) {
        after.counters.refund_reserved -= after.operation.amount;
        if (stage == RefundStage::paid) after.counters.refunded += after.operation.amount;
        if (stage == RefundStage::refused) {
            after.tender.returned -= after.operation.tender_amount;
            note_returned(after, after.operation, -1);
        }
    }
    change.event_type = stage == RefundStage::paid ? "refund.succeeded" : "refund.failed";
    book(change, refund_posting(after, stage));
    if (stage != RefundStage::refused) return;
    give_back(change, after.operation.taken_back);
    expect_release(change, change.after.operation.shares);
}

std::uint64_t draw(Uuid seed) {
    const auto hash = crypto::sha256(std::string(view(seed)) + "tender");
    std::uint64_t out = 0;
    for (std::size_t n = 0; n < sizeof out; ++n) out = out << 8 | hash[n];
    return out;
}

// The buyer pays another way by now, or has paid: what came late goes back without anybody's word.
bool is_superseded(const Payment& payment) {
    return payment.operation.kind == Action::sale && payment.main != payment.operation.id &&
           (payment.doing || payment.counters.authorized > 0);
}

void move_released(Change& change, std::span<const std::int64_t> by_order, std::int64_t sign) {
    for (std::size_t n = 0; n < by_order.size(); ++n) {
        if (by_order[n] == 0) continue;
        change.after.orders[n].shipment.released += sign * by_order[n];
        change.shipments.push_back(n);
    }
}

// A step that is not in the table is a bug: better no step than a wrong one.
template <class Status, class Event, std::size_t N>
void check_step(const std::array<Transition<Status, Event>, N>& table, Status from,
                std::string_view word, Status to) {
    for (const auto& row : table)
        if (row.from == from && row.to == to && name(row.on) == word) return;
    const auto what =
        fmt::format("no table has the step {} + {} -> {}", name(from), word, name(to));
    check(false, what.c_str());
}

void park(Change& change, std::uint64_t random) {
    auto& after = change.after;
    book(change, late_success_posting(after));
    after.operation.shares.assign(after.orders.size(), 0);  // No order has a part in it.
    if (!is_superseded(after)) return;
    book_reserved(change,
                  add_follow_up(change, Action::refund, charged(after.operation),
                                after.operation.provider_reference, random),
                  {});
    after.operation.review = false;
}

}  // namespace

std::string event_type(const Payment& payment, std::string_view what) {
    return std::string(subject_of(payment.operation.kind)) + std::string(what);
}

void book(Change& change, ledger::Posting posting) {
    if (posting.legs.empty()) return;  // The method had no part in it.
    for (auto& part : ledger::spread(std::move(posting)))
        change.postings.push_back(std::move(part));
}

void expect_release(Change& change, std::span<const std::int64_t> by_order) {
    auto& after = change.after;
    for (std::size_t n = 0; n < after.orders.size(); ++n) {
        auto& shipment = after.orders[n].shipment;
        const bool gets = by_order.empty() || by_order[n] > 0;
        if (gets && after.orders[n].is_top_up && shipment.status == shipment::Status::waiting) {
            shipment.status = shipment::Status::delivered;  // There is nothing to ship.
            shipment.delivered_at = shipment.release_at = after.updated_at;
        }
        if (!gets || shipment.release_at == Instant::max()) continue;
        shipment.due_at = std::max(shipment.release_at, after.updated_at);
        change.shipments.push_back(n);
    }
}

void take_back(Change& change, std::span<const std::int64_t> by_order) {
    move_released(change, by_order, -1);
}

void give_back(Change& change, std::span<const std::int64_t> by_order) {
    move_released(change, by_order, 1);
}

Change step(const Payment& payment, Instant now, std::uint64_t random) {
    Change change{.after = payment, .event = EventId::make(now, payment.id.slot(), random)};
    change.after.version += 1;
    change.after.updated_at = now;
    return change;
}

Change seal(const Payment& before, Change change) {
    auto& after = change.after;
    after.due_at = next_chore(after);
    const std::string_view type = change.event_type;
    const auto word = type.substr(type.find('.') + 1);
    if (type.starts_with("payment."))
        check_step(payment::kTransitions, status_of(before), word, status_of(after));
    auto& changed = change.shipments;
    if (type.starts_with("payment_order."))
        check_step(shipment::kTransitions, before.orders[changed.front()].shipment.status, word,
                   after.orders[changed.front()].shipment.status);
    std::ranges::sort(changed);
    changed.erase(std::ranges::unique(changed).begin(), changed.end());
    if (type.starts_with("refund.") && !change.operation_is_new)
        check_step(refund::kTransitions, refund_status(before.operation), word,
                   refund_status(after.operation));
    return change;
}

void note_evidence(Payment& payment, const connectors::Outcome& outcome) {
    auto& op = payment.operation;
    if (const auto* yes = std::get_if<connectors::Succeeded>(&outcome)) {
        op.provider_reference = yes->reference;
        op.proof = yes->proof;
        op.why.clear();
        if (makes_charge(op) && op.id == payment.main) {
            payment.card_brand = yes->card.brand;
            payment.can_increment = yes->card.can_increment;
            payment.authorized_until = authorized_until(op.provider, yes->card, payment.updated_at);
        }
    }
    if (const auto* no = std::get_if<connectors::Declined>(&outcome)) {
        // Somebody moved the money behind our back: the books need a person.
        op.review = op.review || no->code == "already_captured" || no->code == "already_canceled";
        if (!no->reference.empty()) op.provider_reference = no->reference;
        op.decline_code = no->code;
        op.decline_detail = no->detail_code;
        op.proof = no->proof;
        op.why.clear();
    }
    if (const auto* later = std::get_if<connectors::Pending>(&outcome)) {
        op.provider_reference = later->reference;
        op.next_action = later->next_action;
        op.why.clear();
    }
    if (const auto* miss = std::get_if<connectors::NotSent>(&outcome)) op.why = miss->why;
    if (const auto* lost = std::get_if<connectors::Unknown>(&outcome)) {
        op.why = lost->why;
        op.review = op.review || lost->needs_review;
    }
    if (op.id == payment.main) payment.provider_reference = op.provider_reference;
}

void end(Change& change) {
    auto& after = change.after;
    if (is_main(after.operation.kind)) {
        after.doing.reset();
        after.waiting_for.clear();
    }
    after.operation.due_at = Instant::max();
    after.operation.next_action.clear();
    if (after.operation.ended_version == 0) after.operation.ended_version = after.version;
}

void drop(Change& change, std::string_view why) {
    auto& op = change.after.operation;
    const auto to = operation::next(op.state, operation::Event::give_up);
    check(to == State::declined, "only what was not sent is dropped");
    op.state = *to;
    op.decline_code = why;
    op.proof = {"not_sent", "", ""};
    book_decline(change);
    end(change);
}

void book_success(Change& change, std::uint64_t random) {
    auto& after = change.after;
    auto& c = after.counters;
    const auto amount = after.operation.amount;
    switch (after.operation.kind) {
        case Action::authorize:
            c.authorized += amount;
            change.event_type = "payment.authorized";
            return;
        case Action::sale:
            c.authorized += amount;
            after.cancellation_reason.clear();  // Too late: the buyer has paid.
            return book_capture(change);
        case Action::capture:
            c.capture_reserved -= amount;
            return book_capture(change);
        case Action::cancel:
            return book_cancel(change);
        case Action::refund:
            return book_refund(change, RefundStage::paid);
        case Action::adjust:
            return book_adjustment(change, random);
        case Action::release:
            change.event_type = "release.succeeded";
            return;
    }
}

void book_decline(Change& change) {
    auto& after = change.after;
    auto& op = after.operation;
    switch (op.kind) {
        case Action::authorize:
        case Action::sale:
            let_go_of_tender(change);
            change.event_type = after.cancellation_reason.empty()       ? "payment.failed"
                                : after.cancellation_reason == kExpired ? "payment.expired"
                                                                        : "payment.canceled";
            return;
        case Action::capture:
            after.counters.capture_reserved -= op.amount;
            change.event_type = "payment.capture_failed";
            return;
        case Action::cancel:
            after.cancellation_reason.clear();
            // It has lapsed by now, and should have been let go: nobody tries again.
            op.review = op.review || (op.by_itself && after.updated_at >= after.authorized_until);
            change.event_type = "payment.cancel_failed";
            return;
        case Action::refund:
            // Nobody asked for it, so nobody else will hear that it failed.
            op.review = op.review || op.by_itself;
            return book_refund(change, RefundStage::refused);
        case Action::adjust:
            // What was authorized before still is.
            if (!op.about.empty()) after.provider_reference = op.provider_reference = op.about;
            change.event_type = "payment.adjust_failed";
            return;
        case Action::release:
            op.review = true;
            change.event_type = "release.failed";
            return;
    }
}

// What still fits is what was wanted, and nobody can want it again. All else is parked, because the
// buyer and the shop were told no: it goes back by itself when the buyer has paid another way
// meanwhile, else a person decides.
Change book_late(const Payment& payment, const connectors::Outcome& outcome, Instant now,
                 std::uint64_t random) {
    auto change = step(payment, now, random);
    auto& after = change.after;
    note_evidence(after, outcome);
    // What it tells of its card and its end is not about the charge that the payment has.
    after.card_brand = payment.card_brand;
    after.can_increment = payment.can_increment;
    after.authorized_until = payment.authorized_until;
    auto& op = after.operation;
    op.state = State::succeeded;
    op.review = true;
    change.event_type = event_type(after, "late_success");
    auto& c = after.counters;
    switch (op.kind) {
        case Action::capture:
            // What is being given back or replaced cannot be taken as well: one of the two proofs
            // is wrong.
            if (is_all_of_method(after) && op.amount <= capturable(c) &&
                after.doing != Action::cancel && after.doing != Action::adjust) {
                take_captured(change);
            } else {
                park(change, random);
            }
            return change;
        case Action::sale:
            park(change, random);
            return change;
        case Action::refund:
            // Whose loss it is once sellers have the money, a person has to say.
            if (!is_of_suspense(op) && is_all_of_method(after) && op.amount <= refundable(c) &&
                !has_released(after) && op.taken_back.empty()) {
                c.refunded += op.amount;
                book(change, refund_posting(after, RefundStage::late));
                return change;
            }
            book(change, refund_posting(after, RefundStage::late_and_unexpected));
            op.shares.assign(after.orders.size(), 0);
            return change;
        case Action::authorize:
            // Nobody will capture it: the buyer's money is not to be held for nothing.
            add_follow_up(change, Action::release, charged(op), op.provider_reference, random);
            op.review = false;
            return change;
        case Action::adjust:
            if (op.about.empty()) return change;
            // The old authorization is in use, and the payment's: the new one goes.
            add_follow_up(change, Action::release, charged(op), op.provider_reference, random);
            op.review = false;
            op.provider_reference = op.about;
            if (op.id == after.main) after.provider_reference = op.about;
            return change;
        case Action::cancel:
        case Action::release:
            return change;
    }
    return change;
}

// What it holds is not needed any more.
void let_go_of_tender(Change& change) {
    const auto& tender = change.after.tender;
    const auto left = tender_left(change.after, Action::cancel);
    if (tender.reference.empty() || left == 0) return;
    const auto random = draw(change.event.uuid());
    add_follow_up(change, Action::release, left, tender.reference, random).provider =
        tender.provider;
}

Operation& add_follow_up(Change& change, Action kind, std::int64_t amount, std::string about,
                         std::uint64_t random) {
    const auto& after = change.after;
    const auto text = after.operation.provider_key + ':' + std::string(connectors::name(kind));
    const auto hash = crypto::sha256(text);
    change.follow_ups.push_back({
        .id = OperationId::make(after.updated_at, after.id.slot(), random),
        .kind = kind,
        .state = State::ready,
        .provider = after.operation.provider,
        // From the key of what caused it, so it is as stable as that one.
        .provider_key = crypto::base32(view(hash), kProviderKeyLength),
        .amount = amount,
        .sent_at = after.updated_at,
        .due_at = after.updated_at,
        .shares = std::vector<std::int64_t>(after.orders.size(), 0),
        .about = about,
        .by_itself = true,
        // What is about another charge moves all of it.
        .presented = about.empty() ? 0 : after.operation.presented,
    });
    return change.follow_ups.back();
}

void book_reserved(Change& change, const Operation& refund, const Payables& payables) {
    auto about_it = change.after;
    about_it.operation = refund;
    book(change, refund_posting(about_it, RefundStage::reserved, payables));
}

}  // namespace florin::payments
