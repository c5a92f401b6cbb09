#pragma once

// Reads of payments, and the two small writes of the resolver.

#include <optional>
#include <vector>

#include "payments/records.h"
#include "payments/rules.h"
#include "platform/pg/pool.h"

namespace florin::payments {

struct ListFilter {
    std::string status, currency, checkout_id;  // Empty = any.
    std::optional<Instant> created_from, created_before;
    std::optional<PaymentId> after;  // Older than this one.
    std::int64_t limit = 20;
};

// A payment and a version of it.
struct Standing {
    MerchantId merchant;
    PaymentId payment;
    std::int32_t version = 0;
};

// Names an event.
struct EventKey {
    PaymentId payment;
    std::int32_t version = 0;
};

struct PaymentEvent {
    PaymentId payment;
    Event event;
};

struct DeadLetter;

class Store {
public:
    explicit Store(pg::Pool& pool) : pool_(pool) {}

    // With its main operation, or with the one that is named.
    Task<std::optional<Payment>> load(MerchantId merchant, PaymentId id) {
        return load(merchant, id, OperationId());
    }
    Task<std::optional<Payment>> load(MerchantId merchant, PaymentId id, OperationId operation);
    // For operators, who have no merchant.
    Task<std::optional<Payment>> load_of_any_merchant(PaymentId id);
    // Newest first. A nil merchant means all merchants.
    Task<std::vector<Payment>> list(MerchantId merchant, ListFilter filter);
    // Of a loaded payment, oldest first, versions above `after`.
    Task<std::vector<Event>> events(Payment payment, std::int32_t after, std::int64_t limit);
    // Those that there are, in any order; all are of the merchant's payments.
    Task<std::vector<PaymentEvent>> events_of(MerchantId merchant, std::vector<EventKey> wanted);
    // Where some payments are now; in any order.
    Task<std::vector<Standing>> versions(std::vector<Standing> asked);
    // Its operations, oldest first, and what disputes took from its orders.
    Task<std::vector<Part>> parts(PaymentId id);
    // The payment once with each of its refunds, oldest first.
    Task<std::vector<Payment>> refunds(Payment payment);
    // The payment with a refund that waits for a second person, or waited.
    Task<std::optional<Payment>> held_refund(MerchantId merchant, RefundId refund);
    // The payments of a merchant's refunds that wait, each with one of them, newest first.
    Task<std::vector<Payment>> held_refunds(MerchantId merchant, std::optional<RefundId> after,
                                            std::int64_t limit);

    Task<std::optional<Answered>> answered(PaymentId payment, OperationId operation);
    Task<std::optional<KeyUse>> key_use(MerchantId merchant, PaymentId payment, Scope scope,
                                        std::string key);

    // Operations whose time has come, oldest first.
    Task<std::vector<Due>> due(Instant now, std::int64_t limit);
    // Takes them over until `until`: those that nobody else took meanwhile come back.
    Task<std::vector<Due>> claim(std::vector<Due> wanted, Instant until);
    // Looks again at `at`, if it is still ours.
    Task<> postpone(Due claimed, Instant at);

    // Payments of which something is due by itself, oldest first, taken over until `until`.
    Task<std::vector<DuePayment>> claim_chores(Instant now, Instant until, std::int64_t limit);

    // Of a payment, oldest first.
    Task<std::vector<Dispute>> disputes(PaymentId payment);
    // Disputes of which something is due by itself, oldest first, taken over until `until`.
    Task<std::vector<DueDispute>> claim_disputes(Instant now, Instant until, std::int64_t limit);

    // Orders of which something may be released, oldest first, taken over until `until`.
    Task<std::vector<DueRelease>> claim_releases(Instant now, Instant until, std::int64_t limit);
    // Looks again at `at`, unless somebody else has it by now; Instant::max() = never.
    Task<> put_off_release(DueRelease claimed, Instant at);
    // What the sellers of the payment are owed, in its currency.
    Task<Payables> payables(Payment payment);
    // The payment that has this order.
    Task<std::optional<Payment>> load_by_order(MerchantId merchant, PaymentOrderId order);

    // Events of providers that wait to be looked at, oldest first, taken over until `until`.
    Task<std::vector<ProviderEvent>> claim_events(Instant now, Instant until, std::int64_t limit);
    // Ends or puts off an event that was claimed, unless somebody else has it by now.
    Task<> finish_event(ProviderEvent event, EventState state, std::string why, Instant due_at);

    // What waits for a person (dead_letters.h), oldest first; nil and empty = any.
    Task<std::vector<DeadLetter>> dead_letters(MerchantId merchant, OperationId operation,
                                               std::string event, std::int64_t limit);
    // False: it has ended, or somebody sends it at this moment.
    Task<bool> retry_operation(PaymentId payment, OperationId operation, Instant now);
    Task<> settle_event(std::string provider, std::string id, EventState state, Instant due_at,
                        std::string why);
    Task<std::string> event_body(std::string provider, std::string id);

    // The secret of the installation, from which the providers' keys are derived.
    Task<std::string> provider_key_secret();

private:
    // With their main operations and orders, in any order.
    Task<std::vector<Payment>> payments_of(MerchantId merchant, std::vector<PaymentId> ids);
    Task<std::vector<Payment>> with_orders(std::vector<Payment> payments);

    pg::Pool& pool_;
};

}  // namespace florin::payments
