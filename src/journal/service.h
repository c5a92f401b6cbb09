#pragma once

// Books by hand, once per key: reads what a key stands for, decides, writes; and again when
// somebody was faster.

#include "base/result.h"
#include "journal/store.h"

namespace florin::journal {

// An entry and what made it: this request, or an earlier one under its key.
struct Kept {
    Entry entry;
    bool is_new;
};

// Who asks, under which key, and when.
struct Request {
    MerchantId merchant;
    KeyId by;
    std::string key;  // The client's.
    Hash hash{};      // Of what was asked.
    Instant at;
};

class Service {
public:
    explicit Service(Store& store) : store_(store) {}

    // Lines that are right and balance (rules.h). Failures: Invalid idempotency_key_reused,
    // Conflict debt_too_small (nothing is booked), Unavailable database_unavailable.
    Task<Result<Kept>> book(Request request, std::string reason, std::vector<Line> lines);
    // Failures besides: NotFound journal_entry_not_found and those of check_reversible().
    Task<Result<Kept>> reverse(Request request, JournalEntryId id, std::string reason);

    // Failure: NotFound journal_entry_not_found.
    Task<Result<Entry>> entry(MerchantId merchant, JournalEntryId id);
    Store& store() { return store_; }

private:
    Task<Error> too_small(Entry wanted);

    Store& store_;
};

}  // namespace florin::journal
