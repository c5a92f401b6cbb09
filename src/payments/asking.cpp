// Asking the outside world about one operation: the provider of the payment's method, and the
// wallet that pays a part of it beside (tender.h).

#include "base/check.h"
#include "payments/service.h"
#include "payments/tender.h"

namespace florin::payments {

using connectors::Declined;
using connectors::NotFound;
using connectors::Outcome;
using connectors::Succeeded;
using connectors::Unknown;
using operation::State;

// The worth of a point; 1 for stored value.
Result<std::int64_t> Service::tender_unit(const NewPayment& wanted) const {
    const auto* account = accounts_.find(wanted.tender.provider);
    if (!account)
        return fail(Fault::invalid, "no_route",
                    "this installation takes no '" + wanted.tender.provider +
                        "': see docs/configuration.md");
    const auto unit = account->connector.capabilities().unit;
    if (wanted.tender.amount % unit == 0) return unit;
    return fail(Fault::invalid, "amount_not_whole_points",
                "the part of split_tender is no whole number of points: a point is worth " +
                    Money(unit, wanted.currency).decimal());
}

Task<Outcome> Service::ask_method(Payment payment, bool is_replay) {
    const auto* account = accounts_.find(payment.operation.provider);
    check(account != nullptr, "only an account that is there is called");
    auto order = order_of(payment, is_replay);
    const auto deadline = deadline_in(options_.answer_time);
    if (payment.operation.state == State::fencing)
        co_return co_await account->connector.fence(account->wire, std::move(order), deadline);
    co_return co_await account->connector.perform(account->wire, std::move(order), deadline);
}

Task<Outcome> Service::ask_tender(Payment payment, Action action) {
    const auto* account = accounts_.find(payment.tender.provider);
    if (!account) co_return Unknown{"the wallet of the tender is not configured here"};
    auto order = tender_order(payment, action);
    const auto deadline = deadline_in(options_.answer_time);
    co_return co_await account->connector.perform(account->wire, std::move(order), deadline);
}

Task<Outcome> Service::find_hold(Payment payment) {
    const auto* account = accounts_.find(payment.tender.provider);
    if (!account) co_return Unknown{"the wallet of the tender is not configured here"};
    auto order = tender_order(payment, Action::authorize);
    const auto deadline = deadline_in(options_.answer_time);
    co_return co_await account->connector.find(account->wire, std::move(order), deadline);
}

// Asked again under its key, the wallet holds what it holds already.
Task<Service::Heard> Service::perform(Payment payment, bool is_replay) {
    if (holds_first(payment) && payment.operation.state != State::fencing) {
        auto held = co_await ask_tender(payment, Action::authorize);
        const auto* yes = std::get_if<Succeeded>(&held);
        if (!yes) co_return Heard{std::move(held)};
        payment.tender.reference = yes->reference;
    }
    if (is_for_tender_alone(payment)) {
        Outcome nothing_to_ask = Succeeded{.reference = payment.provider_reference, .proof = {}};
        co_return co_await complete(std::move(payment), std::move(nothing_to_ask));
    }
    auto outcome = co_await ask_method(payment, is_replay);
    co_return co_await complete(std::move(payment), std::move(outcome));
}

// What the wallet does after a yes cannot fail, or a person has to look. After a no that is
// committed it has given back what it held: a late yes is of the method alone.
Task<Service::Heard> Service::complete(Payment payment, Outcome outcome) {
    if (payment.operation.tender_key.empty() || payment.operation.state == State::declined)
        co_return Heard{std::move(outcome)};
    if (holds_first(payment) && payment.tender.reference.empty()) {
        auto held = co_await find_hold(payment);
        if (std::holds_alternative<Unknown>(held)) co_return Heard{std::move(held)};
        if (const auto* yes = std::get_if<Succeeded>(&held))
            payment.tender.reference = yes->reference;
    }
    Heard heard{std::move(outcome), payment.tender.reference};
    auto* yes = std::get_if<Succeeded>(&heard.outcome);
    const auto next = after_yes(payment);
    if (!yes || !next) co_return heard;
    auto done = co_await ask_tender(payment, *next);
    if (const auto* no = std::get_if<Declined>(&done)) {
        heard.outcome = Unknown{"the wallet of the tender refused: " + no->code, true};
    } else if (auto* also = std::get_if<Succeeded>(&done)) {
        if (!is_for_tender_alone(payment)) co_return heard;
        if (!is_main(payment.operation.kind)) yes->reference = also->reference;
        yes->proof = also->proof;
    } else {
        heard.outcome = Unknown{"no answer of the wallet of the tender"};
    }
    co_return heard;
}

// Asks the provider by our key, or for the end of what is to be canceled. Not found, and the
// provider still remembers keys: the same key is sent again, which gives the first outcome or makes
// it happen once.
Task<Service::Heard> Service::investigate(Payment payment) {
    if (payment.operation.state == State::fencing || is_for_tender_alone(payment))
        co_return co_await perform(std::move(payment), true);
    const auto* account = accounts_.find(payment.operation.provider);
    check(account != nullptr, "only an account that is there is asked");
    const auto& can = account->connector.capabilities();
    auto question = order_of(payment, true);
    auto found = co_await account->connector.find(account->wire, std::move(question),
                                                  deadline_in(options_.answer_time));
    const bool remembered =
        can.safe_replay && now() - payment.operation.sent_at < can.key_window - lease();
    if (std::holds_alternative<NotFound>(found) && payment.operation.state == State::unknown &&
        remembered)
        co_return co_await perform(std::move(payment), true);
    co_return co_await complete(std::move(payment), std::move(found));
}

}  // namespace florin::payments
