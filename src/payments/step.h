#pragma once

// What every decision consists of. For the files that decide only: rules.cpp, begin.cpp,
// booking.cpp, approval.cpp and disputes.cpp.

#include <span>

#include "base/result.h"
#include "payments/types.h"

namespace florin::payments {

// A decision against it, about the payment.
std::unexpected<Error> refuse(const Payment& payment, Fault fault, std::string_view code,
                              std::string_view detail);

// The next version, with its event. Each random number is used once.
Change step(const Payment& payment, Instant now, std::uint64_t random);

// The end of each decision: sets the next chore, and holds the step against the tables
// (domain/payment.h, domain/refund.h). A step that is not there is a bug and aborts.
Change seal(const Payment& before, Change change);

// "payment." or "refund.", whatever the operation is about, and the word.
std::string event_type(const Payment& payment, std::string_view what);

void note_evidence(Payment& payment, const connectors::Outcome& outcome);

// What a proved yes or no does to counters, ledger and event. The operation has its new state.
void book_success(Change& change, std::uint64_t random);
void book_decline(Change& change);
// What was not sent never will be.
void drop(Change& change, std::string_view why);
// A yes after the proof of a no.
Change book_late(const Payment& payment, const connectors::Outcome& outcome, Instant now,
                 std::uint64_t random);

// Adds a posting, with a part for each slot that it touches.
void book(Change& change, ledger::Posting posting);

// A refund, or a lost dispute, takes from orders what had been released, or gives it back.
void take_back(Change& change, std::span<const std::int64_t> by_order);
void give_back(Change& change, std::span<const std::int64_t> by_order);

// More of these orders may be in escrow (empty = of all): it follows what was released before it.
void expect_release(Change& change, std::span<const std::int64_t> by_order);

// The operation has ended: it is never looked at again, and its event is the answer for ever.
void end(Change& change);

// Begins an operation together with the step; the resolver sends it. `about`: the provider's
// reference of the charge that it is about, empty = the payment's. Each kind at most once a step.
Operation& add_follow_up(Change& change, Action kind, std::int64_t amount, std::string about,
                         std::uint64_t random);

// Begins to give back what the tender holds, if it does.
void let_go_of_tender(Change& change);

// Books a refund that begins as a follow-up: from here on its money is on its way.
void book_reserved(Change& change, const Operation& refund, const Payables& payables);

// What is left of each order to capture (any other action) or to refund.
std::vector<std::int64_t> left_by_order(const Payment& payment, std::span<const Part> parts,
                                        Action action);

// `amount` by order, shared out by weights as `split` of domain/money.h does.
std::vector<std::int64_t> split_by_order(const Payment& payment, std::int64_t amount,
                                         std::span<const std::int64_t> weights);

}  // namespace florin::payments
