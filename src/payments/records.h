#pragma once

// What the decisions about payments need of whoever keeps them. Florin keeps them in PostgreSQL
// (database_records.h); whoever keeps them elsewhere owes the same laws: a call is written whole or
// not at all, and pg::Lost means that nobody knows.

#include <optional>
#include <string>
#include <vector>

#include "connectors/types.h"
#include "payments/types.h"
#include "platform/async/task.h"
#include "platform/pg/connection.h"

namespace florin::payments {

// Who else used the client's key before us.
struct Earlier {
    bool same_request;
    PaymentId payment;
    OperationId operation;
};

// What a client's key led to.
struct Answered {
    std::int32_t ended_version = 0;  // 0 = still under way.
    operation::State state{};
    Instant due_at;
    std::string event_type, data;  // Of the ended version.
};

struct KeyUse {
    std::string request_hash;
    OperationId operation;
    PaymentId payment = {};
};

// An operation that should be looked at, and the time that says so (the claim's compare-and-set).
struct Due {
    PaymentId payment;
    OperationId operation;
    MerchantId merchant;
    Instant due_at;
    std::int16_t tries = 0;
};

// A payment of which something is due by itself.
struct DuePayment {
    PaymentId payment;
    MerchantId merchant;
    Instant due_at;  // As it was before the claim.
};

// A dispute whose deadline comes nearer or has passed.
struct DueDispute {
    PaymentId payment;
    DisputeId dispute;
    Instant due_at;  // The claim.
};

// An order of which something may be released (shipping.h).
struct DueRelease {
    PaymentId payment;
    std::int16_t order = 0;  // Its number.
    MerchantId merchant;
    Instant due_at;  // The claim.
};

// Stored: never change a number.
enum class EventState : std::int16_t {
    waiting = 0,
    done = 1,
    dead = 2,       // Only a person can help.
    discarded = 3,  // By a person.
};

// What a provider told by itself, as far as it has to be looked at.
struct ProviderEvent {
    std::int16_t slot;
    std::string provider, id, type, about, object;
    PaymentId payment;  // Nil when it names none.
    Instant due_at;     // The claim.
    std::int16_t tries = 0;
};

// Each function is the one of the same name in Engine or Store, where it is described. All throw
// pg::Lost and pg::SqlError.
class Records {
public:
    virtual ~Records() = default;

    virtual Task<std::optional<Earlier>> create(Payment payment, ClientKey key,
                                                Deadline deadline) = 0;
    virtual Task<std::optional<std::string>> advance(Change change, Deadline deadline) = 0;

    virtual Task<std::optional<Payment>> load(MerchantId merchant, PaymentId id,
                                              OperationId operation) = 0;
    virtual Task<std::vector<Part>> parts(PaymentId id) = 0;
    virtual Task<std::optional<Answered>> answered(PaymentId payment, OperationId operation) = 0;
    virtual Task<std::optional<KeyUse>> key_use(MerchantId merchant, PaymentId payment, Scope scope,
                                                std::string key) = 0;

    virtual Task<std::vector<Due>> due(Instant now, std::int64_t limit) = 0;
    virtual Task<std::vector<Due>> claim(std::vector<Due> wanted, Instant until) = 0;
    virtual Task<> postpone(Due claimed, Instant at) = 0;
    virtual Task<std::vector<DuePayment>> claim_chores(Instant now, Instant until,
                                                       std::int64_t limit) = 0;
    virtual Task<std::vector<Dispute>> disputes(PaymentId payment) = 0;
    virtual Task<std::vector<DueDispute>> claim_disputes(Instant now, Instant until,
                                                         std::int64_t limit) = 0;
    virtual Task<std::vector<DueRelease>> claim_releases(Instant now, Instant until,
                                                         std::int64_t limit) = 0;
    virtual Task<> put_off_release(DueRelease claimed, Instant at) = 0;
    virtual Task<Payables> payables(Payment payment) = 0;
    // The split of an order of the payment as a whole; nothing = the seller is not registered.
    virtual Task<std::optional<sellers::Fees>> fees_of(Payment payment, std::size_t order) = 0;
    virtual Task<std::vector<ProviderEvent>> claim_events(Instant now, Instant until,
                                                          std::int64_t limit) = 0;
    virtual Task<std::string> event_body(std::string provider, std::string id) = 0;
    virtual Task<> finish_event(ProviderEvent event, EventState state, std::string why,
                                Instant due_at) = 0;
    virtual Task<std::optional<std::int32_t>> receive(std::string provider, connectors::Hint hint,
                                                      std::string body, Instant now) = 0;
};

}  // namespace florin::payments
