#pragma once

// Wallets as they are stored: reads, and the no that a key hears for ever.

#include <optional>
#include <vector>

#include "platform/pg/pool.h"
#include "wallets/types.h"

namespace florin::wallets {

// Points of a lot that remain.
struct Lot {
    std::int64_t remaining;
    Instant expires_at;  // Instant::max() = never.
};

class Store {
public:
    explicit Store(pg::Pool& pool) : pool_(pool) {}

    // Nothing = nobody has asked under that key.
    Task<std::optional<Movement>> movement(MovementId id);
    Task<std::optional<Charge>> charge(ChargeId id);
    // Keeps the refusal in `wanted`, unless the key was answered before; gives its answer.
    Task<Movement> refuse(Movement wanted);

    // Every asset that the owner has, or had, in order of their codes; points last.
    Task<std::vector<Holding>> holdings(Owner owner);
    // The first to expire first.
    Task<std::vector<Lot>> lots(Owner owner, std::int64_t limit);

    // Owners of lots whose time has come, at most `limit`; nobody else gets them before `until`.
    Task<std::vector<Owner>> claim_due(Instant now, Instant until, std::int64_t limit);
    // Points that remain in lots which have expired.
    Task<std::int64_t> points_due(Owner owner, Instant now);

    // What a point is worth: as it was said first. Whoever says something else gets that.
    Task<Terms> agree(Terms wanted);
    Task<std::optional<Terms>> terms();

private:
    pg::Pool& pool_;
};

}  // namespace florin::wallets
