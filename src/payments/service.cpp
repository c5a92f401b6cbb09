#include "payments/service.h"

#include <fmt/format.h>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/check.h"
#include "base/log.h"
#include "base/random.h"
#include "fx/store.h"
#include "payments/expiry.h"
#include "payments/reply.h"
#include "payments/show.h"
#include "payments/tender.h"
#include "platform/crypto/hash.h"

namespace florin::payments {
namespace {

using operation::State;

void append_part(std::string& out, std::string_view part) {
    out += std::to_string(part.size());
    out += ':';
    out += part;
}

// What a provider's key is derived from, besides its generation: never random and never a row's id,
// so an intent that was lost with a machine comes back under the same key when the client tries
// again.
std::string key_text(MerchantId merchant, std::string_view what, std::string_view client_key,
                     std::string_view object) {
    std::string text;
    append_part(text, view(merchant.uuid()));
    append_part(text, what);
    append_part(text, client_key);
    append_part(text, object);
    return text;
}

routing::Facts facts_of(const NewPayment& wanted) {
    Money total(0, wanted.currency);
    for (const auto& order : wanted.orders) total += order.amount;
    if (wanted.presentment) total = Money(wanted.presentment->amount, wanted.presentment->currency);
    return {wanted.method_type,   total.currency(),  total.minor(),
            wanted.buyer_country, wanted.card_brand, draw_of(wanted.merchant, wanted.key.key)};
}

// The event that ended the operation is the answer for ever.
Answer answer_of(const Change& change, std::string data) {
    return {change.after.id, change.after.operation.id, std::move(data),
            change.after.operation.ended_version == change.after.version ? change.event_type : "",
            false};
}

std::unexpected<Error> about(PaymentId payment, Fault fault, std::string_view code,
                             std::string_view detail, int retry_after_s) {
    auto failure = fail(fault, code, detail);
    failure.error().object = payment.text();
    failure.error().retry_after_s = retry_after_s;
    return failure;
}

}  // namespace

Error Service::quote_gone(const Payment& payment) {
    auto failure = fail(Fault::conflict, "fx_quote_used",
                        "the quote was used by another payment, or has expired: make a new one");
    failure.error().object = payment.presentment->quote.text();
    return std::move(failure.error());
}

std::unexpected<Error> Service::key_reused(PaymentId payment) {
    return about(payment, Fault::invalid, "idempotency_key_reused",
                 "this Idempotency-Key was used with another request: send a new key with a new "
                 "request, or the same request with this key",
                 0);
}

Service::Service(asio::io_context& io, Records& records, Accounts accounts, ServiceOptions options)
    : io_(io),
      records_(records),
      accounts_(std::move(accounts)),
      options_(std::move(options)),
      digester_(records, accounts_, options_.answer_time),
      work_(io) {}

Deadline Service::intent_deadline(Deadline request) const {
    return std::min(request, deadline_in(options_.intent_time));
}

Timing Service::timing() const {
    return {now(), lease()};
}

// The generation is renewed only after a definite no.
Provider Service::provider_for(std::string account, std::string key_text, int generation) const {
    append_part(key_text, std::to_string(generation));
    const auto mac = crypto::hmac_sha256(options_.provider_key_secret, key_text);
    return {std::move(account), crypto::base32(mac, kProviderKeyLength)};
}

Task<Payment> Service::load(MerchantId merchant, PaymentId id, OperationId operation) {
    auto found = co_await records_.load(merchant, id, operation);
    check(found.has_value(), "a payment and its operations do not vanish");
    co_return std::move(*found);
}

Task<Result<Answer>> Service::create(NewPayment wanted, Patience patience, Deadline deadline) {
    const auto merchant = wanted.merchant;
    const auto key = wanted.key;
    const auto action = wanted.capture_later ? Action::authorize : Action::sale;
    auto route = accounts_.route(facts_of(wanted));
    if (!route) co_return co_await not_routed(merchant, key, std::move(route.error()));
    Detour detour{key_text(merchant, connectors::name(action), key.key, ""), {}};
    for (auto& candidate : route->candidates)
        detour.accounts.push_back(std::move(candidate.account));
    if (wanted.tender.amount > 0) {
        auto unit = tender_unit(wanted);
        if (!unit) co_return co_await not_routed(merchant, key, std::move(unit.error()));
        wanted.tender.unit = *unit;
    }
    auto provider = provider_for(detour.accounts.front(), detour.key_text, 0);
    detour.accounts.erase(detour.accounts.begin());
    const auto payment = open(std::move(wanted), std::move(provider), timing(), random_u64());
    bool is_quote_gone = false;
    std::optional<Earlier> earlier;
    try {
        earlier = co_await records_.create(payment, key, intent_deadline(deadline));
    } catch (const pg::SqlError& e) {
        if (e.state != fx::kQuoteNotUsable) throw;
        is_quote_gone = true;
    }
    if (is_quote_gone) co_return co_await not_routed(merchant, key, quote_gone(payment));
    if (earlier)
        co_return co_await replay(merchant, earlier->payment, earlier->operation,
                                  earlier->same_request);
    co_return co_await finish(payment, std::move(detour), patience, deadline);
}

// It may have been taken when it came first, by other rules.
Task<Result<Answer>> Service::not_routed(MerchantId merchant, ClientKey key, Error why) {
    const auto place = PaymentId::make(now(), slot_of(view(merchant.uuid()), key.key), 0);
    const auto used = co_await records_.key_use(merchant, place, Scope::create, key.key);
    if (used)
        co_return co_await replay(merchant, used->payment, used->operation,
                                  used->request_hash == view(key.request_hash));
    co_return std::unexpected(std::move(why));
}

Task<Result<Answer>> Service::act(Payment payment, Wish wish, ClientKey key, Patience patience,
                                  Deadline deadline) {
    const auto what = wish.undo ? "undo" : connectors::name(wish.action);
    const auto merchant = payment.merchant;
    const auto id = payment.id;
    wish = with_limit(std::move(wish), payment.currency);
    for (int round = 0; round < kRoundsMax; ++round) {
        const auto used = co_await records_.key_use(merchant, id, scope_of(wish), key.key);
        if (used)
            co_return co_await replay(merchant, id, used->operation,
                                      used->request_hash == view(key.request_hash));
        CO_TRY_OK(can_do(payment, wish));
        const auto& name = payment.operation.provider;
        wish.in_place = accounts_.find(name)->connector.capabilities().increment;
        const auto parts = co_await records_.parts(id);
        if (has_released(payment)) wish.payables = co_await records_.payables(payment);
        auto provider = provider_for(name, key_text(merchant, what, key.key, view(id.uuid())), 0);
        auto change = begin(payment, parts, wish, std::move(provider), key, timing(), random_u64());
        if (change) {
            auto data = co_await records_.advance(*change, intent_deadline(deadline));
            const auto& operation = change->after.operation;
            if (data && operation::is_settled(operation.state))
                co_return answer_of(*change, std::move(*data));
            if (data && waits_for_approval(operation))
                co_return co_await current(merchant, id, operation.id);
            if (data) co_return co_await finish(change->after, Detour(), patience, deadline);
        }
        // The operations were read after the payment and may be newer: a refusal counts when both
        // are of one version. A yes needs no such look, the engine compares.
        auto again = co_await load(merchant, id, OperationId());
        if (!change && again.version == payment.version)
            co_return std::unexpected(std::move(change.error()));
        payment = std::move(again);
    }
    co_return busy(id);
}

Wish Service::with_limit(Wish wish, Currency currency) const {
    const auto limit = options_.refund_limits.find(currency);
    if (limit != options_.refund_limits.end()) wish.refund_limit = limit->second;
    return wish;
}

std::unexpected<Error> Service::busy(PaymentId payment) const {
    return about(payment, Fault::conflict, "payment_is_busy",
                 "many requests change this payment at once: try again", 1);
}

// What no state of the payment makes possible. Only the account that has the payment can do
// anything with it.
Result<void> Service::can_do(const Payment& payment, const Wish& wish) const {
    const auto* account = accounts_.find(payment.operation.provider);
    if (!account)
        return about(payment.id, Fault::conflict, "account_not_configured",
                     "the account '" + payment.operation.provider +
                         "' that has this payment is not configured: an operator has to add it",
                     0);
    const auto& can = account->connector.capabilities();
    const bool needs_cancel = wish.undo || wish.action == Action::cancel;
    const bool needs_refund = wish.undo || wish.action == Action::refund;
    const bool needs_fence =
        wish.action == Action::cancel && payment.operation.state == State::pending;
    const bool possible = (!needs_cancel || can.cancel) && (!needs_fence || can.fence) &&
                          (!needs_refund || can.refund) && (wish.is_final || can.several_captures);
    if (possible) return {};
    return fail(Fault::invalid, "not_supported_by_provider",
                std::string(can.name) + " cannot do this");
}

// What a caller began, while it may still wait for it.
struct Service::Work {
    explicit Work(asio::io_context& io) : end(io) {}

    asio::steady_timer end;  // Wakes the caller: the work or its patience is over.
    bool over = false;
    std::optional<Answer> answer;
};

// The intent is committed.
Task<Answer> Service::finish(Payment payment, Detour detour, Patience patience, Deadline deadline) {
    if (!patience) co_return co_await carry_out(std::move(payment), std::move(detour), deadline);
    const auto merchant = payment.merchant;
    const auto id = payment.id;
    const auto operation = payment.operation.id;
    const auto work = std::make_shared<Work>(io_);
    work_.start("payments.work", work_on(std::move(payment), std::move(detour), deadline, work));
    if (!work->over) {
        work->end.expires_at(*patience);
        boost::system::error_code woken;
        co_await work->end.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
    if (work->answer) co_return std::move(*work->answer);
    co_return co_await current(merchant, id, operation);
}

// Deaf to cancellation: what was sent is written, even while the process stops.
Task<> Service::work_on(Payment payment, Detour detour, Deadline deadline,
                        std::shared_ptr<Work> work) {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    const auto id = payment.id;
    try {
        work->answer = co_await carry_out(std::move(payment), std::move(detour), deadline);
    } catch (const std::exception& e) {  // Its lease ends, then the resolver asks the provider.
        log::warn("payment.outcome_not_written", {{"payment", id.text()}, {"why", e.what()}});
    }
    work->over = true;
    work->end.cancel();
}

// Another account is asked only after the step that says so is committed, and each once. Whoever
// finds that step afterwards asks that account.
Task<Answer> Service::carry_out(Payment payment, Detour detour, Deadline deadline) {
    const auto merchant = payment.merchant;
    const auto id = payment.id;
    const auto operation = payment.operation.id;
    auto heard = co_await perform(payment, false);
    for (auto& account : detour.accounts) {
        auto next =
            provider_for(std::move(account), detour.key_text, payment.operation.generation + 1);
        note_hold(payment, heard.tender);
        auto change = reroute(payment, heard.outcome, std::move(next), timing(), random_u64());
        if (!change) break;
        const auto after = change->after;
        if (!co_await records_.advance(std::move(*change), deadline)) break;
        log::info("payment.rerouted", {{"payment", id.text()},
                                       {"account", after.operation.provider},
                                       {"why", after.operation.why}});
        payment = after;
        heard = co_await perform(payment, false);
    }
    auto answer = co_await record(std::move(payment), std::move(heard), deadline);
    if (answer) co_return std::move(*answer);
    co_return co_await current(merchant, id, operation);
}

// Writes what was heard. Nothing back = there was nothing to write, or others have written it. A no
// is about an earlier request than theirs when others have heard since that the provider works on
// it, or are making it impossible. A yes that comes after their no is asked for once more: it may
// have been canceled in between.
Task<std::optional<Answer>> Service::record(Payment payment, Heard heard, Deadline deadline) {
    const auto operation = payment.operation.id;
    const auto asked_in = payment.operation.state;
    const bool is_no = std::holds_alternative<connectors::Declined>(heard.outcome);
    const bool is_yes = std::holds_alternative<connectors::Succeeded>(heard.outcome);
    for (int round = 0; round < kRoundsMax; ++round) {
        const bool is_overtaken = payment.operation.state != asked_in;
        const bool is_worked_on =
            payment.operation.state == State::pending || payment.operation.state == State::fencing;
        if (is_no && is_overtaken && is_worked_on) co_return std::nullopt;
        if (is_overtaken && is_yes && payment.operation.state == State::declined) {
            auto again = co_await investigate(payment);
            if (std::holds_alternative<connectors::Declined>(again.outcome)) co_return std::nullopt;
        }
        note_hold(payment, heard.tender);
        auto change = settle(payment, heard.outcome, now(), random_u64());
        if (!change) co_return std::nullopt;
        auto data = co_await records_.advance(*change, deadline);
        if (data) {
            log::debug("payment.changed", {{"payment", change->after.id.text()},
                                           {"type", change->event_type},
                                           {"why", change->after.operation.why}});
            co_return answer_of(*change, std::move(*data));
        }
        payment = co_await load(payment.merchant, payment.id, operation);
    }
    log::warn("payment.is_busy", {{"payment", payment.id.text()}});
    co_return std::nullopt;
}

// The answer as the database has it, not as this process believes it to be.
Task<Answer> Service::current(MerchantId merchant, PaymentId payment, OperationId operation) {
    auto answered = co_await records_.answered(payment, operation);
    check(answered.has_value(), "an operation does not vanish");
    if (answered->ended_version > 0)
        co_return Answer{payment, operation, std::move(answered->data),
                         std::move(answered->event_type)};
    const auto now_is = co_await load(merchant, payment, operation);
    co_return Answer{.payment = payment,
                     .operation = operation,
                     .data = show_subject(now_is),
                     .is_held = waits_for_approval(now_is.operation)};
}

Task<Result<Answer>> Service::replay(MerchantId merchant, PaymentId payment, OperationId operation,
                                     bool same_request) {
    if (!same_request) co_return key_reused(payment);
    const auto answered = co_await records_.answered(payment, operation);
    check(answered.has_value(), "an operation does not vanish");
    if (answered->state == State::sending && answered->due_at > now())
        co_return about(payment, Fault::conflict, "request_in_progress",
                        "the first request with this Idempotency-Key is still running: repeat it "
                        "in a second",
                        1);
    auto answer = co_await current(merchant, payment, operation);
    answer.replayed = true;
    co_return answer;
}

Task<Result<std::string_view>> Service::receive(std::string account, http::Headers headers,
                                                std::string body) {
    const auto* provider = accounts_.find(account);
    if (!provider)
        co_return fail(Fault::not_found, "provider_not_found",
                       "there is no such account of a provider here");
    if (provider->webhook_secret.empty())
        co_return fail(Fault::unavailable, "webhooks_not_configured",
                       "set the secret of the provider's webhooks: see docs/configuration.md");
    const auto time = now();
    CO_TRY(auto hint,
           provider->connector.read_webhook(headers, body, provider->webhook_secret, time));
    const auto woken = co_await records_.receive(std::move(account), hint, std::move(body), time);
    log::debug("provider.event", {{"id", hint.id},
                                  {"type", hint.type},
                                  {"payment", hint.payment},
                                  {"woken", woken ? std::to_string(*woken) : "seen before"}});
    co_return !woken ? "seen" : *woken > 0 ? "stored" : "parked";
}

Task<Result<bool>> Service::answer_dispute(PaymentId payment, Dispute dispute,
                                           connectors::DisputeReply reply, std::string client_key) {
    reply.reference = dispute.reference;
    const auto text = show_reply(reply);
    connectors::Hint hint{.id = reply_id(payment, client_key),
                          .type = reply.accept ? "dispute.accept" : "dispute.evidence",
                          .payment = payment.text(),
                          .about = connectors::About::reply,
                          .object = dispute.reference};
    const auto kept = co_await records_.event_body(dispute.provider, hint.id);
    if (kept == text) co_return true;
    if (!kept.empty()) co_return key_reused(payment);
    if (!takes_reply(dispute.status))
        co_return about(payment, Fault::conflict, "dispute_not_open",
                        "the dispute is " + std::string(name(dispute.status)) +
                            ": nobody reads an answer to it",
                        0);
    const auto id = hint.id;
    if (co_await records_.receive(dispute.provider, std::move(hint), text, now())) co_return false;
    // The same key at the same moment.
    if (co_await records_.event_body(dispute.provider, id) == text) co_return true;
    co_return key_reused(payment);
}

// What was never sent is sent, or given up when it is too old. False = look again later.
Task<bool> Service::resend(Payment payment, Deadline deadline) {
    auto given_up = give_up(payment, now(), random_u64());
    if (given_up) co_return (co_await records_.advance(std::move(*given_up), deadline)).has_value();
    if (!accounts_.find(payment.operation.provider)) co_return false;
    auto change = send_again(payment, timing(), random_u64());
    const auto after = change.after;
    if (co_await records_.advance(std::move(change), deadline))
        co_await carry_out(after, Detour(), deadline);
    co_return true;
}

Task<> Service::resolve(Due claimed) {
    const auto deadline = deadline_in(2 * lease());
    auto payment = co_await load(claimed.merchant, claimed.payment, claimed.operation);
    if (payment.operation.due_at != claimed.due_at) co_return;  // Somebody heard more meanwhile.
    bool written = false;
    if (payment.operation.state == State::not_sent || payment.operation.state == State::ready) {
        written = co_await resend(payment, deadline);
    } else {
        if (payment.operation.state == State::sending) {
            auto change = lose(payment, now(), random_u64());
            check(change.has_value(), "who sends can be lost");
            payment = change->after;
            if (!co_await records_.advance(std::move(*change), deadline)) co_return;
            claimed.due_at = payment.operation.due_at;
        }
        if (accounts_.find(payment.operation.provider)) {
            auto heard = co_await investigate(payment);
            written = (co_await record(payment, std::move(heard), deadline)).has_value();
        }
    }
    if (!accounts_.find(payment.operation.provider))
        log::warn("payment.account_not_configured",
                  {{"payment", payment.id.text()}, {"account", payment.operation.provider}});
    if (!written)
        co_await records_.postpone(claimed, next_look(now(), claimed.tries, random_u64()));
}

// Warns that nobody captures an authorization, and later gives it back; withdraws what a buyer
// left. Whoever else has the same in mind, or captures at this moment: the version decides.
Task<> Service::do_chore(DuePayment due) {
    auto payment = co_await load(due.merchant, due.payment, OperationId());
    payment.due_at = std::min(payment.due_at, due.due_at);  // The claim has put it off.
    const auto deadline = deadline_in(2 * lease());
    const auto chore = chore_of(payment, now());
    if (chore == Chore::warn) {
        auto change = warn(payment, now(), random_u64());
        co_await records_.advance(std::move(change), deadline);
    }
    if (chore != Chore::cancel) co_return;
    const ClientKey key{fmt::format("{}:{}", payment.id.text(), payment.version)};
    Wish wish{.action = Action::cancel, .reason = std::string(kExpired), .scope = Scope::expire};
    if (is_withdrawn(payment)) wish.reason = payment.cancellation_reason;
    const auto done =
        co_await act(std::move(payment), std::move(wish), key, std::nullopt, deadline);
    if (!done)
        log::info("payment.not_expired",
                  {{"payment", due.payment.text()}, {"code", done.error().code}});
}

}  // namespace florin::payments
