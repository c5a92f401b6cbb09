#include "connectors/stripe/transfers.h"

#include <fmt/format.h>

#include "connectors/stripe/reading.h"
#include "connectors/stripe/requests.h"

namespace florin::connectors::stripe {
namespace {

// How a payout of ours is recognized among others.
constexpr std::string_view kPayoutName = "florin_payout";

std::string key_of(const PayoutOrder& order, std::string_view step) {
    return order.payout + '_' + std::string(step);
}

std::pair<std::string, std::string> mark_of(const PayoutOrder& order) {
    return {"metadata[" + std::string(kPayoutName) + "]", order.payout};
}

// To act as the connected account.
void add_acting(http::Request& request, const PayoutOrder& order) {
    request.headers.add("Stripe-Account", order.destination);
}

bool is_of(const PayoutOrder& order, const element& object) {
    bool there = false;
    const auto metadata = member(object, "metadata", there);
    return there && text(metadata, kPayoutName) == order.payout;
}

bool is_amount_of(const PayoutOrder& order, const element& object) {
    return whole(object, "amount") == order.amount.minor() &&
           text(object, "currency") == lower(order.amount.currency().code());
}

std::expected<Transfer, Unknown> transfer_of(const PayoutOrder& order, const element& object) {
    Transfer out{.id = text(object, "id"),
                 .created = whole(object, "created"),
                 .is_reversed = is_true(object, "reversed")};
    if (text(object, "object") != "transfer" || out.id.empty())
        return std::unexpected(Unknown{"the answer is not a Transfer"});
    if (!is_of(order, object) || !is_amount_of(order, object) ||
        text(object, "destination") != order.destination)
        return std::unexpected(
            Unknown{"the Transfer is of another payout, amount or account", true});
    return out;
}

std::expected<BankPayout, Unknown> payout_of(const PayoutOrder& order, const element& object) {
    BankPayout out{.id = text(object, "id"),
                   .status = text(object, "status"),
                   .failure = text(object, "failure_code")};
    if (text(object, "object") != "payout" || out.id.empty())
        return std::unexpected(Unknown{"the answer is not a Payout"});
    if (!is_of(order, object) || !is_amount_of(order, object))
        return std::unexpected(Unknown{"the Payout is another one, or of another amount", true});
    return out;
}

// Everything but a yes to what changes something.
Outcome no_of(const PayoutOrder& order, const http::Answer& answer, std::string_view our_word) {
    if (!answer) {
        if (answer.error().request_left_us) return Unknown{answer.error().why};
        return NotSent{answer.error().why};
    }
    const auto status = answer->status;
    if (status == 429) return NotSent{"the provider is busy (429)"};
    element document;
    bool there =
        status < 500 && status != 409 && status != 424 && parse_object(answer->body, document);
    const auto error = there ? member(document, "error", there) : element();
    if (!there) return Unknown{fmt::format("the provider answered {}", status)};
    if (text(error, "type") == "idempotency_error")
        return Unknown{"the provider saw our key with another request", true};
    // Our key is refused, not the order. What a replay may have done before, it does not say.
    if (status == 401) {
        if (order.is_replay) return Unknown{"the provider refuses our key (401)"};
        return NotSent{"the provider refuses our key (401)"};
    }
    if (status == 400 || status == 402 || status == 403 || status == 404)
        return Declined{std::string(our_word), text(error, "code"), "", {}};
    return Unknown{fmt::format("the provider answered {}", status)};
}

// The object of a good answer, or why there is none.
std::expected<element, Unknown> object_of(const http::Answer& answer) {
    if (!answer) return std::unexpected(Unknown{answer.error().why});
    element object;
    if (answer->status != 200)
        return std::unexpected(Unknown{fmt::format("the query was answered {}", answer->status)});
    if (!parse_object(answer->body, object))
        return std::unexpected(Unknown{"status 200 without readable JSON"});
    return object;
}

// Ours of a list. Nothing: it is complete, and ours is not in it.
template <class Read>
auto ours_of(const PayoutOrder& order, const element& list, Read read)
    -> std::expected<std::optional<typename std::invoke_result_t<Read, element>::value_type>,
                     Unknown> {
    std::optional<typename std::invoke_result_t<Read, element>::value_type> ours;
    simdjson::dom::array all;
    if (text(list, "object") != "list" || list["data"].get(all) != simdjson::SUCCESS)
        return std::unexpected(Unknown{"the answer is not a list"});
    for (const element one : all) {
        if (!is_of(order, one)) continue;
        if (ours) return std::unexpected(Unknown{"the provider has it twice", true});
        TRY(ours, read(one));
    }
    if (!ours && is_true(list, "has_more"))
        return std::unexpected(Unknown{"the provider has too many to look through", true});
    return ours;
}

}  // namespace

http::Request encode_account(const PayoutOrder& order) {
    return get("/v1/accounts/" + http::percent_encode(order.destination));
}

http::Request encode_transfer(const PayoutOrder& order) {
    return post("/v1/transfers",
                {{"amount", std::to_string(order.amount.minor())},
                 {"currency", lower(order.amount.currency().code())},
                 {"destination", order.destination},
                 {"transfer_group", order.payout},
                 mark_of(order)},
                key_of(order, "transfer"));
}

http::Request encode_payout(const PayoutOrder& order) {
    auto request = post("/v1/payouts",
                        {{"amount", std::to_string(order.amount.minor())},
                         {"currency", lower(order.amount.currency().code())},
                         mark_of(order)},
                        key_of(order, "payout"));
    add_acting(request, order);
    return request;
}

http::Request encode_reversal(const PayoutOrder& order, const std::string& transfer) {
    return post("/v1/transfers/" + http::percent_encode(transfer) + "/reversals",
                {{"amount", std::to_string(order.amount.minor())}, mark_of(order)},
                key_of(order, "reversal"));
}

http::Request encode_transfer_query(const PayoutOrder& order) {
    return get("/v1/transfers?limit=100&transfer_group=" + http::percent_encode(order.payout));
}

http::Request encode_payout_query(const PayoutOrder& order, std::int64_t not_before) {
    auto request = get(order.reference.starts_with("po_")
                           ? "/v1/payouts/" + http::percent_encode(order.reference)
                           : fmt::format("/v1/payouts?limit=100&created[gte]={}", not_before));
    add_acting(request, order);
    return request;
}

std::optional<Outcome> refusal_of(const PayoutOrder& order, const http::Answer& answer) {
    if (!answer) return NotSent{answer.error().why};  // Only a question was asked.
    element account;
    if (answer->status == 403 || answer->status == 404)
        return Declined{std::string(kDestinationUnknown), "", "", {}};
    if (answer->status != 200 || !parse_object(answer->body, account) ||
        text(account, "id") != order.destination)
        return NotSent{fmt::format("the account was not shown to us ({})", answer->status)};
    if (!is_true(account, "payouts_enabled"))
        return Declined{std::string(kDestinationDisabled), "", "", {}};
    // Stripe would pay its balance by itself, and our own payout would find nothing left.
    std::string_view interval;
    if (account.at_pointer("/settings/payouts/schedule/interval").get(interval) ==
            simdjson::SUCCESS &&
        interval != "manual")
        return Declined{std::string(kDestinationAutomatic), "", "", {}};
    return std::nullopt;
}

std::expected<Transfer, Outcome> read_transfer(const PayoutOrder& order,
                                               const http::Answer& answer) {
    if (!answer || answer->status != 200)
        return std::unexpected(no_of(order, answer, kTransferRefused));
    TRY(const auto object, object_of(answer));
    TRY(auto transfer, transfer_of(order, object));
    return transfer;
}

Outcome conclude_payout(const PayoutOrder& order, const Transfer& transfer,
                        const http::Answer& answer) {
    if (!answer || answer->status != 200) {
        auto no = no_of(order, answer, kPayoutRefused);
        // The transfer is there, so this is no end: with its id as the reference, it is kept that
        // no payout will be tried again, and then the transfer is fetched back.
        if (const auto* refused = std::get_if<Declined>(&no))
            return Pending{transfer.id, "reversal", "", refused->detail_code};
        if (const auto* not_sent = std::get_if<NotSent>(&no)) return Unknown{not_sent->why};
        return no;
    }
    const auto object = object_of(answer);
    if (!object) return object.error();
    const auto payout = payout_of(order, *object);
    if (!payout) return payout.error();
    if (payout->status == "paid") return Succeeded{payout->id, {}};
    return Pending{payout->id, "provider", ""};
}

std::expected<std::optional<Transfer>, Unknown> read_transfers(const PayoutOrder& order,
                                                               const http::Answer& answer) {
    TRY(const auto list, object_of(answer));
    return ours_of(order, list, [&](const element& one) { return transfer_of(order, one); });
}

std::expected<std::optional<BankPayout>, Unknown> read_payouts(const PayoutOrder& order,
                                                               const http::Answer& answer) {
    TRY(const auto object, object_of(answer));
    if (!order.reference.starts_with("po_"))
        return ours_of(order, object, [&](const element& one) { return payout_of(order, one); });
    return payout_of(order, object);
}

std::variant<Outcome, TakeBack> next_step(const PayoutOrder& order, const Found& found) {
    const bool is_refused = order.reference.starts_with("tr_");  // conclude_payout()
    if (!found.transfer) {
        if (order.reference.empty()) return NotFound{};
        return Unknown{"the transfer has gone", true};
    }
    const auto& transfer = *found.transfer;
    if (!found.payout && !transfer.is_reversed && !is_refused) return NotFound{};
    Declined no{std::string(kPayoutRefused), "", transfer.id, {}};
    if (found.payout) {
        const auto& [id, status, failure] = *found.payout;
        if (status == "paid") return Succeeded{id, {}};
        if (status == "pending" || status == "in_transit") return Pending{id, "provider", ""};
        if (status != "failed" && status != "canceled")
            return Unknown{"a Payout with status '" + status + "'", true};
        no = {std::string(kPayoutFailed), failure.empty() ? status : failure, id, {}};
    }
    if (transfer.is_reversed) return no;
    return TakeBack{transfer.id, std::move(no)};
}

Outcome conclude_reversal(const PayoutOrder& order, const TakeBack& step,
                          const http::Answer& answer) {
    if (!answer || answer->status != 200) {
        auto no = no_of(order, answer, "");
        if (const auto* refused = std::get_if<Declined>(&no))
            return Unknown{"the transfer cannot be reversed: " + refused->detail_code, true};
        if (const auto* not_sent = std::get_if<NotSent>(&no)) return Unknown{not_sent->why};
        return no;
    }
    const auto object = object_of(answer);
    if (!object) return object.error();
    if (text(*object, "object") != "transfer_reversal" || !is_amount_of(order, *object) ||
        text(*object, "transfer") != step.transfer)
        return Unknown{"the answer is not our TransferReversal", true};
    return step.then;
}

}  // namespace florin::connectors::stripe
