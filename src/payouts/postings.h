#pragma once

// The exact ledger entries of each thing that happens to a payout: rows N to Q, AD and AE of
// docs/ledger.md.

#include "ledger/types.h"
#include "payouts/types.h"

namespace florin::payouts {

// Stored in the ids of transactions: never change a number.
enum class Stage : std::uint8_t {
    created = 0,   // Out of what the seller is owed.
    paid = 1,      // The rail has confirmed it.
    back = 2,      // It never arrived: he is owed it again.
    returned = 3,  // The same, after it was paid.
    reserve = 4,   // What was held back is his again.
};

OperationId transaction_of(const PayoutId& payout, Stage stage);

ledger::AccountName payable_account(const std::string& seller, Currency currency);
ledger::AccountName debt_account(const std::string& seller, Currency currency);
ledger::AccountName reserve_account(const std::string& seller, Currency currency);
ledger::AccountName in_flight_account(RailKind rail, Currency currency);

// N, AE, AD: Dr seller_payable gross / Cr seller_receivable, seller_reserve, payout_in_flight.
ledger::Posting created_posting(const Payout& payout);
// O: Dr payout_in_flight / Cr where the rail pays from, or the wallet that it fills. `fee`: Dr
// payout_fees / Cr where it pays from.
ledger::Posting paid_posting(const Payout& payout, std::int64_t fee, Instant at);
// P: Dr payout_in_flight / Cr seller_payable. `kind`: why.
ledger::Posting back_posting(const Payout& payout, std::string kind, std::int64_t fee, Instant at);
// Q: Dr where the rail paid from / Cr seller_payable.
ledger::Posting returned_posting(const Payout& payout, std::int64_t fee, Instant at);
// AD, back: Dr seller_reserve / Cr seller_payable.
ledger::Posting reserve_posting(const Reserve& reserve, Instant at);

// The kinds of entries in seller_payable that payouts themselves make.
inline constexpr std::string_view kPayoutKind = "payout";
inline constexpr std::string_view kPaidKind = "payout_paid";
inline constexpr std::string_view kFailedKind = "payout_failed";
inline constexpr std::string_view kCanceledKind = "payout_canceled";
inline constexpr std::string_view kReturnedKind = "payout_returned";
inline constexpr std::string_view kReserveKind = "reserve_released";

}  // namespace florin::payouts
