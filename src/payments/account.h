#pragma once

// A provider's account, ready to be used. Both outlive whoever uses it.

#include "connectors/connector.h"

namespace florin::payments {

struct ProviderAccount {
    const connectors::Connector& connector;
    connectors::Wire& wire;
};

}  // namespace florin::payments
