#pragma once

// A wire for connectors that need none: nothing leaves.

#include "connectors/connector.h"

namespace florin::connectors {

class NoWire final : public Wire {
public:
    Task<http::Answer> send(http::Request, Deadline) override {
        http::WireFailure none{false, "there is no wire"};
        co_return std::unexpected(std::move(none));
    }
};

}  // namespace florin::connectors
