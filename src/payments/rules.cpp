#include "payments/rules.h"

#include <array>
#include <random>

#include "base/check.h"
#include "payments/postings.h"
#include "payments/step.h"

namespace florin::payments {
namespace {

using operation::State;
using HeardOf = operation::Event;

HeardOf event_of(const connectors::Outcome& outcome) {
    struct Visitor {
        HeardOf operator()(const connectors::Succeeded&) const { return HeardOf::succeed; }
        HeardOf operator()(const connectors::Declined&) const { return HeardOf::decline; }
        HeardOf operator()(const connectors::Pending&) const { return HeardOf::accept; }
        HeardOf operator()(const connectors::NotSent&) const { return HeardOf::miss; }
        HeardOf operator()(const connectors::Unknown&) const { return HeardOf::lose; }
        HeardOf operator()(const connectors::NotFound&) const { return HeardOf::not_found; }
    };
    return std::visit(Visitor{}, outcome);
}

void note_evidence(Payment& payment, const connectors::Outcome& outcome) {
    auto& op = payment.operation;
    if (const auto* yes = std::get_if<connectors::Succeeded>(&outcome)) {
        op.provider_reference = yes->reference;
        op.proof = yes->proof;
        op.why.clear();
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
    if (is_main(op.kind)) payment.provider_reference = op.provider_reference;
}

// Events of a refund are about the refund.
std::string event_type(const Payment& payment, std::string_view what) {
    return std::string(is_main(payment.operation.kind) ? "payment." : "refund.") +
           std::string(what);
}

// The operation has ended: it is never looked at again, and its event is the answer for ever.
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

void book_capture(Change& change) {
    auto& c = change.after.counters;
    c.captured += change.after.operation.amount;
    if (change.after.operation.is_final) c.voided += capturable(c);  // The provider let it go.
    change.event_type = capturable(c) == 0 ? "payment.succeeded" : "payment.partially_captured";
    change.posting = capture_posting(change.after);
}

void book_success(Change& change) {
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
            book_capture(change);
            return;
        case Action::capture:
            c.capture_reserved -= amount;
            book_capture(change);
            return;
        case Action::cancel:
            c.voided += amount;
            change.event_type = c.captured > 0 ? "payment.succeeded" : "payment.canceled";
            return;
        case Action::refund:
            c.refund_reserved -= amount;
            c.refunded += amount;
            change.event_type = "refund.succeeded";
            change.posting = refund_posting(after, RefundStage::paid);
            return;
    }
}

void book_decline(Change& change) {
    auto& after = change.after;
    switch (after.operation.kind) {
        case Action::authorize:
        case Action::sale:
            change.event_type = "payment.failed";
            return;
        case Action::capture:
            after.counters.capture_reserved -= after.operation.amount;
            change.event_type = "payment.capture_failed";
            return;
        case Action::cancel:
            change.event_type = "payment.cancel_failed";
            return;
        case Action::refund:
            after.counters.refund_reserved -= after.operation.amount;
            change.event_type = "refund.failed";
            change.posting = refund_posting(after, RefundStage::refused);
            return;
    }
}

// Success after we had proof of the opposite. What still fits is what was wanted, and nobody can
// want it again. All else is parked, because the buyer and the shop were told no, and a person
// decides.
Change book_late(const Payment& payment, const connectors::Outcome& outcome, Instant now,
                 std::uint64_t random) {
    auto change = step(payment, now, random);
    auto& after = change.after;
    note_evidence(after, outcome);
    after.operation.state = State::succeeded;
    after.operation.review = true;
    change.event_type = event_type(after, "late_success");
    auto& c = after.counters;
    const auto amount = payment.operation.amount;
    switch (payment.operation.kind) {
        case Action::capture:
            // What is being given back cannot be taken as well: one of the two proofs is wrong.
            if (amount <= capturable(c) && after.doing != Action::cancel) {
                c.captured += amount;
                change.posting = capture_posting(after);
                return change;
            }
            [[fallthrough]];
        case Action::sale:
            change.posting = late_success_posting(after);
            break;
        case Action::refund:
            if (amount <= refundable(c)) {
                c.refunded += amount;
                change.posting = refund_posting(after, RefundStage::late);
                return change;
            }
            change.posting = refund_posting(after, RefundStage::late_and_unexpected);
            break;
        case Action::authorize:
        case Action::cancel:
            return change;
    }
    after.operation.shares.assign(after.orders.size(), 0);  // No order has a part in it.
    return change;
}

constexpr std::array kLooks = {
    std::chrono::seconds(2),   std::chrono::seconds(10),  std::chrono::seconds(30),
    std::chrono::seconds(120), std::chrono::seconds(600), std::chrono::seconds(3600),
};

}  // namespace

Instant next_look(Instant now, int tries, std::uint64_t random) {
    const auto at = std::min(static_cast<std::size_t>(std::max(tries, 0)), kLooks.size() - 1);
    const auto base = std::chrono::duration_cast<std::chrono::microseconds>(kLooks[at]);
    const auto tenth = static_cast<std::uint64_t>(base.count() / 10);
    return now + base + std::chrono::microseconds(static_cast<std::int64_t>(random % (tenth + 1)));
}

Payment open(NewPayment wanted, Provider provider, Timing timing, std::uint64_t random) {
    check(!wanted.orders.empty(), "a payment has orders");
    const Slot slot = slot_of(view(wanted.merchant.uuid()), wanted.key.key);
    std::mt19937_64 more(random);
    Payment payment{
        .id = PaymentId::make(timing.now, slot, more()),
        .merchant = wanted.merchant,
        .version = 1,
        .checkout_id = std::move(wanted.checkout_id),
        .buyer_id = std::move(wanted.buyer_id),
        .buyer_email = std::move(wanted.buyer_email),
        .method_type = std::move(wanted.method_type),
        .method_token = std::move(wanted.method_token),
        .return_url = std::move(wanted.return_url),
        .capture_later = wanted.capture_later,
        .livemode = wanted.livemode,
        .currency = wanted.currency,
        .doing = wanted.capture_later ? Action::authorize : Action::sale,
        .created_at = timing.now,
        .updated_at = timing.now,
    };
    Money total(0, wanted.currency);
    for (auto& order : wanted.orders) {
        total += order.amount;
        payment.orders.push_back({PaymentOrderId::make(timing.now, slot, more()),
                                  std::move(order.reference), std::move(order.seller_account),
                                  order.amount.minor()});
    }
    payment.amount = total.minor();
    payment.operation = {
        .id = OperationId::make(timing.now, slot, more()),
        .kind = *payment.doing,
        .state = State::sending,
        .provider = std::move(provider.name),
        .provider_key = std::move(provider.key),
        .amount = payment.amount,
        .sent_at = timing.now,
        .due_at = timing.now + timing.lease,
    };
    payment.main = payment.operation.id;
    return payment;
}

Payment as_created(Payment payment, OperationId operation) {
    payment.version = 1;
    payment.counters = {};
    payment.doing = payment.capture_later ? Action::authorize : Action::sale;
    payment.waiting_for.clear();
    payment.updated_at = payment.created_at;
    payment.main = operation;
    payment.provider_reference.clear();
    payment.operation = {.id = operation,
                         .kind = *payment.doing,
                         .state = State::sending,
                         .provider = payment.operation.provider,
                         .amount = payment.amount,
                         .sent_at = payment.created_at};
    return payment;
}

std::optional<Change> settle(const Payment& payment, const connectors::Outcome& outcome,
                             Instant now, std::uint64_t random) {
    const auto heard = event_of(outcome);
    auto from = payment.operation.state;
    // What was not found has appeared: from here on it is judged like any unknown.
    const bool is_there =
        heard == HeardOf::succeed || heard == HeardOf::decline || heard == HeardOf::accept;
    if (from == State::not_found_wait && is_there) from = *operation::next(from, HeardOf::appear);
    const auto* later = std::get_if<connectors::Pending>(&outcome);
    const bool waits_anew = from == State::pending && later && is_main(payment.operation.kind) &&
                            (later->waiting_for != payment.waiting_for ||
                             later->next_action != payment.operation.next_action);
    const auto to = waits_anew ? std::optional(from) : operation::next(from, heard);
    if (!to) return std::nullopt;
    if (from == State::declined && *to == State::succeeded)
        return book_late(payment, outcome, now, random);
    const auto* lost = std::get_if<connectors::Unknown>(&outcome);
    const bool calls_a_person = lost && lost->needs_review && !payment.operation.review;
    if (*to == payment.operation.state && !calls_a_person && !waits_anew) return std::nullopt;
    auto change = step(payment, now, random);
    auto& op = change.after.operation;
    note_evidence(change.after, outcome);
    op.state = *to;
    if (calls_a_person && *to == payment.operation.state) {
        change.event_type = event_type(change.after, "review_needed");
        op.due_at = next_look(now, op.tries, random);
        return change;
    }
    if (is_main(op.kind)) change.after.waiting_for.clear();
    switch (*to) {
        case State::succeeded:
            book_success(change);
            end(change);
            return change;
        case State::declined:
            book_decline(change);
            end(change);
            return change;
        case State::pending:
            if (is_main(op.kind)) change.after.waiting_for = later->waiting_for;
            change.event_type = later->waiting_for == "customer"
                                    ? event_type(change.after, "requires_action")
                                    : event_type(change.after, "pending");
            break;
        case State::not_sent:
            change.event_type = event_type(change.after, "delayed");
            break;
        default:
            change.event_type = event_type(change.after, "outcome_unknown");
            break;
    }
    op.due_at = next_look(now, op.tries, random);
    return change;
}

std::optional<Change> lose(const Payment& payment, Instant now, std::uint64_t random) {
    return settle(payment, connectors::Unknown{"no answer before the lease ended"}, now, random);
}

Change send_again(const Payment& payment, Timing timing, std::uint64_t random) {
    const auto to = operation::next(payment.operation.state, HeardOf::send);
    check(to == State::sending, "only what was not sent is sent again");
    auto change = step(payment, timing.now, random);
    change.after.operation.state = *to;
    change.after.operation.sent_at = timing.now;
    change.after.operation.due_at = timing.now + timing.lease;
    change.event_type = event_type(change.after, "retried");
    return change;
}

std::optional<Change> give_up(const Payment& payment, Instant now, std::uint64_t random) {
    if (now - payment.operation.id.created_at() < kNotSentAgeMax) return std::nullopt;
    const auto to = operation::next(payment.operation.state, HeardOf::give_up);
    check(to == State::declined, "only what was not sent is given up");
    auto change = step(payment, now, random);
    change.after.operation.state = *to;
    change.after.operation.decline_code = "provider_unreachable";
    change.after.operation.proof = {"not_sent", "", ""};
    book_decline(change);
    end(change);
    return change;
}

connectors::Order order_of(const Payment& payment, bool is_replay) {
    return {
        .action = payment.operation.kind,
        .key = payment.operation.provider_key,
        .amount = payment.money(payment.operation.amount),
        .token = payment.method_token,
        .return_url = payment.return_url,
        .reference = payment.provider_reference,
        .refund = is_main(payment.operation.kind) ? "" : payment.operation.provider_reference,
        .reason = payment.operation.reason,
        .captured_before = payment.counters.captured,
        .is_final = payment.operation.is_final,
        .payment = payment.id.text(),
        .is_replay = is_replay,
    };
}

}  // namespace florin::payments
