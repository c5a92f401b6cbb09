// Refunds: what POST makes of them, and what becomes of them later.

#include <fmt/format.h>

#include "base/result.h"
#include "sandbox/provider.h"
#include "sandbox/render.h"

namespace florin::sandbox {
namespace {

constexpr std::string_view kCreateParams[] = {"payment_intent", "charge",      "amount",
                                              "reason",         "metadata[*]", "expand[]"};
constexpr std::string_view kUpdateParams[] = {"metadata[*]", "expand[]"};
constexpr std::string_view kReasons[] = {"duplicate", "fraudulent", "requested_by_customer"};

Checked<void> check_refundable(const Store& store, const Charge& charge, std::int64_t wanted) {
    if (charge.amount_captured == 0)
        return refuse_by_state("", "",
                               fmt::format("This PaymentIntent ({}) does not have a successful "
                                           "charge to refund.",
                                           store.intents[charge.intent].id));
    for (const auto place : charge.disputes) {
        if (!leaves_refundable(store.disputes[place]))
            return refuse_by_state("", "charge_disputed",
                                   fmt::format("Charge {} has been charged back; cannot issue a "
                                               "refund.",
                                               charge.id));
    }
    if (refundable(charge) == 0)
        return refuse_by_state("", "charge_already_refunded",
                               fmt::format("Charge {} has already been refunded.", charge.id));
    if (wanted > refundable(charge))  // Without a code, as the provider has it.
        return refuse_by_state("amount", "",
                               fmt::format("Refund amount ({}) is greater than unrefunded amount "
                                           "on charge ({})",
                                           wanted, refundable(charge)));
    return {};
}

}  // namespace

// The charge that payment_intent or charge names.
Checked<std::uint32_t> Provider::find_charge(const Params& params) const {
    const auto* by_intent = params.get("payment_intent");
    const auto* by_charge = params.get("charge");
    if (by_intent == nullptr && by_charge == nullptr)
        return refuse("payment_intent", "parameter_missing",
                      "One of the following params should be provided for this request: "
                      "payment_intent or charge.");
    std::uint32_t place = kNone;
    if (by_intent != nullptr) {
        const auto intent = store_.find("pi_", *by_intent);
        if (intent == kNone)
            return std::unexpected(
                missing_object(404, "payment_intent", *by_intent, "payment_intent"));
        place = store_.intents[intent].latest_charge;
        if (place == kNone)
            return refuse_by_state("", "",
                                   fmt::format("This PaymentIntent ({}) does not have a successful "
                                               "charge to refund.",
                                               *by_intent));
    }
    if (by_charge != nullptr) {
        const auto named = store_.find("ch_", *by_charge);
        if (named == kNone)
            return std::unexpected(missing_object(404, "charge", *by_charge, "charge"));
        if (place != kNone && place != named)
            return refuse("charge", "", "The charge does not belong to the payment_intent.");
        place = named;
    }
    return place;
}

Provider::Json Provider::create_refund(const Command& command, const Params& params) {
    TRY_OK(check_known(params, kCreateParams));
    TRY(const auto amount, check_amount(params, "amount"));
    TRY(auto reason, check_choice(params, "reason", kReasons));
    TRY(const auto metadata, check_metadata(params));
    TRY(const auto expand, check_expand(params, kChargeRefs));
    TRY(const auto place, find_charge(params));
    auto& charge = store_.charges[place];
    const auto wanted = amount.value_or(refundable(charge));
    TRY_OK(check_refundable(store_, charge, wanted));
    auto& made = store_.add_refund(place);
    made.amount = wanted;
    made.created = command.at_us / 1'000'000;
    made.reason = std::move(reason);
    made.key = command.key;
    merge_pairs(made.metadata, metadata);
    refund(charge, made, store_.methods[charge.method].card->after_refund);
    if (made.later) store_.unsettled.push_back(charge.refunds.back());
    auto shown = share(render(store_, made));
    emit(command, "refund.created", shown);
    emit(command, "charge.refunded", share(render(store_, charge)));
    return expand.none() ? shown : share(render(store_, made, expand));
}

Provider::Json Provider::update_refund(const Command& command, const Params& params,
                                       const std::string& id) {
    const auto place = store_.find("re_", id);
    if (place == kNone) return std::unexpected(missing_object(404, "refund", id, "refund"));
    TRY_OK(check_known(params, kUpdateParams));
    TRY(const auto metadata, check_metadata(params));
    TRY(const auto expand, check_expand(params, kChargeRefs));
    auto& refund = store_.refunds[place];
    merge_pairs(refund.metadata, metadata);
    auto shown = share(render(store_, refund));
    emit(command, "refund.updated", shown);
    return expand.none() ? shown : share(render(store_, refund, expand));
}

void Provider::settle_refund(const Command& command, Refund& refund) {
    auto& charge = store_.charges[refund.charge];
    settle(charge, refund);
    const auto shown = share(render(store_, refund));
    emit(command, "refund.updated", shown);
    if (refund.status == RefundStatus::failed) emit(command, "refund.failed", shown);
}

}  // namespace florin::sandbox
