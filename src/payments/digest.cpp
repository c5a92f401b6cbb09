#include "payments/digest.h"

#include "base/log.h"
#include "base/random.h"
#include "payments/deadline.h"
#include "payments/disputes.h"
#include "payments/reply.h"
#include "payments/shipping.h"

namespace florin::payments {
namespace {

constexpr int kRoundsMax = 10;
constexpr std::string_view kElsewhere = "the payment was made at another account";
constexpr int kTriesMax = 12;  // With the times of next_look: about half a day.

std::string reference_of(const connectors::Outcome& outcome) {
    if (const auto* yes = std::get_if<connectors::Succeeded>(&outcome)) return yes->reference;
    if (const auto* no = std::get_if<connectors::Declined>(&outcome)) return no->reference;
    const auto* later = std::get_if<connectors::Pending>(&outcome);
    return later ? later->reference : "";
}

// Whether the provider named that charge to us when it answered. A new authorization that was
// refused has the name of the old one.
bool has_charge(const Operation& op, std::string_view object) {
    return op.provider_reference == object && op.about != object;
}

}  // namespace

Task<> Digester::digest(ProviderEvent event) {
    auto verdict = co_await look(event);
    const bool is_done = verdict.why.empty();
    const bool is_dead = !is_done && (verdict.is_final || event.tries >= kTriesMax);
    const auto level = is_done ? log::Level::debug : log::Level::info;
    log::write(level, "provider.event_read",
               {{"id", event.id},
                {"type", event.type},
                {"why", verdict.why},
                {"state", is_done   ? "done"
                          : is_dead ? "dead"
                                    : "waiting"}});
    const auto state = is_done   ? EventState::done
                       : is_dead ? EventState::dead
                                 : EventState::waiting;
    const auto next =
        state == EventState::waiting ? next_look(now(), event.tries, random_u64()) : Instant::max();
    co_await records_.finish_event(std::move(event), state, std::move(verdict.why), next);
}

Task<Digester::Verdict> Digester::look(ProviderEvent event) {
    const auto* account = accounts_.find(event.provider);
    if (!account) co_return Verdict{"the account is not configured here", false};
    if (event.about == name(connectors::About::dispute))
        co_return co_await look_at_dispute(*account, event.object);
    if (event.about == name(connectors::About::reply))
        co_return co_await send_reply(*account, std::move(event));
    auto payment = co_await load(event.payment, OperationId());
    if (!payment) co_return Verdict();  // It is about nothing of ours.
    if (payment->operation.provider != account->name) co_return Verdict{std::string(kElsewhere)};
    if (event.about == name(connectors::About::refund))
        co_return co_await look_at_refund(*account, std::move(*payment), event.object);
    if (event.about == name(connectors::About::charge))
        co_return co_await look_at_charge(*account, payment->id, event.object);
    co_return co_await look_at_lapse(*account, std::move(*payment));
}

Task<std::optional<Payment>> Digester::load(PaymentId payment, OperationId operation) {
    return records_.load(MerchantId(), payment, operation);
}

// A refund that has not ended was woken when the event came in: what it tells is taken after its
// end, which may be written by somebody who heard the provider before.
Task<Digester::Verdict> Digester::look_at_refund(ProviderAccount account, Payment payment,
                                                 std::string object) {
    bool some_open = false;
    for (const auto& part : co_await records_.parts(payment.id)) {
        if (part.kind != Action::refund) continue;
        const auto with = co_await load(payment.id, part.id);
        if (!with) continue;  // A dispute that counts like a refund.
        const bool is_open = !operation::is_settled(with->operation.state);
        some_open |= is_open;
        if (with->operation.provider_reference != object || is_open) continue;
        if (with->operation.state != operation::State::succeeded) co_return Verdict();
        co_return co_await look_for_return(account, payment.id, part.id);
    }
    if (some_open) co_return Verdict{"a refund of the payment has not ended here yet", false};
    co_return Verdict{"the provider has a refund of this payment that nobody here asked for"};
}

Task<Digester::Verdict> Digester::look_for_return(ProviderAccount account, PaymentId payment,
                                                  OperationId refund) {
    for (int round = 0; round < kRoundsMax; ++round) {
        const auto with = co_await load(payment, refund);
        if (!with) co_return Verdict();
        auto order = order_of(*with, true);
        const auto heard = co_await account.connector.find(account.wire, std::move(order),
                                                           deadline_in(answer_time_));
        if (const auto* lost = std::get_if<connectors::Unknown>(&heard))
            co_return Verdict{lost->why, false};
        auto change = take_return(*with, heard, now(), random_u64());
        if (!change) co_return Verdict();
        if (co_await records_.advance(std::move(*change), deadline_in(answer_time_)))
            co_return Verdict();
    }
    co_return Verdict{"the payment changes all the time", false};
}

Task<Digester::Verdict> Digester::look_at_lapse(ProviderAccount account, Payment payment) {
    for (int round = 0; round < kRoundsMax; ++round) {
        if (payment.doing || capturable(payment.counters) == 0) co_return Verdict();
        // As if we asked what became of the authorization.
        auto order = order_of(payment, true);
        order.action = Action::capture;
        const auto heard = co_await account.connector.find(account.wire, std::move(order),
                                                           deadline_in(answer_time_));
        if (const auto* lost = std::get_if<connectors::Unknown>(&heard))
            co_return Verdict{lost->why, lost->needs_review};
        auto change = take_lapse(payment, heard, now(), random_u64());
        if (!change) co_return Verdict();
        if (co_await records_.advance(std::move(*change), deadline_in(answer_time_)))
            co_return Verdict();
        auto again = co_await load(payment.id, OperationId());
        if (!again) co_return Verdict();
        payment = std::move(*again);
    }
    co_return Verdict{"the payment changes all the time", false};
}

// Whose charge is it? The operation that was told its name; else one that ended with a no and
// without a name, asked for by our key: nothing is believed of what the event itself says.
Task<Digester::Verdict> Digester::look_at_charge(ProviderAccount account, PaymentId payment,
                                                 std::string object) {
    std::vector<Payment> nameless;
    bool some_open = false;
    for (const auto& part : co_await records_.parts(payment)) {
        auto attempt = co_await load(payment, part.id);
        if (!attempt || !makes_charge(attempt->operation)) continue;
        if (has_charge(attempt->operation, object)) {
            auto verdict = co_await look_for_success(account, std::move(*attempt), object);
            co_return verdict.value_or(
                Verdict{"the provider does not show the charge that it told of", false});
        }
        const auto state = attempt->operation.state;
        some_open |= !operation::is_settled(state);
        const bool is_named =
            !attempt->operation.provider_reference.empty() && attempt->operation.about.empty();
        if (state == operation::State::declined && !is_named)
            nameless.push_back(std::move(*attempt));
    }
    for (auto& attempt : nameless) {
        const auto verdict = co_await look_for_success(account, std::move(attempt), object);
        if (verdict) co_return *verdict;
    }
    if (some_open) co_return Verdict{"an attempt of the payment has not ended here yet", false};
    if (nameless.empty()) co_return Verdict();
    co_return Verdict{"the provider has a charge of this payment that nobody here asked for",
                      false};
}

// A yes that comes after our no is booked as such. Nothing = that charge is not this attempt's, as
// the provider has it: it may be another's.
Task<std::optional<Digester::Verdict>> Digester::look_for_success(ProviderAccount account,
                                                                  Payment attempt,
                                                                  std::string object) {
    using operation::State;
    const auto id = attempt.operation.id;
    for (int round = 0; round < kRoundsMax; ++round) {
        if (attempt.operation.state == State::succeeded) co_return Verdict();
        if (attempt.operation.state != State::declined)
            co_return Verdict{"the attempt has not ended here yet", false};
        auto order = order_of(attempt, true);
        const auto known_as = has_charge(attempt.operation, object) ? object : "";
        order.reference = known_as;
        const auto heard = co_await account.connector.find(account.wire, std::move(order),
                                                           deadline_in(answer_time_));
        if (const auto* lost = std::get_if<connectors::Unknown>(&heard))
            co_return Verdict{lost->why, lost->needs_review};
        if (std::holds_alternative<connectors::NotFound>(heard)) co_return std::nullopt;
        const bool is_its_own = !known_as.empty() || reference_of(heard) == object;
        const auto done = is_its_own ? std::optional(Verdict()) : std::nullopt;
        auto change = settle(attempt, heard, now(), random_u64());
        if (!change) co_return done;  // It stays a no.
        if (co_await records_.advance(std::move(*change), deadline_in(answer_time_)))
            co_return done;
        auto again = co_await load(attempt.id, id);
        if (!again) co_return Verdict();
        attempt = std::move(*again);
    }
    co_return Verdict{"the payment changes all the time", false};
}

// The dispute is read after the payment that it is written with: an older reading, that somebody
// else has overtaken, is refused with the payment's version.
Task<Digester::Verdict> Digester::look_at_dispute(ProviderAccount account, std::string object) {
    std::optional<Payment> payment;
    for (int round = 0; round <= kRoundsMax; ++round) {
        auto answer = co_await account.connector.read_dispute(account.wire, object,
                                                              deadline_in(answer_time_));
        if (const auto* lost = std::get_if<connectors::Unknown>(&answer))
            co_return Verdict{lost->why, lost->needs_review};
        auto* facts = std::get_if<connectors::DisputeFacts>(&answer);
        if (!facts) co_return Verdict();  // Not there: the webhook was not about this account.
        const auto id = PaymentId::parse(facts->payment);
        if (payment) {
            const auto verdict = co_await take(std::move(*payment), std::move(*facts));
            if (verdict) co_return *verdict;
        }
        payment = id ? co_await load(*id, OperationId()) : std::nullopt;
        if (!payment) co_return Verdict{"the dispute is about a charge that is not ours"};
        if (payment->operation.provider != account.name) co_return Verdict{std::string(kElsewhere)};
    }
    co_return Verdict{"the payment changes all the time", false};
}

// The same key each time: what was sent before and got lost is not said twice, and what the bank
// has made of it is read, whoever heard the answer.
Task<Digester::Verdict> Digester::send_reply(ProviderAccount account, ProviderEvent event) {
    auto reply = read_reply(co_await records_.event_body(event.provider, event.id));
    reply.key = event.id;
    const auto object = reply.reference;
    const auto heard = co_await account.connector.answer_dispute(account.wire, std::move(reply),
                                                                 deadline_in(answer_time_));
    if (const auto* no = std::get_if<connectors::Declined>(&heard))
        co_return Verdict{"the provider refused our word on the dispute: " +
                          (no->detail_code.empty() ? no->code : no->detail_code)};
    if (const auto* miss = std::get_if<connectors::NotSent>(&heard))
        co_return Verdict{miss->why, false};
    if (const auto* lost = std::get_if<connectors::Unknown>(&heard))
        co_return Verdict{lost->why, lost->needs_review};
    co_return co_await look_at_dispute(std::move(account), object);
}

// Nothing = somebody else has changed it since.
Task<std::optional<Dispute>> Digester::claimed_dispute(DueDispute claimed) {
    for (auto& dispute : co_await records_.disputes(claimed.payment))
        if (dispute.id == claimed.dispute && dispute.due_at == claimed.due_at)
            co_return std::move(dispute);
    co_return std::nullopt;
}

// While our word is on its way, and when the provider cannot be read, the claim ends and the next
// one looks again.
Task<> Digester::meet_deadline(DueDispute claimed) {
    for (int round = 0; round < kRoundsMax; ++round) {
        auto payment = co_await load(claimed.payment, OperationId());
        auto dispute = co_await claimed_dispute(claimed);
        if (!payment || !dispute) co_return;
        const auto at = now();
        const auto chore = chore_of(*dispute, at);
        if (chore == DeadlineChore::none) co_return;
        if (chore == DeadlineChore::warn) {
            auto change = warn_of_deadline(*payment, std::move(*dispute), at, random_u64());
            if (co_await records_.advance(std::move(change), deadline_in(answer_time_))) co_return;
            continue;
        }
        Verdict verdict{"the account is not configured here"};
        const auto* account = accounts_.find(dispute->provider);
        if (account) verdict = co_await look_at_dispute(*account, dispute->reference);
        if (!verdict.why.empty())
            log::warn("dispute.not_read",
                      {{"dispute", claimed.dispute.text()}, {"why", verdict.why}});
        co_return;
    }
}

// Nothing = somebody else was first: read again.
Task<std::optional<Digester::Verdict>> Digester::take(Payment payment,
                                                      connectors::DisputeFacts facts) {
    const auto parts = co_await records_.parts(payment.id);
    std::optional<Dispute> known;
    for (auto& dispute : co_await records_.disputes(payment.id))
        if (dispute.reference == facts.reference) known = std::move(dispute);
    Payables payables;
    if (has_released(payment)) payables = co_await records_.payables(payment);
    auto change = take_dispute(payment, parts, known, facts, payables, now(), random_u64());
    if (!change) co_return Verdict{change.error().detail};
    if (!*change) co_return Verdict();
    const auto written = co_await records_.advance(std::move(**change), deadline_in(answer_time_));
    co_return written ? std::optional(Verdict()) : std::nullopt;
}

}  // namespace florin::payments
