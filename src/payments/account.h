#pragma once

// The accounts that this installation has at providers, and the rules that choose among them. An
// operation names its account; so do the ledger's accounts and the provider's events.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "connectors/connector.h"
#include "domain/ids.h"
#include "routing/types.h"

namespace florin::payments {

// One of them, ready to be used. What it refers to outlives whoever uses it.
struct ProviderAccount {
    const connectors::Connector& connector;
    connectors::Wire& wire;
    std::string name = {};               // Empty = as its provider.
    std::string webhook_secret = {};     // Signs what it tells us; empty = it may not call us.
    std::function<bool()> is_down = {};  // Calls are refused for now, before a byte leaves.
};

class Accounts {
public:
    // One account, named as its provider, which takes every payment.
    Accounts(const connectors::Connector& connector, connectors::Wire& wire);
    // Without rules every payment goes to the first; others are for what went to them before.
    Accounts(std::vector<ProviderAccount> accounts, std::vector<routing::Rule> rules);

    // Nothing = it is not configured (any more).
    const ProviderAccount* find(std::string_view name) const;
    // Failures: Invalid no_route. Otherwise there is a candidate, and all of them are accounts.
    Result<routing::Route> route(const routing::Facts& facts) const;

private:
    std::vector<ProviderAccount> accounts_;
    std::vector<routing::Rule> rules_;
};

// Facts::draw of a payment. A repetition under the client's key must take the same road: never
// change it.
std::uint64_t draw_of(MerchantId merchant, std::string_view client_key);

}  // namespace florin::payments
