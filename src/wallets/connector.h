#pragma once

// Wallets as a provider: an order is carried out in our own database instead of over a wire, in one
// transaction whose id is a function of the order's key. So the same key always hears the same,
// and asking tells for certain.

#include "connectors/connector.h"
#include "wallets/engine.h"
#include "wallets/rules.h"

namespace florin::wallets {

class Connector : public connectors::Connector {
public:
    // Stored value.
    explicit Connector(Engine& engine);
    // Points.
    Connector(Engine& engine, Terms terms);

    const connectors::Capabilities& capabilities() const override { return capabilities_; }
    Task<connectors::Outcome> perform(connectors::Wire& wire, connectors::Order order,
                                      Deadline deadline) const override;
    Task<connectors::Outcome> find(connectors::Wire& wire, connectors::Order order,
                                   Deadline deadline) const override;
    // Nothing is ever pending here: what was not done by now is refused, under the same key.
    Task<connectors::Outcome> fence(connectors::Wire& wire, connectors::Order order,
                                    Deadline deadline) const override;
    // Nobody disputes with a bank what he has with us.
    Task<connectors::DisputeAnswer> read_dispute(connectors::Wire& wire, std::string reference,
                                                 Deadline deadline) const override;
    Task<connectors::Outcome> answer_dispute(connectors::Wire& wire, connectors::DisputeReply reply,
                                             Deadline deadline) const override;
    Result<connectors::Hint> read_webhook(const http::Headers& headers, std::string_view body,
                                          std::string_view secret, Instant now) const override;

private:
    Connector(Engine& engine, Provider provider);
    Task<Movement> do_it(connectors::Order order, Deadline deadline) const;

    Engine& engine_;
    const Provider provider_;
    const connectors::Capabilities capabilities_;
};

}  // namespace florin::wallets
