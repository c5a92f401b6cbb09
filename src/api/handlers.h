#pragma once

// One handler per route (routes.cpp). Reads a Call, asks a service, shows the answer.

#include <optional>
#include <string>
#include <string_view>

#include "api/gate.h"
#include "base/json.h"

namespace florin::api {

using Handled = Task<Result<http::Response>>;

Handled create_payment(Services& services, Call call);
Handled capture_payment(Services& services, Call call);
Handled cancel_payment(Services& services, Call call);
Handled refund_payment(Services& services, Call call);
Handled adjust_payment(Services& services, Call call);
Handled undo_payment(Services& services, Call call);
Handled retry_payment(Services& services, Call call);
Handled list_refunds(Services& services, Call call);
Handled list_disputes(Services& services, Call call);
// Files come in base64, with some text beside them.
inline constexpr std::size_t kEvidenceBodyMax = 7'000'000;
Handled send_evidence(Services& services, Call call);
Handled accept_dispute(Services& services, Call call);
Handled get_refund(Services& services, Call call);
Handled ship_order(Services& services, Call call);
Handled get_order(Services& services, Call call);
Handled list_held_refunds(Services& services, Call call);
Handled approve_refund(Services& services, Call call);
Handled reject_refund(Services& services, Call call);
Handled get_payment(Services& services, Call call);
Handled list_payments(Services& services, Call call);
Handled list_payment_events(Services& services, Call call);
Handled list_events(Services& services, Call call);

Handled receive_webhook(Services& services, Call call);

Handled list_ledger_accounts(Services& services, Call call);
Handled get_ledger_account(Services& services, Call call);
Handled list_ledger_entries(Services& services, Call call);

Handled create_journal_entry(Services& services, Call call);
Handled reverse_journal_entry(Services& services, Call call);
Handled get_journal_entry(Services& services, Call call);
Handled list_journal_entries(Services& services, Call call);

Handled create_seller(Services& services, Call call);
Handled list_sellers(Services& services, Call call);
Handled get_seller(Services& services, Call call);
Handled suspend_seller(Services& services, Call call);
Handled activate_seller(Services& services, Call call);
Handled preview_fees(Services& services, Call call);
Handled create_fee_rule(Services& services, Call call);
Handled list_fee_rules(Services& services, Call call);
Handled get_fee_rule(Services& services, Call call);
Handled end_fee_rule(Services& services, Call call);

Handled create_fx_quote(Services& services, Call call);
Handled get_fx_quote(Services& services, Call call);
Handled list_currencies(Services& services, Call call);
Handled put_currency_list(Services& services, Call call);
Handled get_currency_list(Services& services, Call call);
Handled drop_currency_list(Services& services, Call call);
Handled list_currency_lists(Services& services, Call call);

Handled get_wallet(Services& services, Call call);
Handled list_wallet_entries(Services& services, Call call);
Handled credit_wallet(Services& services, Call call);
Handled earn_points(Services& services, Call call);
Handled put_payout_settings(Services& services, Call call);
Handled get_payout_settings(Services& services, Call call);
Handled get_payout_status(Services& services, Call call);
Handled get_statement(Services& services, Call call);
Handled create_payout(Services& services, Call call);
Handled list_payouts(Services& services, Call call);
Handled get_payout(Services& services, Call call);
Handled explain_payout(Services& services, Call call);
Handled approve_payout(Services& services, Call call);
Handled reject_payout(Services& services, Call call);
Handled cancel_payout(Services& services, Call call);
Handled recall_payout(Services& services, Call call);
Handled tell_payout(Services& services, Call call);
Handled list_payout_batches(Services& services, Call call);
Handled get_payout_batch(Services& services, Call call);
Handled export_payout_batch(Services& services, Call call);
Handled get_payout_file(Services& services, Call call);

Handled list_dead_letters(Services& services, Call call);
Handled get_dead_letter(Services& services, Call call);
Handled retry_dead_letter(Services& services, Call call);
Handled discard_dead_letter(Services& services, Call call);
Handled get_health(Services& services, Call call);
Handled get_ready(Services& services, Call call);
Handled get_metrics(Services& services, Call call);
Handled get_openapi(Services& services, Call call);

// The payment that the path names, if it is the caller's. Failure: NotFound payment_not_found.
Task<Result<payments::Payment>> find_payment(Services& services, MerchantId merchant,
                                             std::string id);
http::Response json_response(int status, std::string body);

// One page of a list. `show` writes a row; `next_cursor` leads to the page after it, nothing =
// null.
template <class Rows, class Show>
http::Response list_response(std::string_view url, const Rows& rows, Show show, bool has_more,
                             const std::optional<std::string>& next_cursor) {
    json::Writer out;
    out.begin_object().field("object", "list").field("url", url).key("data").begin_array();
    for (const auto& row : rows) show(out, row);
    out.end_array().field("has_more", has_more).key("next_cursor");
    next_cursor ? out.value(*next_cursor) : out.null();
    out.end_object();
    return json_response(200, std::move(out).text());
}

}  // namespace florin::api
