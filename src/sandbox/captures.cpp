// What POST does to an authorization: capture it at once or in parts, raise it, cancel it.

#include <fmt/format.h>

#include "base/result.h"
#include "sandbox/provider.h"
#include "sandbox/render.h"

namespace florin::sandbox {
namespace {

constexpr std::string_view kCaptureParams[] = {"amount_to_capture", "final_capture", "metadata[*]",
                                               "expand[]"};
constexpr std::string_view kIncrementParams[] = {"amount", "description", "metadata[*]",
                                                 "expand[]"};
constexpr std::string_view kCancelParams[] = {"cancellation_reason", "expand[]"};
constexpr std::string_view kCancelReasons[] = {"duplicate", "fraudulent", "requested_by_customer",
                                               "abandoned"};

constexpr int kCapturesMax = 50;
constexpr int kIncrementsMax = 10;
// The sandbox's own rule, because no test card declines increments: so many times the first amount.
constexpr std::int64_t kIssuerTimesMax = 10;

// What is wrong with a capture of `wanted`, given where the payment stands.
Checked<void> check_capture(const PaymentIntent& intent, const Charge& charge, std::int64_t wanted,
                            bool last) {
    if (!last && !charge.multicapture)
        return refuse_by_state(
            "final_capture", "payment_intent_invalid_parameter",
            "final_capture can be false only where multicapture is available: request it with "
            "payment_method_options[card][request_multicapture]=if_available.");
    if (wanted > intent.amount_capturable)
        return refuse_by_state("amount_to_capture", "amount_too_large",
                               fmt::format("The amount to capture must be no more than the "
                                           "capturable amount of {}.",
                                           intent.amount_capturable));
    if (wanted == 0 && (!last || charge.amount_captured == 0))
        return refuse_by_state("amount_to_capture", "parameter_invalid_integer",
                               "This value must be greater than or equal to 1.");
    if (charge.captures >= kCapturesMax - 1 && !last)
        return refuse_by_state("final_capture", "payment_intent_invalid_parameter",
                               fmt::format("A payment is captured at most {} times: this capture "
                                           "must be final.",
                                           kCapturesMax));
    return {};
}

Checked<void> check_increment(const PaymentIntent& intent, const Charge& charge,
                              std::int64_t amount) {
    if (!charge.incremental || charge.amount_captured > 0)
        return refuse_by_state(
            "", "payment_intent_invalid_parameter",
            charge.incremental
                ? "A PaymentIntent that is partially captured can no longer be incremented."
                : "This PaymentIntent is not eligible for incremental authorization: request it "
                  "with payment_method_options[card][request_incremental_authorization]="
                  "if_available, with a card that supports it.");
    if (amount <= intent.amount)
        return refuse_by_state("amount", "amount_too_small",
                               fmt::format("The amount must be greater than the currently "
                                           "authorized amount of {}.",
                                           intent.amount));
    if (intent.increments >= kIncrementsMax)
        return refuse_by_state("", "payment_intent_invalid_parameter",
                               fmt::format("A PaymentIntent has at most {} incremental "
                                           "authorization attempts.",
                                           kIncrementsMax));
    return {};
}

}  // namespace

std::unexpected<Problem> wrong_state(const PaymentIntent& intent, std::string message) {
    auto refused = refuse_by_state("", "payment_intent_unexpected_state", message);
    refused.error().intent = intent.index;
    return refused;
}

Provider::Json Provider::capture_intent(const Command& command, const Params& params,
                                        PaymentIntent& intent) {
    TRY_OK(check_known(params, kCaptureParams));
    TRY(const auto amount, check_amount(params, "amount_to_capture", 0));
    TRY(const bool last, check_bool(params, "final_capture", true));
    TRY(const auto metadata, check_metadata(params));
    TRY(const auto expand, check_expand(params, kIntentRefs));
    if (!may_capture(intent.status))
        return wrong_state(
            intent, fmt::format("This PaymentIntent could not be captured because it has a status "
                                "of {}. Only a PaymentIntent with one of the following statuses "
                                "may be captured: requires_capture.",
                                name_of(intent.status)));
    auto& charge = store_.charges[intent.latest_charge];
    const auto wanted = amount.value_or(intent.amount_capturable);
    TRY_OK(check_capture(intent, charge, wanted, last));
    capture(intent, charge, wanted, last);
    store_.merge_metadata(intent, metadata);
    return announce_capture(command, intent, charge, expand);
}

// With multicapture every capture is told, and the final one told as such.
Provider::Json Provider::announce_capture(const Command& command, const PaymentIntent& intent,
                                          const Charge& charge, Expand expand) {
    const auto charge_shown = share(render(store_, charge));
    const auto shown = share(render(store_, intent));
    if (charge.multicapture) {
        emit(command, "charge.updated", charge_shown);
        emit(command, "payment_intent.amount_capturable_updated", shown);
    }
    if (charge.captured) {
        emit(command, "charge.captured", charge_shown);
        emit(command, "payment_intent.succeeded", shown);
    }
    auto answer = expand.none() ? shown : share(render(store_, intent, expand));
    dispute_captured(command, intent.latest_charge);
    return answer;
}

// The new total, not the difference. A decline leaves everything as it was.
Provider::Json Provider::increment_intent(const Command& command, const Params& params,
                                          PaymentIntent& intent) {
    TRY_OK(check_known(params, kIncrementParams));
    TRY_OK(check_required(params, "amount"));
    TRY(const auto amount, check_amount(params, "amount"));
    TRY(auto description, check_text(params, "description", 1000));
    TRY(const auto metadata, check_metadata(params));
    TRY(const auto expand, check_expand(params, kIntentRefs));
    if (!may_capture(intent.status))
        return wrong_state(intent,
                           fmt::format("This PaymentIntent could not be incremented because "
                                       "it has a status of {}. Only a PaymentIntent with "
                                       "the status requires_capture may be incremented.",
                                       name_of(intent.status)));
    auto& charge = store_.charges[intent.latest_charge];
    TRY_OK(check_increment(intent, charge, *amount));
    ++intent.increments;
    if (*amount > kIssuerTimesMax * charge.amount_first) {
        auto declined = declined_by(kInsufficientFunds);
        declined.intent = intent.index;
        declined.charge = intent.latest_charge;
        return std::unexpected(std::move(declined));
    }
    increment(intent, charge, *amount);
    if (!description.empty()) intent.description = std::move(description);
    store_.merge_metadata(intent, metadata);
    emit(command, "charge.updated", share(render(store_, charge)));
    auto shown = share(render(store_, intent));
    emit(command, "payment_intent.amount_capturable_updated", shown);
    return expand.none() ? shown : share(render(store_, intent, expand));
}

Provider::Json Provider::cancel_intent(const Command& command, const Params& params,
                                       PaymentIntent& intent) {
    TRY_OK(check_known(params, kCancelParams));
    TRY(auto reason, check_choice(params, "cancellation_reason", kCancelReasons));
    TRY(const auto expand, check_expand(params, kIntentRefs));
    if (!may_cancel(intent.status))
        return wrong_state(
            intent, fmt::format("You cannot cancel this PaymentIntent because it has a status of "
                                "{}. Only a PaymentIntent with one of the following statuses may "
                                "be canceled: requires_payment_method, requires_capture, "
                                "requires_confirmation, requires_action, processing.",
                                name_of(intent.status)));
    Charge* authorized =
        may_capture(intent.status) ? &store_.charges[intent.latest_charge] : nullptr;
    cancel(intent, authorized, std::move(reason), command.at_us / 1'000'000);
    if (intent.status == Status::succeeded)  // What was captured before stays.
        return announce_capture(command, intent, *authorized, expand);
    if (authorized != nullptr) emit(command, "charge.refunded", share(render(store_, *authorized)));
    auto shown = share(render(store_, intent));
    emit(command, "payment_intent.canceled", shown);
    return expand.none() ? shown : share(render(store_, intent, expand));
}

}  // namespace florin::sandbox
