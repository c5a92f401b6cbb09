#include <array>

#include "api/handlers.h"

namespace florin::api {
namespace {

// clang-format off
constexpr std::array kRoutes = {
    Route{"POST", "/v1/payments",                     "payments:write", Replay::by_key, create_payment},
    Route{"GET",  "/v1/payments",                     "payments:read",  Replay::none,   list_payments},
    Route{"GET",  "/v1/payments/{id}",                "payments:read",  Replay::none,   get_payment},
    Route{"POST", "/v1/payments/{id}/capture",        "payments:write", Replay::by_key, capture_payment},
    Route{"POST", "/v1/payments/{id}/cancel",         "payments:write", Replay::by_key, cancel_payment},
    Route{"POST", "/v1/payments/{id}/refunds",        "payments:write", Replay::by_key, refund_payment},
    Route{"POST", "/v1/payments/{id}/adjust",         "payments:write", Replay::by_key, adjust_payment},
    Route{"POST", "/v1/payments/{id}/undo",           "payments:write", Replay::by_key, undo_payment},
    Route{"POST", "/v1/payments/{id}/attempts",       "payments:write", Replay::by_key, retry_payment},
    Route{"GET",  "/v1/payments/{id}/refunds",        "payments:read",  Replay::none,   list_refunds},
    Route{"GET",  "/v1/payments/{id}/disputes",       "payments:read",  Replay::none,   list_disputes},
    Route{"POST", "/v1/payments/{id}/disputes/{dispute}/evidence", "payments:write", Replay::by_key, send_evidence, kEvidenceBodyMax},
    Route{"POST", "/v1/payments/{id}/disputes/{dispute}/accept", "payments:write", Replay::by_key, accept_dispute},
    Route{"GET",  "/v1/payments/{id}/refunds/{refund}", "payments:read", Replay::none,  get_refund},
    Route{"GET",  "/v1/payments/{id}/events",         "payments:read",  Replay::none,   list_payment_events},
    Route{"GET",  "/v1/events",                       "payments:read",  Replay::none,   list_events},
    Route{"GET",  "/v1/payment_orders/{id}",          "payments:read",  Replay::none,   get_order},
    Route{"POST", "/v1/payment_orders/{id}/shipment", "payments:write", Replay::by_key, ship_order},
    Route{"GET",  "/v1/refunds",                      "payments:read",  Replay::none,   list_held_refunds},
    Route{"POST", "/v1/refunds/{id}/approve",         "refunds:approve", Replay::by_key, approve_refund},
    Route{"POST", "/v1/refunds/{id}/reject",          "refunds:approve", Replay::by_key, reject_refund},
    Route{"POST", "/v1/providers/{id}/webhooks",      "",               Replay::by_event, receive_webhook},
    Route{"GET",  "/v1/ledger/accounts",              "ledger:read",    Replay::none,   list_ledger_accounts},
    Route{"GET",  "/v1/ledger/accounts/{id}",         "ledger:read",    Replay::none,   get_ledger_account},
    Route{"GET",  "/v1/ledger/accounts/{id}/entries", "ledger:read",    Replay::none,   list_ledger_entries},
    Route{"POST", "/v1/journal_entries",              "ledger:write",   Replay::by_key, create_journal_entry},
    Route{"GET",  "/v1/journal_entries",              "ledger:read",    Replay::none,   list_journal_entries},
    Route{"GET",  "/v1/journal_entries/{id}",         "ledger:read",    Replay::none,   get_journal_entry},
    Route{"POST", "/v1/journal_entries/{id}/reverse", "ledger:write",   Replay::by_key, reverse_journal_entry},
    Route{"POST", "/v1/sellers",                      "sellers:write",  Replay::by_effect, create_seller},
    Route{"GET",  "/v1/sellers",                      "sellers:read",   Replay::none,   list_sellers},
    Route{"GET",  "/v1/sellers/{id}",                 "sellers:read",   Replay::none,   get_seller},
    Route{"POST", "/v1/sellers/{id}/suspend",         "sellers:write",  Replay::by_effect, suspend_seller},
    Route{"POST", "/v1/sellers/{id}/activate",        "sellers:write",  Replay::by_effect, activate_seller},
    Route{"GET",  "/v1/sellers/{id}/fees",            "sellers:read",   Replay::none,   preview_fees},
    Route{"POST", "/v1/fee_rules",                    "sellers:write",  Replay::by_effect, create_fee_rule},
    Route{"GET",  "/v1/fee_rules",                    "sellers:read",   Replay::none,   list_fee_rules},
    Route{"GET",  "/v1/fee_rules/{id}",               "sellers:read",   Replay::none,   get_fee_rule},
    Route{"POST", "/v1/fee_rules/{id}/end",           "sellers:write",  Replay::by_effect, end_fee_rule},
    Route{"GET",  "/v1/wallets/{id}",                 "wallets:read",   Replay::none,   get_wallet},
    Route{"GET",  "/v1/wallets/{id}/entries",         "wallets:read",   Replay::none,   list_wallet_entries},
    Route{"POST", "/v1/wallets/{id}/credits",         "wallets:write",  Replay::by_key, credit_wallet},
    Route{"POST", "/v1/wallets/{id}/points",          "wallets:write",  Replay::by_key, earn_points},
    Route{"POST", "/v1/fx_quotes",                    "fx:write",       Replay::by_key, create_fx_quote},
    Route{"GET",  "/v1/fx_quotes/{id}",               "fx:read",        Replay::none,   get_fx_quote},
    Route{"GET",  "/v1/currencies",                   "fx:read",        Replay::none,   list_currencies},
    Route{"GET",  "/v1/currency_lists",               "fx:read",        Replay::none,   list_currency_lists},
    Route{"GET",  "/v1/currency_lists/{id}",          "fx:read",        Replay::none,   get_currency_list},
    Route{"PUT",  "/v1/currency_lists/{id}",          "fx:write",       Replay::by_effect, put_currency_list},
    Route{"DELETE", "/v1/currency_lists/{id}",        "fx:write",       Replay::by_effect, drop_currency_list},
    Route{"PUT",  "/v1/sellers/{id}/payout_settings/{currency}", "payouts:write", Replay::by_effect, put_payout_settings},
    Route{"GET",  "/v1/sellers/{id}/payout_settings/{currency}", "payouts:read", Replay::none, get_payout_settings},
    Route{"GET",  "/v1/sellers/{id}/payout_status",   "payouts:read",   Replay::none,   get_payout_status},
    Route{"GET",  "/v1/sellers/{id}/statement",       "payouts:read",   Replay::none,   get_statement},
    Route{"POST", "/v1/payouts",                      "payouts:write",  Replay::by_key, create_payout},
    Route{"GET",  "/v1/payouts",                      "payouts:read",   Replay::none,   list_payouts},
    Route{"GET",  "/v1/payouts/{id}",                 "payouts:read",   Replay::none,   get_payout},
    Route{"GET",  "/v1/payouts/{id}/explain",         "payouts:read",   Replay::none,   explain_payout},
    Route{"POST", "/v1/payouts/{id}/approve",         "payouts:approve", Replay::by_effect, approve_payout},
    Route{"POST", "/v1/payouts/{id}/reject",          "payouts:approve", Replay::by_effect, reject_payout},
    Route{"POST", "/v1/payouts/{id}/cancel",          "payouts:write",  Replay::by_effect, cancel_payout},
    Route{"POST", "/v1/payouts/{id}/recall",          "payouts:write",  Replay::by_effect, recall_payout},
    Route{"POST", "/v1/payouts/{id}/outcome",         "payouts:write",  Replay::by_effect, tell_payout},
    Route{"GET",  "/v1/payout_batches",               "payouts:read",   Replay::none,   list_payout_batches},
    Route{"GET",  "/v1/payout_batches/{id}",          "payouts:read",   Replay::none,   get_payout_batch},
    Route{"POST", "/v1/payout_batches/{id}/export",   "payouts:write",  Replay::by_effect, export_payout_batch},
    Route{"GET",  "/v1/payout_batches/{id}/file",     "payouts:read",   Replay::none,   get_payout_file},
    Route{"GET",  "/v1/dlq",                          "payments:read",  Replay::none,   list_dead_letters},
    Route{"GET",  "/v1/dlq/{id}",                     "payments:read",  Replay::none,   get_dead_letter},
    Route{"POST", "/v1/dlq/{id}/retry",               "payments:write", Replay::by_effect, retry_dead_letter},
    Route{"POST", "/v1/dlq/{id}/discard",             "payments:write", Replay::by_effect, discard_dead_letter},
    Route{"GET",  "/healthz",                         "",               Replay::none,   get_health},
    Route{"GET",  "/readyz",                          "",               Replay::none,   get_ready},
    Route{"GET",  "/metrics",                         "",               Replay::none,   get_metrics},
    Route{"GET",  "/openapi.json",                    "",               Replay::none,   get_openapi},
};
// clang-format on

}  // namespace

std::span<const Route> routes() {
    return kRoutes;
}

}  // namespace florin::api
