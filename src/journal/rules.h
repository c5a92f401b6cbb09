#pragma once

// What a person may book, and what an entry books, as values. Whether a seller owes as much as is
// written off is for the database to say, when it is written.

#include "base/result.h"
#include "journal/types.h"

namespace florin::journal {

// What moves an account that nobody books on by hand, as the end of a sentence; empty = a person
// may.
std::string_view mover_of(const ledger::AccountName& account);

// Codes of failure: account_not_by_hand, debit_not_by_hand, currency_unknown, reference_unfit.
Result<void> check_line(const Line& line);
// Of lines that are each right. Failure: journal_entry_unbalanced, with the difference in each
// currency.
Result<void> check_balance(const std::vector<Line>& lines);

// The slot of an entry that is asked for under that key.
Slot slot_of_key(const MerchantId& merchant, const std::string& client_key);
// The entry as it is to be booked: lines without a reference are about the entry itself.
Entry complete(Entry entry);
// What takes `original` back. `wanted` says who, why, when and under which key.
Entry reversal_of(const Entry& original, Entry wanted);
// Codes of failure: Conflict already_reversed, reversal_not_reversible.
Result<void> check_reversible(const Entry& original);

ledger::Posting posting_of(const Entry& entry);

}  // namespace florin::journal
