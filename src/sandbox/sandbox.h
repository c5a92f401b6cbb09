#pragma once

// The provider with its memory: idempotency keys in front, the journal behind. Nothing is answered
// before it is written down.

#include <memory>
#include <optional>
#include <string>

#include "sandbox/idempotency.h"
#include "sandbox/journal.h"
#include "sandbox/provider.h"

namespace florin::sandbox {

class Sandbox {
public:
    // Without a folder everything is in memory only. `salt` makes the ids of a new journal.
    Sandbox(const std::optional<std::string>& folder, std::uint64_t salt);

    // Executes the journal. Once, before the first request. Gives back the number of commands.
    std::size_t restore();

    // A POST in two halves, so that time can pass between them with the key in use. An answer from
    // begin() ends it; otherwise execute() must follow.
    struct Early {
        Reply reply;
        bool replayed = false;
    };
    std::optional<Early> begin(const Command& command, const Params& params);
    Reply execute(const Command& command, const Params& params);

    Provider& provider() { return provider_; }

private:
    std::unique_ptr<Journal> journal_;  // Null: memory only.
    Provider provider_;
    IdempotencyKeys keys_;
};

Reply reply_with(const Store& store, const Problem& problem);

}  // namespace florin::sandbox
