// What POST does to payment intents up to the authorization: create, confirm, and the buyer's
// answer to 3-D Secure. Every parameter is checked before the first object is touched.

#include <fmt/format.h>

#include "base/check.h"
#include "base/result.h"
#include "sandbox/provider.h"
#include "sandbox/render.h"

namespace florin::sandbox {
namespace {

constexpr std::string_view kCreateParams[] = {
    "amount",
    "currency",
    "payment_method",
    "confirm",
    "capture_method",
    "confirmation_method",
    "metadata[*]",
    "description",
    "payment_method_types[]",
    "payment_method_options[*]",
    "automatic_payment_methods[*]",
    "off_session",
    "return_url",
    "error_on_requires_action",
    "expand[]",
};
constexpr std::string_view kConfirmParams[] = {
    "payment_method", "payment_method_options[*]", "off_session",
    "return_url",     "error_on_requires_action",  "expand[]",
};
constexpr std::string_view kChallengeParams[] = {"outcome"};

constexpr std::string_view kCaptureMethods[] = {"automatic", "automatic_async", "manual"};
constexpr std::string_view kIfAvailable[] = {"if_available", "never"};
constexpr std::string_view kOutcomes[] = {"approve", "fail"};

constexpr std::string_view kNoMethod =
    "You cannot confirm this PaymentIntent because it's missing a payment method. You can either "
    "update the PaymentIntent with a payment method and then confirm it again, or confirm it again "
    "directly with a payment method.";

Checked<void> check_types(const Params& params) {
    for (const auto& type : params.list("payment_method_types")) {
        if (type != "card")
            return refuse("payment_method_types", "payment_intent_invalid_parameter",
                          "This sandbox takes the payment method type card only.");
    }
    return {};
}

Checked<Presence> check_presence(const Params& params) {
    TRY(const bool off_session, check_bool(params, "off_session", false));
    TRY(const bool error_instead, check_bool(params, "error_on_requires_action", false));
    Presence presence;
    presence.can_challenge = !off_session && !error_instead;
    return presence;
}

// What the payment asks of its card; empty: as before.
struct CardOptions {
    std::string multicapture, increments;
};

Checked<CardOptions> check_options(const Params& params) {
    CardOptions options;
    TRY(options.multicapture,
        check_choice(params, "payment_method_options[card][request_multicapture]", kIfAvailable));
    TRY(options.increments,
        check_choice(params, "payment_method_options[card][request_incremental_authorization]",
                     kIfAvailable));
    return options;
}

void apply(const CardOptions& options, PaymentIntent& intent) {
    if (!options.multicapture.empty())
        intent.wants_multicapture = options.multicapture == "if_available";
    if (!options.increments.empty()) intent.wants_increments = options.increments == "if_available";
}

// Everything that creating needs, checked.
struct NewIntent {
    std::int64_t amount = 0;
    std::string currency, capture_method, description, return_url;
    bool confirm = false;
    Presence presence;
    CardOptions options;
    Pairs metadata;
    Expand expand;
};

Checked<NewIntent> check_new(const Params& params) {
    TRY_OK(check_known(params, kCreateParams));
    NewIntent wanted;
    TRY_OK(check_required(params, "amount"));
    TRY(const auto amount, check_amount(params, "amount"));
    wanted.amount = *amount;
    TRY(wanted.currency, check_currency(params));
    TRY(wanted.capture_method, check_choice(params, "capture_method", kCaptureMethods));
    TRY(wanted.description, check_text(params, "description", 1000));
    TRY(wanted.return_url, check_url(params, "return_url"));
    TRY(wanted.confirm, check_bool(params, "confirm", false));
    TRY(wanted.presence, check_presence(params));
    TRY_OK(check_types(params));
    TRY(wanted.options, check_options(params));
    TRY(wanted.metadata, check_metadata(params));
    TRY(wanted.expand, check_expand(params, kIntentRefs));
    return wanted;
}

}  // namespace

Provider::Json Provider::create_intent(const Command& command, const Params& params) {
    TRY(auto wanted, check_new(params));
    TRY(const auto method, find_method(params));
    const bool has_method = method.card != nullptr || method.existing != kNone;
    if (wanted.confirm && !has_method)
        return refuse("payment_method", "payment_intent_unexpected_state", kNoMethod);

    auto& intent = store_.add_intent();
    intent.amount = wanted.amount;
    intent.currency = std::move(wanted.currency);
    intent.manual_capture = wanted.capture_method == "manual";
    intent.capture_method = wanted.capture_method.empty() ? "automatic" : wanted.capture_method;
    intent.description = std::move(wanted.description);
    intent.return_url = std::move(wanted.return_url);
    intent.created_us = command.at_us;
    apply(wanted.options, intent);
    store_.merge_metadata(intent, wanted.metadata);
    intent.method = take_method(method, command);
    intent.status = has_method ? Status::requires_confirmation : Status::requires_payment_method;
    auto shown = share(render(store_, intent));
    emit(command, "payment_intent.created", shown);
    if (wanted.confirm) {
        TRY(shown, attempt(command, intent, wanted.presence));
    }
    return wanted.expand.none() ? shown : share(render(store_, intent, wanted.expand));
}

Provider::Json Provider::confirm_intent(const Command& command, const Params& params,
                                        PaymentIntent& intent) {
    TRY_OK(check_known(params, kConfirmParams));
    TRY(const auto presence, check_presence(params));
    TRY(auto return_url, check_url(params, "return_url"));
    TRY(const auto expand, check_expand(params, kIntentRefs));
    TRY(const auto options, check_options(params));
    TRY(const auto method, find_method(params));
    if (!may_confirm(intent.status))
        return wrong_state(
            intent, fmt::format("You cannot confirm this PaymentIntent because it has a status of "
                                "{}. Only a PaymentIntent with one of the following statuses may "
                                "be confirmed: requires_payment_method, requires_confirmation, "
                                "requires_action.",
                                name_of(intent.status)));
    if (const auto named = take_method(method, command); named != kNone) intent.method = named;
    if (intent.method == kNone) return wrong_state(intent, std::string(kNoMethod));
    apply(options, intent);
    if (!return_url.empty()) intent.return_url = std::move(return_url);
    TRY(auto shown, attempt(command, intent, presence));
    return expand.none() ? shown : share(render(store_, intent, expand));
}

// Asks the issuer, or the buyer first. A decline is an error for the caller, but the payment stays.
Provider::Json Provider::attempt(const Command& command, PaymentIntent& intent, Presence presence) {
    const Card& card = *store_.methods[intent.method].card;
    const auto outcome = judge(card, presence);
    if (outcome == Outcome::challenged) {
        challenge(intent);
        auto shown = share(render(store_, intent));
        emit(command, "payment_intent.requires_action", shown);
        return shown;
    }
    if (outcome == Outcome::authentication_missing)
        return std::unexpected(fail_attempt(command, intent, kAuthenticationRequired, kNone));

    auto& charge = store_.add_charge(intent.index);
    charge.method = intent.method;
    charge.amount = charge.amount_first = intent.amount;
    charge.created = command.at_us / 1'000'000;
    if (outcome == Outcome::declined) {
        charge.failure = card.decline;
        emit(command, "charge.failed", share(render(store_, charge)));
        return std::unexpected(fail_attempt(command, intent, *card.decline, intent.latest_charge));
    }
    charge.multicapture = intent.wants_multicapture && !card.basic;
    charge.incremental = intent.wants_increments && !card.basic;
    charge.capture_before = charge.created + authorization_seconds_;
    approve(intent, charge);
    emit(command, "charge.succeeded", share(render(store_, charge)));
    auto shown = share(render(store_, intent));
    emit(command,
         intent.manual_capture ? "payment_intent.amount_capturable_updated"
                               : "payment_intent.succeeded",
         shown);
    dispute_captured(command, intent.latest_charge);
    return shown;
}

Problem Provider::fail_attempt(const Command& command, PaymentIntent& intent, const Decline& why,
                               std::uint32_t charge) {
    decline(intent, why);
    intent.error_charge = charge;
    emit(command, "payment_intent.payment_failed", share(render(store_, intent)));
    auto problem = declined_by(why);
    problem.intent = intent.index;
    problem.charge = charge;
    problem.method = intent.error_method;
    return problem;
}

Provider::Json Provider::finish_challenge(const Command& command, const Params& params,
                                          PaymentIntent& intent) {
    TRY_OK(check_known(params, kChallengeParams));
    TRY_OK(check_required(params, "outcome"));
    TRY(const auto outcome, check_choice(params, "outcome", kOutcomes));
    if (intent.status != Status::requires_action)
        return wrong_state(intent, "This payment does not wait for its buyer.");
    // The buyer's page shows the state, so a decline here is no error of the request.
    if (outcome == "approve") {
        Presence presence;
        presence.authenticated = true;
        [[maybe_unused]] const auto declined = attempt(command, intent, presence);
    } else {
        fail_attempt(command, intent, kAuthenticationFailed, kNone);
    }
    return share(render(store_, intent));
}

}  // namespace florin::sandbox
