#pragma once

// Work that only a person can bring further: operations marked for review or without an end for
// hours, and events of providers that could not be used. Nothing is ever lost in here, and nothing
// is guessed: what is open stays open until there is proof, or somebody who vouches.

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "payments/engine.h"
#include "payments/store.h"

namespace florin::payments {

struct DeadLetter {
    MerchantId merchant;    // Nil when nobody knows whose it is.
    PaymentId payment;      // Nil when it names none.
    OperationId operation;  // Nil: it is an event of a provider.
    std::string provider, event, type;
    std::int16_t operation_kind = 0, state = 0, tries = 0;
    std::string why;
    Instant at;

    bool is_operation() const { return event.empty(); }
    // "op_...", or "<provider>:<id of the event>".
    std::string id() const { return is_operation() ? operation.text() : provider + ':' + event; }
};

void show_dead_letter(json::Writer& out, const DeadLetter& letter);

class DeadLetters {
public:
    DeadLetters(Store& store, Engine& engine) : store_(store), engine_(engine) {}

    // Oldest first. A nil merchant means all.
    Task<std::vector<DeadLetter>> list(MerchantId merchant, std::int64_t limit);
    // Failure: NotFound dead_letter_not_found.
    Task<Result<DeadLetter>> find(MerchantId merchant, std::string id);
    // With all that is known of it: the history of the operation, or the bytes of the event.
    Task<std::string> show(DeadLetter letter);
    // Tries at once, and counts its tries anew. Failure: Conflict operation_ended.
    Task<Result<void>> retry(DeadLetter letter);
    // A person has dealt with it, and says how. Failures: those of dismiss (disputes.h).
    Task<Result<void>> discard(DeadLetter letter, std::string reason, Deadline deadline);

private:
    Store& store_;
    Engine& engine_;
};

}  // namespace florin::payments
