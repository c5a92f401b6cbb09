#include "payments/rules.h"

#include <array>
#include <random>
#include <utility>

#include "base/check.h"
#include "payments/expiry.h"
#include "payments/presentment.h"
#include "payments/step.h"
#include "payments/tender.h"

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
        .tender = std::move(wanted.tender),
        .presentment = wanted.presentment,
    };
    Money total(0, wanted.currency);
    for (auto& order : wanted.orders) {
        total += order.amount;
        payment.orders.push_back({PaymentOrderId::make(timing.now, slot, more()),
                                  std::move(order.reference), std::move(order.seller_account),
                                  order.amount.minor(), 0, std::move(order.category),
                                  order.is_top_up});
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
    const auto taken = take_tender(payment, payment.operation);
    check(taken.has_value(), "a first step takes all of the tender");
    const auto presented = present(payment, payment.operation);
    check(presented.has_value(), "a first step is all of the quote");
    return payment;
}

Payment as_created(Payment payment, OperationId operation) {
    payment.version = 1;
    payment.counters = {};
    for (auto& order : payment.orders) {
        if (order.first_amount != 0) order.amount = std::exchange(order.first_amount, 0);
        order.shipment = {};
    }
    if (payment.first_amount != 0) payment.amount = std::exchange(payment.first_amount, 0);
    if (!payment.first_method_type.empty()) {
        payment.method_type = std::exchange(payment.first_method_type, {});
        payment.method_token = std::exchange(payment.first_method_token, {});
    }
    if (!payment.first_provider.empty())
        payment.operation.provider = std::exchange(payment.first_provider, {});
    payment.tender.reference.clear();
    payment.tender.captured = payment.tender.returned = 0;
    if (auto& p = payment.presentment)
        p->captured = p->captured_spread = p->returned = p->returned_spread = 0;
    payment.card_brand.clear();
    payment.authorized_until = Instant::max();
    payment.can_increment = false;
    payment.cancellation_reason.clear();
    payment.due_at = Instant::max();
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
        return seal(payment, book_late(payment, outcome, now, random));
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
        return seal(payment, std::move(change));
    }
    if (is_main(op.kind)) change.after.waiting_for.clear();
    switch (*to) {
        case State::succeeded:
            book_success(change, ~random);
            end(change);
            return seal(payment, std::move(change));
        case State::declined:
            book_decline(change);
            end(change);
            return seal(payment, std::move(change));
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
    return seal(payment, std::move(change));
}

std::optional<Change> lose(const Payment& payment, Instant now, std::uint64_t random) {
    return settle(payment, connectors::Unknown{"no answer before the lease ended"}, now, random);
}

Change send_again(const Payment& payment, Timing timing, std::uint64_t random) {
    const bool is_first = payment.operation.state == State::ready;
    const auto to = operation::next(payment.operation.state, HeardOf::send);
    check(to == State::sending, "only what was not sent is sent again");
    check(!waits_for_approval(payment.operation), "nobody sends what a person has to approve");
    auto change = step(payment, timing.now, random);
    change.after.operation.state = *to;
    change.after.operation.sent_at = timing.now;
    change.after.operation.due_at = timing.now + timing.lease;
    change.event_type = event_type(change.after, is_first ? "started" : "retried");
    return seal(payment, std::move(change));
}

// Two steps of the machine written as one: the account executed nothing (miss), another one is
// asked (send).
std::optional<Change> reroute(const Payment& payment, const connectors::Outcome& outcome,
                              Provider next, Timing timing, std::uint64_t random) {
    const auto& before = payment.operation;
    const auto* no = std::get_if<connectors::Declined>(&outcome);
    const auto* miss = std::get_if<connectors::NotSent>(&outcome);
    const bool is_proved = miss || (no && no->code == connectors::kAccountRefused);
    if (!is_proved || !is_first_step(before.kind) || before.state != State::sending)
        return std::nullopt;
    static_assert(operation::next(State::sending, HeardOf::miss) == State::not_sent &&
                  operation::next(State::not_sent, HeardOf::send) == State::sending);
    auto change = step(payment, timing.now, random);
    auto& after = change.after;
    if (after.first_provider.empty()) after.first_provider = before.provider;
    after.operation.why = before.provider + ": " + (miss ? miss->why : no->code);
    after.operation.provider = std::move(next.name);
    after.operation.provider_key = std::move(next.key);
    after.operation.generation += 1;
    after.operation.sent_at = timing.now;
    after.operation.due_at = timing.now + timing.lease;
    change.event_type = "payment.rerouted";
    return seal(payment, std::move(change));
}

std::optional<Change> give_up(const Payment& payment, Instant now, std::uint64_t random) {
    const auto& op = payment.operation;
    const bool was_held = op.approval.state == Approval::State::approved;
    const auto since = was_held ? op.approval.decided_at : op.id.created_at();
    if (op.by_itself || now - since < kNotSentAgeMax) return std::nullopt;
    auto change = step(payment, now, random);
    drop(change, "provider_unreachable");
    return seal(payment, std::move(change));
}

Change warn(const Payment& payment, Instant now, std::uint64_t random) {
    check(chore_of(payment, now) == Chore::warn, "its time has come");
    auto change = step(payment, now, random);
    change.event_type = "payment.expiring";
    return seal(payment, std::move(change));
}

connectors::Order order_of(const Payment& payment, bool is_replay) {
    const auto& op = payment.operation;
    const bool replaces = op.kind == Action::adjust && !op.about.empty();
    return {
        .action = op.kind,
        .key = op.provider_key,
        .amount = asked_of_method(payment, op),
        .token = payment.method_token,
        .return_url = payment.return_url,
        .reference = op.about.empty() || replaces ? payment.provider_reference : op.about,
        .refund = op.kind == Action::refund ? op.provider_reference : "",
        .reason = op.state == State::fencing ? payment.cancellation_reason : op.reason,
        .captured_before = payment.presentment
                               ? payment.presentment->captured
                               : payment.counters.captured - payment.tender.captured,
        .is_final = op.is_final,
        .in_place = !replaces,
        .payment = payment.id.text(),
        .is_replay = is_replay,
        .merchant = payment.merchant,
        .buyer = payment.buyer_id,
        .replaces = replaces ? op.about : "",
    };
}

}  // namespace florin::payments
