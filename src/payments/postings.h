#pragma once

// The exact ledger entries of each thing that happens to a payment. One function per row of the
// table in docs/ledger.md.

#include "payments/types.h"

namespace florin::payments {

// Row D: captured. Dr psp_receivable (ref payment) / Cr escrow (ref order), a leg per order.
ledger::Posting capture_posting(const Payment& payment);
// Row AA: money that came after a proved no. Dr psp_receivable / Cr unapplied.
ledger::Posting late_success_posting(const Payment& payment);

// A refund is booked when it begins and once more when it ends. Stored in the ids of transactions:
// never change a number.
enum class RefundStage : std::uint8_t {
    reserved = 0,             // The sellers' money is on its way to the buyer.
    paid = 1,                 // The provider has paid it out.
    refused = 2,              // The provider will not: back to the sellers' escrow.
    late = 3,                 // Paid after we had proof that it would not be.
    late_and_unexpected = 4,  // The same, when nothing was left to refund.
    returned = 5,             // The bank has sent it back after it was paid out.
};

// The ids of all transactions that can book an operation, whether or not they did.
std::vector<OperationId> transactions_of(OperationId operation, Action kind);

// Rows R to U. Whatever a dispute does is booked under an id that follows from it and the number of
// the movement (Dispute::movements). What the bank has taken (less than zero: given back) and what
// the provider has charged for it since the last one. Of a payment at a quote the provider's side
// is in the buyer's currency, and converted as a refund is; else only taken.settlement counts.
ledger::Posting movement_posting(const Payment& payment, const Dispute& dispute,
                                 const fx::Amounts& taken, std::int64_t fee);
// Decided against us: the orders pay, as far as they have it, and we the rest. Not `lost`: decided
// anew, and they have it again. `payables`: what sellers can pay of what was released to them.
ledger::Posting decision_posting(const Payment& payment, const Dispute& dispute, bool lost,
                                 Payables payables);
// What sellers were given of the money that the bank has: Dr seller_payable / Cr seller_reserve, or
// the reverse, under an id that follows from the dispute and Dispute::freezes.
ledger::Posting freeze_posting(const Payment& payment, const Dispute& dispute, bool is_frozen);
std::vector<OperationId> transactions_of(const Dispute& dispute);

// Rows J to M. What had been released comes from the sellers, as far as `payables` go from what
// they are owed, and is their debt beyond it. `payment` has its orders as they are while the money
// is with the buyer (take_back() in step.h).
ledger::Posting refund_posting(const Payment& payment, RefundStage stage, Payables payables = {});

// The strict account that order `n` is released to: what its seller is to be paid out, or the
// wallet that it tops up.
ledger::AccountName payable_account(const Payment& payment, std::size_t n);

// Row I: what falls to whom of a part of order `n`. Dr escrow / Cr seller_payable (row B:
// buyer_wallet), commission, logistics_payable. One for each movement of its shipment.
ledger::Posting release_posting(const Payment& payment, std::size_t n, const sellers::Fees& cut);

}  // namespace florin::payments
