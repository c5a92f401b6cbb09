#pragma once

// Payments as PostgreSQL keeps them: writes in batches (Engine), reads one by one (Store).

#include <utility>

#include "payments/engine.h"
#include "payments/records.h"
#include "payments/store.h"

namespace florin::payments {

class DatabaseRecords final : public Records {
public:
    DatabaseRecords(Engine& engine, Store& store) : engine_(engine), store_(store) {}

    Task<std::optional<Earlier>> create(Payment payment, ClientKey key,
                                        Deadline deadline) override {
        return engine_.create(std::move(payment), std::move(key), deadline);
    }
    Task<std::optional<std::string>> advance(Change change, Deadline deadline) override {
        return engine_.advance(std::move(change), deadline);
    }

    Task<std::optional<Payment>> load(MerchantId merchant, PaymentId id,
                                      OperationId operation) override {
        return store_.load(merchant, id, operation);
    }
    Task<std::vector<Part>> parts(PaymentId id) override { return store_.parts(id); }
    Task<std::optional<Answered>> answered(PaymentId payment, OperationId operation) override {
        return store_.answered(payment, operation);
    }
    Task<std::optional<KeyUse>> key_use(MerchantId merchant, PaymentId payment, Scope scope,
                                        std::string key) override {
        return store_.key_use(merchant, payment, scope, std::move(key));
    }

    Task<std::vector<Due>> due(Instant now, std::int64_t limit) override {
        return store_.due(now, limit);
    }
    Task<std::vector<Due>> claim(std::vector<Due> wanted, Instant until) override {
        return store_.claim(std::move(wanted), until);
    }
    Task<> postpone(Due claimed, Instant at) override { return store_.postpone(claimed, at); }
    Task<std::vector<DuePayment>> claim_chores(Instant now, Instant until,
                                               std::int64_t limit) override {
        return store_.claim_chores(now, until, limit);
    }
    Task<std::vector<Dispute>> disputes(PaymentId payment) override {
        return store_.disputes(payment);
    }
    Task<std::vector<DueDispute>> claim_disputes(Instant now, Instant until,
                                                 std::int64_t limit) override {
        return store_.claim_disputes(now, until, limit);
    }
    Task<std::vector<ProviderEvent>> claim_events(Instant now, Instant until,
                                                  std::int64_t limit) override {
        return store_.claim_events(now, until, limit);
    }
    Task<std::string> event_body(std::string provider, std::string id) override {
        return store_.event_body(std::move(provider), std::move(id));
    }
    Task<> finish_event(ProviderEvent event, EventState state, std::string why,
                        Instant due_at) override {
        return store_.finish_event(std::move(event), state, std::move(why), due_at);
    }
    Task<std::optional<std::int32_t>> receive(std::string provider, connectors::Hint hint,
                                              std::string body, Instant now) override {
        return engine_.receive(std::move(provider), std::move(hint), std::move(body), now);
    }

private:
    Engine& engine_;
    Store& store_;
};

}  // namespace florin::payments
