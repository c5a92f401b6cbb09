#pragma once

// Stripe Connect as a way to pay: what is asked in which order. Which step comes next is read from
// what Stripe has (transfers.h), never remembered.

#include "connectors/payouts.h"
#include "connectors/stripe/transfers.h"

namespace florin::connectors::stripe {

class Connect : public PayoutConnector {
public:
    std::chrono::seconds key_window() const override;
    Task<Outcome> pay(Wire& wire, PayoutOrder order, Deadline deadline) const override;
    Task<Outcome> find(Wire& wire, PayoutOrder order, Deadline deadline) const override;

private:
    Task<std::expected<Transfer, Outcome>> move(Wire& wire, PayoutOrder order,
                                                Deadline deadline) const;
    Task<std::expected<Found, Unknown>> look(Wire& wire, PayoutOrder order,
                                             Deadline deadline) const;
};

}  // namespace florin::connectors::stripe
