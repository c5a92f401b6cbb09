#pragma once

// The way to the simulated database and back. A call takes time, and its answer may be lost whether
// or not it was committed, even after who called is dead.

#include "payments/records.h"

namespace florin::simulator {

struct World;

class SimulatedRecords final : public payments::Records {
public:
    explicit SimulatedRecords(World& world) : world_(world) {}

    Task<std::optional<payments::Earlier>> create(payments::Payment payment,
                                                  payments::ClientKey key,
                                                  Deadline deadline) override;
    Task<std::optional<std::string>> advance(payments::Change change, Deadline deadline) override;
    Task<std::optional<payments::Payment>> load(MerchantId merchant, PaymentId id,
                                                OperationId operation) override;
    Task<std::vector<payments::Part>> parts(PaymentId id) override;
    Task<std::optional<payments::Answered>> answered(PaymentId payment,
                                                     OperationId operation) override;
    Task<std::optional<payments::KeyUse>> key_use(MerchantId merchant, PaymentId payment,
                                                  payments::Scope scope, std::string key) override;
    Task<std::vector<payments::Due>> due(Instant now, std::int64_t limit) override;
    Task<std::vector<payments::Due>> claim(std::vector<payments::Due> wanted,
                                           Instant until) override;
    Task<> postpone(payments::Due claimed, Instant at) override;
    Task<std::vector<payments::DuePayment>> claim_chores(Instant now, Instant until,
                                                         std::int64_t limit) override;
    Task<std::vector<payments::Dispute>> disputes(PaymentId payment) override;
    Task<std::vector<payments::DueDispute>> claim_disputes(Instant now, Instant until,
                                                           std::int64_t limit) override;
    Task<std::vector<payments::DueRelease>> claim_releases(Instant now, Instant until,
                                                           std::int64_t limit) override;
    Task<> put_off_release(payments::DueRelease claimed, Instant at) override;
    Task<payments::Payables> payables(payments::Payment payment) override;
    Task<std::optional<sellers::Fees>> fees_of(payments::Payment payment,
                                               std::size_t order) override;
    Task<std::vector<payments::ProviderEvent>> claim_events(Instant now, Instant until,
                                                            std::int64_t limit) override;
    Task<std::string> event_body(std::string provider, std::string id) override;
    Task<> finish_event(payments::ProviderEvent event, payments::EventState state, std::string why,
                        Instant due_at) override;
    Task<std::optional<std::int32_t>> receive(std::string provider, connectors::Hint hint,
                                              std::string body, Instant now) override;

private:
    World& world_;
};

}  // namespace florin::simulator
