#pragma once

// The exact ledger entries of each thing that happens to a payment. One function per row of the
// table in docs/ledger.md.

#include "payments/types.h"

namespace florin::payments {

// Row D: captured. Dr psp_receivable (ref payment) / Cr escrow (ref order), a leg per order.
ledger::Posting capture_posting(const Payment& payment);
// Row AA: money that came after a proved no. Dr psp_receivable / Cr unapplied.
ledger::Posting late_success_posting(const Payment& payment);

}  // namespace florin::payments
