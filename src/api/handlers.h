#pragma once

// One handler per route (routes.cpp). Reads a Call, asks a service, shows the answer.

#include "api/gate.h"

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
Handled get_refund(Services& services, Call call);
Handled get_payment(Services& services, Call call);
Handled list_payments(Services& services, Call call);
Handled list_payment_events(Services& services, Call call);

Handled receive_webhook(Services& services, Call call);

Handled list_ledger_accounts(Services& services, Call call);
Handled get_ledger_account(Services& services, Call call);
Handled list_ledger_entries(Services& services, Call call);

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

}  // namespace florin::api
