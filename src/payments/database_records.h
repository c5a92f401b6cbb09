#pragma once

// Payments as PostgreSQL keeps them: writes in batches (Engine), reads one by one (Store).

#include <utility>

#include "payments/engine.h"
#include "payments/records.h"
#include "payments/store.h"
#include "sellers/store.h"

namespace florin::payments {

class DatabaseRecords final : public Records {
public:
    DatabaseRecords(Engine& engine, Store& store, sellers::Store& sellers)
        : engine_(engine), store_(store), sellers_(sellers) {}

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
    Task<std::vector<DueRelease>> claim_releases(Instant now, Instant until,
                                                 std::int64_t limit) override {
        return store_.claim_releases(now, until, limit);
    }
    Task<> put_off_release(DueRelease claimed, Instant at) override {
        return store_.put_off_release(claimed, at);
    }
    Task<Payables> payables(Payment payment) override {
        return store_.payables(std::move(payment));
    }
    // The rules are those of the time at which the payment was made.
    Task<std::optional<sellers::Fees>> fees_of(Payment payment, std::size_t n) override {
        const auto& order = payment.orders[n];
        if (order.is_top_up) co_return sellers::Fees{.seller = order.amount};
        const auto seller = sellers::seller_id(payment.merchant, order.seller_account);
        if (!co_await sellers_.seller(payment.merchant, seller)) co_return std::nullopt;
        const sellers::Sale sale{seller, order.category, payment.currency, payment.created_at};
        const auto rules = co_await sellers_.rules_of(payment.merchant, sale);
        co_return sellers::fees_of(order.amount,
                                   rule_for(rules, sellers::FeeKind::commission, sale),
                                   rule_for(rules, sellers::FeeKind::logistics, sale));
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
    sellers::Store& sellers_;
};

}  // namespace florin::payments
