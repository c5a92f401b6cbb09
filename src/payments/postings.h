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
// the movement (Dispute::movements).
enum class DisputeStage : std::uint8_t {
    withdrawn,     // The bank has taken the money, and the provider a fee.
    reinstated,    // It is back.
    lost,          // Decided against us: the orders pay, as far as they have it.
    lost_no_more,  // Decided anew.
};
// `fee`: the change of what the provider keeps.
ledger::Posting dispute_posting(const Payment& payment, const Dispute& dispute, DisputeStage stage,
                                std::int64_t fee);
std::vector<OperationId> transactions_of(const Dispute& dispute);

ledger::Posting refund_posting(const Payment& payment, RefundStage stage);

}  // namespace florin::payments
