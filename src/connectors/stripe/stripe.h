#pragma once

// Stripe: card payments by PaymentIntents. Form-encoded requests, JSON answers.
// https://docs.stripe.com/api

#include "connectors/connector.h"

namespace florin::connectors::stripe {

class Stripe : public Connector {
public:
    const Capabilities& capabilities() const override;
    std::string files_url(std::string_view url) const override;
    Task<Outcome> perform(Wire& wire, Order order, Deadline deadline) const override;
    Task<Outcome> find(Wire& wire, Order order, Deadline deadline) const override;
    Task<Outcome> fence(Wire& wire, Order order, Deadline deadline) const override;
    Task<DisputeAnswer> read_dispute(Wire& wire, std::string reference,
                                     Deadline deadline) const override;
    Task<Outcome> answer_dispute(Wire& wire, DisputeReply reply, Deadline deadline) const override;
    Result<Hint> read_webhook(const http::Headers& headers, std::string_view body,
                              std::string_view secret, Instant now) const override;

private:
    Task<Outcome> say(Wire& wire, http::Request request, std::string object,
                      Deadline deadline) const;
};

// What perform() sends; the tests hold it against Stripe's OpenAPI document.
http::Request encode(const Order& order);
http::Request encode(const DisputeReply& reply);
http::Request encode(const EvidenceFile& file, const std::string& key);
http::Request encode_query(const Order& order);

}  // namespace florin::connectors::stripe
