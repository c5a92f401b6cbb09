#pragma once

// Lets points expire when their time has come. Any number of processes may run one: a lot that is
// due is claimed by moving its time, so a claim ends by itself.

#include <chrono>

#include "wallets/engine.h"

namespace florin::wallets {

struct ExpirerOptions {
    std::chrono::milliseconds period{60'000};
    std::optional<Terms> terms = {};  // Nothing = there are no points, and nothing to do.
    // When to look again at points that are held, or whose expiry failed.
    std::chrono::seconds again{300};
};

class Expirer {
public:
    Expirer(Engine& engine, ExpirerOptions options) : engine_(engine), options_(options) {}

    // Runs until it is cancelled.
    Task<> run();
    // All that is due now: of how many owners. Throws pg::Lost and pg::SqlError.
    Task<std::int64_t> expire(Instant now);

private:
    Task<> expire_of(Owner owner, Instant now);

    Engine& engine_;
    ExpirerOptions options_;
};

}  // namespace florin::wallets
