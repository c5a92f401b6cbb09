#pragma once

// Carries out what was decided about wallets, many steps in one transaction (storage/batcher.h):
// movement, charge, lots and ledger change together or not at all.

#include <memory>

#include "storage/batcher.h"
#include "wallets/store.h"

namespace florin::wallets {

class Engine {
public:
    Engine(asio::io_context& io, Store& store, storage::BatcherOptions options);
    ~Engine();

    void start(TaskScope& scope) { batcher_.start(scope); }

    // The movement as its row says: done, now or under this key before; or refused, with
    // insufficient_funds when there was not enough. Nothing = its charge has changed since it was
    // read: decide again. Throws pg::Lost when nobody knows.
    Task<std::optional<Movement>> carry_out(Step step, Deadline deadline);
    // Keeps a refusal, and gives what the row says. Throws pg::Lost.
    Task<Movement> refuse(Movement movement, std::string refusal);

    Store& store() { return store_; }
    storage::BatcherCounts counts() const { return batcher_.counts(); }

private:
    struct Move;
    class MoveKind;

    Store& store_;
    std::unique_ptr<MoveKind> kind_;
    storage::Batcher batcher_;
};

}  // namespace florin::wallets
