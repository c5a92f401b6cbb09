#pragma once

// One florin process: the real service and the real resolver on simulated records and a simulated
// connector. It can be killed at any await; a new one is another object.

#include <boost/asio/io_context.hpp>

#include <functional>

#include "connectors/no_wire.h"
#include "payments/resolver.h"
#include "simulator/connector.h"
#include "simulator/judge.h"
#include "simulator/records.h"
#include "simulator/scheduler.h"

namespace florin::simulator {

// What a client wants, as the HTTP gate would have read it.
struct Order {
    Request request;
    Hash fingerprint;
    std::optional<payments::NewPayment> payment = {};  // To create one,
    PaymentId id = {};                                 // or to do something with this one.
    payments::Wish wish = {};
    // A second person's word on this refund of it.
    OperationId refund = {};
    payments::Decision decision = {};
    // The shop's word on this order of it.
    std::size_t order = 0;
    std::optional<payments::ShipmentNews> news = {};
};

class Process {
public:
    Process(World& world, asio::io_context& io);

    // Starts the resolver.
    void start(Life life);
    // Does what the gate does between a request and its answer.
    Task<Reply> handle(Order order);
    Task<bool> hear_hook(connectors::Hint hint, bool is_forged);

private:
    Task<Result<payments::Answer>> carry_out(Order order);
    Task<Reply> ship(Order order);

    World& world_;
    SimulatedConnector honest_connector_;
    std::unique_ptr<connectors::Connector> planted_connector_;
    const connectors::Connector& connector_;
    SimulatedRecords honest_records_;
    std::unique_ptr<payments::Records> planted_records_;
    payments::Records& records_;
    connectors::NoWire wire_;
    payments::Service service_;
    payments::Resolver resolver_;
};

}  // namespace florin::simulator
