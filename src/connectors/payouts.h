#pragma once

// How a provider pays somebody out of our balance with it. Like a connector (connector.h): one
// provider's language, no state, no clock, no database, and Wire as its only door.

#include <chrono>
#include <string>

#include "connectors/connector.h"

namespace florin::connectors {

struct PayoutOrder {
    std::string payout;  // Our id of it. Keys at the provider follow from it: the same each time.
    Money amount;
    std::string destination;  // The account at the provider that is paid, in its words.
    std::string reference;    // The provider's word for it, once it is known.
    bool is_replay = false;   // It was sent before, and nobody knows what became of it.
};

class PayoutConnector {
public:
    virtual ~PayoutConnector() = default;
    // How long the provider honours our keys.
    virtual std::chrono::seconds key_window() const = 0;
    // Never NotFound.
    virtual Task<Outcome> pay(Wire& wire, PayoutOrder order, Deadline deadline) const = 0;
    // What became of it; of what failed on its way, the money is fetched back first. NotFound: it
    // is not done, and the same order may be sent again within the window. Never NotSent.
    virtual Task<Outcome> find(Wire& wire, PayoutOrder order, Deadline deadline) const = 0;
};

}  // namespace florin::connectors
