#include "connectors/stripe/mapping.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "connectors/stripe/reading.h"
#include "connectors/stripe/words.h"
#include "domain/currencies.h"

namespace florin::connectors::stripe {
namespace {

// Error codes that mean "the card was refused", in our words. A code that is missing here is
// card_declined: Stripe documents that HTTP 402 is final whatever the code.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kDeclines = {{
    {"card_declined", "card_declined"},
    {"expired_card", "expired_card"},
    {"incorrect_cvc", "incorrect_cvc"},
    {"incorrect_number", "incorrect_number"},
    {"processing_error", "processing_error"},
    {"authentication_required", "authentication_required"},
    {"payment_intent_authentication_failure", "authentication_failed"},
}};

std::string_view our_word(std::string_view code) {
    const auto* found =
        std::ranges::find(kDeclines, code, [](const auto& pair) { return pair.first; });
    return found == kDeclines.end() ? "card_declined" : found->second;
}

Declined declined(const element& error, std::string reference, Proof proof) {
    const auto code = text(error, "code");
    std::string detail = text(error, "decline_code");
    if (detail.empty() && code != our_word(code)) detail = code;
    return {std::string(our_word(code)), std::move(detail), std::move(reference), std::move(proof)};
}

constexpr std::int64_t kYear3000 = 32'503'680'000;  // What lies beyond is no time.

// What the charge says, where it was asked for together with its intent.
CardFacts facts_of(const element& intent) {
    element card, increments;
    if (intent["latest_charge"]["payment_method_details"]["card"].get(card) != simdjson::SUCCESS)
        return {};
    CardFacts facts{.brand = text(card, "brand")};
    if (const auto until = whole(card, "capture_before"); until > 0 && until < kYear3000)
        facts.authorized_until = Instant(std::chrono::seconds(until));
    if (card["incremental_authorization"].get(increments) == simdjson::SUCCESS)
        facts.can_increment = text(increments, "status") == "available";
    return facts;
}

// The intent that another operation made, after the amount was raised in place.
Outcome conclude_increment(const Order& order, const element& intent, Proof proof, bool answered) {
    const auto id = text(intent, "id");
    const auto status = text(intent, "status");
    if (status == "canceled") return Declined{"already_canceled", "", id, std::move(proof)};
    if (status == "succeeded") return Declined{"already_captured", "", id, std::move(proof)};
    if (status == "requires_capture" && whole(intent, "amount") == order.amount.minor() &&
        whole(intent, "amount_capturable") == order.amount.minor())
        return Succeeded{id, std::move(proof)};
    if (answered) return Unknown{"the amount is another after the increment", true};
    return NotFound{};
}

std::string redirect_of(const element& intent) {
    bool there = false;
    const auto action = member(intent, "next_action", there);
    if (!there) return {};
    const auto redirect = member(action, "redirect_to_url", there);
    return there ? text(redirect, "url") : std::string();
}

// The intent that the order itself made. Nothing: it tells neither yes nor no.
std::optional<Outcome> conclude_charge(const Order& order, const element& intent, Proof proof) {
    const auto id = text(intent, "id");
    const auto status = text(intent, "status");
    const auto received = whole(intent, "amount_received");
    bool there = false;
    const auto metadata = member(intent, "metadata", there);
    if (!there || text(metadata, kKeyName) != order.key)
        return Unknown{"the PaymentIntent does not carry our key", true};
    if (whole(intent, "amount") != order.amount.minor() ||
        text(intent, "currency") != lower(order.amount.currency().code()))
        return Unknown{"the amount or the currency is another", true};
    if (status == "requires_capture" && order.action != Action::sale) {
        if (whole(intent, "amount_capturable") != order.amount.minor())
            return Unknown{"another amount was authorized", true};
        return Succeeded{id, std::move(proof), facts_of(intent)};
    }
    if (status == "succeeded" && order.action == Action::sale) {
        if (received != order.amount.minor()) return Unknown{"another amount was captured", true};
        return Succeeded{id, std::move(proof)};
    }
    if (status == "processing") return Pending{id, "provider", ""};
    if (status == "requires_action") return Pending{id, "customer", redirect_of(intent)};
    if (status == "canceled") return Declined{"canceled_at_provider", "", id, std::move(proof)};
    if (status == "requires_payment_method") {
        const auto error = member(intent, "last_payment_error", there);
        if (there) return declined(error, id, std::move(proof));
    }
    return std::nullopt;
}

// The PaymentIntent says what became of the order. `answered`: this is the answer to the order
// itself, so a state that the order did not bring about is not "not yet" but unreadable.
Outcome conclude_intent(const Order& order, const element& intent, Proof proof, bool answered) {
    const auto id = text(intent, "id");
    const auto status = text(intent, "status");
    if (text(intent, "object") != "payment_intent" || id.empty())
        return Unknown{"the answer is not a PaymentIntent"};
    const auto received = whole(intent, "amount_received");
    const auto not_yet = [&]() -> Outcome {
        if (answered)
            return Unknown{"status '" + status + "' after " + std::string(name(order.action))};
        return NotFound{};
    };
    switch (order.action) {
        case Action::adjust:
            if (order.in_place)
                return conclude_increment(order, intent, std::move(proof), answered);
            break;
        case Action::cancel:
        case Action::release:
            // After a capture of a part, giving back the rest ends in success.
            if (status == "canceled" || (status == "succeeded" && order.captured_before > 0 &&
                                         received == order.captured_before))
                return Succeeded{id, std::move(proof)};
            if (status == "succeeded")
                return Declined{"already_captured", "", id, std::move(proof)};
            return not_yet();
        case Action::capture:
            if (status == "canceled") return Declined{"already_canceled", "", id, std::move(proof)};
            if (status != "succeeded" && (order.is_final || received <= order.captured_before))
                return not_yet();
            if (received != order.captured_before + order.amount.minor())
                return Unknown{"another amount was captured", true};
            return Succeeded{id, std::move(proof)};
        case Action::refund:
        case Action::authorize:
        case Action::sale:
            break;
    }
    return conclude_charge(order, intent, std::move(proof)).value_or(not_yet());
}

// The refund says what became of the order.
Outcome conclude_refund(const Order& order, const element& refund, Proof proof) {
    const auto id = text(refund, "id");
    const auto status = text(refund, "status");
    if (text(refund, "object") != "refund" || id.empty())
        return Unknown{"the answer is not a Refund"};
    bool there = false;
    const auto metadata = member(refund, "metadata", there);
    if (!there || text(metadata, kKeyName) != order.key)
        return Unknown{"the Refund does not carry our key", true};
    if (whole(refund, "amount") != order.amount.minor() ||
        text(refund, "currency") != lower(order.amount.currency().code()) ||
        text(refund, "payment_intent") != order.reference)
        return Unknown{"the Refund is of another amount or payment", true};
    if (status == "succeeded") return Succeeded{id, std::move(proof)};
    if (status == "pending" || status == "requires_action") return Pending{id, "provider", ""};
    if (status == "failed" || status == "canceled")
        return Declined{"refund_failed", text(refund, "failure_reason"), id, std::move(proof)};
    return Unknown{"a Refund with status '" + status + "'"};
}

// Ours among the refunds of the payment.
Outcome conclude_refunds(const Order& order, const element& list, Proof proof) {
    simdjson::dom::array found;
    if (list["data"].get(found) != simdjson::SUCCESS) return Unknown{"a list without data"};
    for (const element refund : found) {
        bool there = false;
        const auto metadata = member(refund, "metadata", there);
        if (there && text(metadata, kKeyName) == order.key)
            return conclude_refund(order, refund, std::move(proof));
    }
    bool more = false;
    if (list["has_more"].get(more) == simdjson::SUCCESS && more)
        return Unknown{"the payment has too many refunds to look through", true};
    return NotFound{};
}

// Everything but a yes. `is_replay`: the same may have been sent before.
Outcome conclude_no(bool is_replay, int status, std::string_view body, Proof proof) {
    if (status == 429) return NotSent{"the provider is busy (429)"};
    if (status >= 500 || status == 409 || status == 424)
        return Unknown{fmt::format("the provider answered {}", status)};
    element document;
    if (!parse_object(body, document))
        return Unknown{fmt::format("status {} without readable JSON", status)};
    bool there = false;
    const auto error = member(document, "error", there);
    if (!there) return Unknown{fmt::format("status {} without an error object", status)};
    const auto code = text(error, "code");
    const auto intent = member(error, "payment_intent", there);
    auto reference = there ? text(intent, "id") : std::string();
    if (status == 402) return declined(error, std::move(reference), std::move(proof));
    // The key was used with other parameters: an earlier request may have been executed.
    if (text(error, "type") == "idempotency_error")
        return Unknown{"the provider saw our key with another request", true};
    // The intent is not where this order starts. Who brought it there? A query tells.
    if (code == "payment_intent_unexpected_state")
        return Unknown{"the PaymentIntent is in another state"};
    if (status == 400 || status == 404)
        return Declined{"provider_refused", code, std::move(reference), std::move(proof)};
    // A key that is refused today says nothing about what was sent yesterday.
    if ((status == 401 || status == 403) && !is_replay)
        return Declined{std::string(kAccountRefused), code, "", std::move(proof)};
    return Unknown{fmt::format("the provider answered {}", status)};
}

}  // namespace

Outcome conclude(const Order& order, int status, std::string_view body, Proof proof) {
    if (status != 200) return conclude_no(order.is_replay, status, body, std::move(proof));
    element document;
    if (!parse_object(body, document)) return Unknown{"status 200 without readable JSON"};
    if (order.action == Action::refund) return conclude_refund(order, document, std::move(proof));
    return conclude_intent(order, document, std::move(proof), true);
}

namespace {

// It has been answered: nothing is due any more.
constexpr std::string_view kReviewedInquiry = "warning_under_review";

// Stripe's status in the words of domain/dispute.h.
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kDisputeWords = {{
    {"warning_needs_response", "inquiry"},
    {kReviewedInquiry, "inquiry"},
    {"warning_closed", "inquiry_closed"},
    {"needs_response", "needs_response"},
    {"under_review", "under_review"},
    {"won", "won"},
    {"lost", "lost"},
    {"prevented", "prevented"},
}};

void add_movements(DisputeFacts& facts, const element& dispute) {
    simdjson::dom::array movements;
    if (dispute["balance_transactions"].get(movements) != simdjson::SUCCESS) return;
    for (const element movement : movements) {
        std::int64_t amount = 0, fee = 0;
        if (movement["amount"].get(amount) != simdjson::SUCCESS ||
            movement["fee"].get(fee) != simdjson::SUCCESS)
            continue;
        (amount < 0 ? facts.withdrawn : facts.reinstated) += amount < 0 ? -amount : amount;
        facts.fee += fee;
    }
}

}  // namespace

DisputeAnswer conclude_dispute(int status, std::string_view body) {
    if (status == 404) return NotFound{};
    if (status != 200) return Unknown{fmt::format("the query was answered with {}", status)};
    element dispute;
    if (!parse_object(body, dispute) || text(dispute, "object") != "dispute")
        return Unknown{"the answer is not a Dispute"};
    const auto word = text(dispute, "status");
    const auto* ours =
        std::ranges::find(kDisputeWords, word, [](const auto& p) { return p.first; });
    auto code = text(dispute, "currency");
    for (auto& c : code) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
    const auto currency = currency_from(code);
    const auto amount = whole(dispute, "amount");
    if (ours == kDisputeWords.end() || !currency || amount <= 0 || amount > kAmountMax)
        return Unknown{"a Dispute with status '" + word + "'", true};
    DisputeFacts facts{.reference = text(dispute, "id"),
                       .status = std::string(ours->second),
                       .reason = text(dispute, "reason"),
                       .amount = Money(amount, *currency)};
    bool there = false;
    const auto intent = member(dispute, "payment_intent", there);
    const auto metadata = there ? member(intent, "metadata", there) : intent;
    if (there) facts.payment = text(metadata, kPaymentName);
    const auto details = member(dispute, "evidence_details", there);
    there = there && word != kReviewedInquiry;
    if (const auto due = there ? whole(details, "due_by") : 0; due > 0 && due < kYear3000)
        facts.evidence_due_at = Instant(std::chrono::seconds(due));
    add_movements(facts, dispute);
    return facts;
}

Outcome conclude_reply(std::string_view object, int status, std::string_view body, Proof proof) {
    if (status != 200) return conclude_no(true, status, body, std::move(proof));
    element answer;
    if (!parse_object(body, answer) || text(answer, "object") != object)
        return Unknown{fmt::format("the answer is no {}", object)};
    return Succeeded{text(answer, "id"), std::move(proof)};
}

Outcome conclude_query(const Order& order, int status, std::string_view body, Proof proof) {
    element document;
    if (status == 404) return NotFound{};
    if (status != 200) return Unknown{fmt::format("the query was answered with {}", status)};
    if (parser().parse(body.data(), body.size()).get(document) != simdjson::SUCCESS)
        return Unknown{"the query's answer is not JSON"};
    if (order.action == Action::refund)
        return text(document, "object") == "list"
                   ? conclude_refunds(order, document, std::move(proof))
                   : conclude_refund(order, document, std::move(proof));
    if (text(document, "object") != "search_result")
        return conclude_intent(order, document, std::move(proof), false);
    simdjson::dom::array found;
    if (document["data"].get(found) != simdjson::SUCCESS) return Unknown{"a search without data"};
    if (found.size() == 0) return NotFound{};
    if (found.size() > 1) return Unknown{"the provider has several charges under our key", true};
    return conclude_intent(order, found.at(0).value(), std::move(proof), false);
}

}  // namespace florin::connectors::stripe
