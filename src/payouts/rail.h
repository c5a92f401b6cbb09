#pragma once

// A rail brings money to a seller at our call: a wallet, a provider. A file for the bank is no rail
// of this kind: it leaves when somebody fetches it (batches), and the bank's word comes later.

#include <chrono>
#include <map>
#include <string>

#include "base/clock.h"
#include "connectors/types.h"
#include "payouts/types.h"
#include "platform/async/task.h"

namespace florin::payouts {

struct Order {
    PayoutId payout;
    std::string key;  // Derived from the payout, the same each time.
    Money amount;
    Destination destination;
    std::string reference;  // The rail's word, once it is known.
};

class Rail {
public:
    virtual ~Rail() = default;
    // Our account that it pays from, as the ledger names it.
    virtual std::string source() const = 0;
    // How long the same key gives the same payment. Within it, what is not found is sent again.
    virtual std::chrono::seconds key_window() const = 0;
    // Never NotFound.
    virtual Task<connectors::Outcome> pay(Order order, Deadline deadline) = 0;
    // What became of it. Never NotSent; a question without an answer is Unknown.
    virtual Task<connectors::Outcome> find(Order order, Deadline deadline) = 0;
};

using Rails = std::map<RailKind, Rail*>;

// Into the wallet of somebody whom our own ledger knows. Nothing leaves, so the booking, written
// together with the outcome, is the payment: it is there exactly when the payout is paid.
class WalletRail : public Rail {
public:
    std::string source() const override { return {}; }
    std::chrono::seconds key_window() const override { return std::chrono::hours(24 * 3650); }
    Task<connectors::Outcome> pay(Order order, Deadline deadline) override;
    Task<connectors::Outcome> find(Order order, Deadline deadline) override;
};

}  // namespace florin::payouts
