#include "payments/expiry.h"

#include <algorithm>
#include <array>

namespace florin::payments {
namespace {

using std::chrono::days;
using std::chrono::hours;

struct Lifetime {
    std::string_view provider, brand;  // Empty = all others.
    hours time;
};

// The first line that fits. Sources: docs.stripe.com/payments/place-a-hold-on-a-payment-method
// (online payments), developer.paypal.com/braintree on authorization expiration. A provider that
// tells the end of each authorization is believed instead.
constexpr std::array kLifetimes = {
    Lifetime{"stripe", "", days(7)},
    Lifetime{"braintree", "visa", days(8)},
    Lifetime{"braintree", "mastercard", days(7)},
    Lifetime{"braintree", "amex", days(7)},
    Lifetime{"braintree", "discover", days(30)},
    Lifetime{"", "visa", days(7)},
    Lifetime{"", "mastercard", days(7)},
    Lifetime{"", "amex", days(7)},
    Lifetime{"", "discover", days(10)},
    Lifetime{"", "", days(5)},
};

// An account is named as its provider, or begins with it: stripe, stripe_eu.
bool is_account_of(std::string_view provider, std::string_view account) {
    if (!account.starts_with(provider)) return false;
    account.remove_prefix(provider.size());
    return provider.empty() || account.empty() || account.starts_with('_');
}

// Both are shorter for authorizations that live only shortly.
Instant warn_at(const Payment& payment) {
    const auto life = payment.authorized_until - payment.created_at;
    return payment.authorized_until - std::min<Instant::duration>(hours(24), life / 2);
}
Instant cancel_at(const Payment& payment) {
    const auto life = payment.authorized_until - payment.created_at;
    return payment.authorized_until - std::min<Instant::duration>(hours(1), life / 10);
}

// A cancellation that the provider refused is tried again, but not at once, and not for ever.
constexpr hours kAgainAfter{1};

// For what the provider asks of the buyer; a bank's page gives up long before.
constexpr hours kActionTime{1};

bool waits_for_buyer(const Payment& payment) {
    return status_of(payment) == Status::requires_action;
}

// It was withdrawn, and the buyer was faster.
bool is_to_be_canceled(const Payment& payment) {
    return is_withdrawn(payment) && !payment.doing;
}

bool can_end_by_itself(const Payment& payment) {
    return !payment.doing && capturable(payment.counters) > 0 &&
           payment.authorized_until != Instant::max();
}

}  // namespace

Instant authorized_until(std::string_view account, const connectors::CardFacts& card, Instant at) {
    if (card.authorized_until > at) return card.authorized_until;
    const auto fits = [&](const Lifetime& line) {
        return is_account_of(line.provider, account) &&
               (line.brand.empty() || line.brand == card.brand);
    };
    return at + std::ranges::find_if(kLifetimes, fits)->time;
}

Chore chore_of(const Payment& payment, Instant now) {
    if (now < payment.due_at) return Chore::none;
    if (waits_for_buyer(payment) || is_to_be_canceled(payment)) return Chore::cancel;
    if (!can_end_by_itself(payment)) return Chore::none;
    return now < cancel_at(payment) ? Chore::warn : Chore::cancel;
}

Instant next_chore(const Payment& payment) {
    if (waits_for_buyer(payment)) return payment.updated_at + kActionTime;
    if (is_to_be_canceled(payment)) return payment.updated_at;
    if (!can_end_by_itself(payment)) return Instant::max();
    const bool was_refused = payment.operation.kind == Action::cancel &&
                             payment.operation.state == operation::State::declined;
    if (was_refused && payment.updated_at >= payment.authorized_until) return Instant::max();
    if (was_refused) return std::max(cancel_at(payment), payment.updated_at + kAgainAfter);
    return payment.updated_at < warn_at(payment) ? warn_at(payment) : cancel_at(payment);
}

}  // namespace florin::payments
