#include "events/types.h"

#include "platform/crypto/hash.h"

namespace florin::events {

EventId event_of(PayoutId payout, std::int32_t version) {
    std::string content(view(payout.uuid()));
    content += std::to_string(version);
    return EventId(uuid_from_hash(view(crypto::sha256(content)), payout.slot()));
}

}  // namespace florin::events
