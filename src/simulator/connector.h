#pragma once

// The way to the simulated provider and back, with all that may happen to a message on it.

#include "connectors/connector.h"

namespace florin::simulator {

struct World;

class SimulatedConnector final : public connectors::Connector {
public:
    explicit SimulatedConnector(World& world);

    const connectors::Capabilities& capabilities() const override { return capabilities_; }
    Task<connectors::Outcome> perform(connectors::Wire& wire, connectors::Order order,
                                      Deadline deadline) const override;
    Task<connectors::Outcome> find(connectors::Wire& wire, connectors::Order order,
                                   Deadline deadline) const override;
    Task<connectors::Outcome> fence(connectors::Wire& wire, connectors::Order order,
                                    Deadline deadline) const override;
    Task<connectors::DisputeAnswer> read_dispute(connectors::Wire& wire, std::string reference,
                                                 Deadline deadline) const override;
    // Nobody answers disputes in simulated worlds: their banks decide by themselves.
    Task<connectors::Outcome> answer_dispute(connectors::Wire& wire, connectors::DisputeReply reply,
                                             Deadline deadline) const override;
    Result<connectors::Hint> read_webhook(const http::Headers& headers, std::string_view body,
                                          std::string_view secret, Instant now) const override;

private:
    World& world_;
    connectors::Capabilities capabilities_;
};

inline constexpr std::string_view kProviderName = "simulated";
inline constexpr std::string_view kSignatureHeader = "Signature";
inline constexpr std::string_view kHookSecret = "webhook secret";

std::string body_of(const connectors::Hint& hint);

// A monotonic deadline as virtual time.
Instant instant_of(Deadline deadline);

}  // namespace florin::simulator
