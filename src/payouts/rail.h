#pragma once

// A rail brings money to a seller at our call: a wallet, a provider. A file for the bank is no rail
// of this kind: it leaves when somebody fetches it (batches), and the bank's word comes later.

#include <chrono>
#include <map>
#include <string>

#include "base/clock.h"
#include "connectors/payouts.h"
#include "payouts/types.h"
#include "platform/async/task.h"

namespace florin::payouts {

struct Order {
    PayoutId payout;
    std::string key;  // Derived from the payout, the same each time.
    Money amount;
    Destination destination;
    std::string reference;   // The rail's word, once it is known.
    bool is_replay = false;  // It was sent before, and nobody knows what became of it.
};

class Rail {
public:
    virtual ~Rail() = default;
    // Our account that it pays from, as the ledger names it.
    virtual std::string source() const = 0;
    // How long the same key gives the same payment. Within it, what is not found is sent again.
    virtual std::chrono::seconds key_window() const = 0;
    // How long after it was sent a payout that is paid may still come back.
    virtual std::chrono::seconds return_window() const = 0;
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
    std::chrono::seconds return_window() const override { return {}; }
    Task<connectors::Outcome> pay(Order order, Deadline deadline) override;
    Task<connectors::Outcome> find(Order order, Deadline deadline) override;
};

// Out of our balance with a provider, to somebody who has an account there.
class ProviderRail : public Rail {
public:
    // `account`: ours, as the configuration and the ledger name it. Both others outlive this.
    ProviderRail(const connectors::PayoutConnector& connector, connectors::Wire& wire,
                 std::string account)
        : connector_(connector), wire_(wire), account_(std::move(account)) {}

    std::string source() const override { return account_; }
    std::chrono::seconds key_window() const override { return connector_.key_window(); }
    std::chrono::seconds return_window() const override { return std::chrono::days(10); }
    Task<connectors::Outcome> pay(Order order, Deadline deadline) override;
    Task<connectors::Outcome> find(Order order, Deadline deadline) override;

private:
    const connectors::PayoutConnector& connector_;
    connectors::Wire& wire_;
    std::string account_;
};

}  // namespace florin::payouts
