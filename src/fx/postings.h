#pragma once

// Row V of the ledger's table: the entries by which a buyer's money in one currency becomes an
// order's in another. Between the two stand the positions, which treasury closes by converting.

#include "fx/types.h"
#include "ledger/types.h"

namespace florin::fx {

enum class Way { in, back };  // Captured from the buyer; given back.

// Where the buyer's money comes from or goes back to: psp_receivable (ref payment) of a capture,
// refund_in_flight (ref refund) of a refund, in the quote's presentment currency.
struct Counterpart {
    ledger::AccountName account;
    Uuid reference;
};

// Of a whole quote or a part of it (part_of() in rules.h).
//   in:   Dr counterpart / Cr fx_position, in the presentment currency;
//         Dr fx_position / Cr fx_revenue (the spread), in the settlement currency.
//   back: the same with the sides changed.
// Positions refer to the quote. In presentment the legs sum to zero, in settlement to
// part.settlement (back: minus it), which the caller's legs have on the orders: Cr escrow (back:
// Dr). Legs of zero are left out.
std::vector<ledger::Leg> conversion_legs(const Quote& quote, const Amounts& part, Way way,
                                         const Counterpart& counterpart);

}  // namespace florin::fx
