#pragma once

// The tables of florin that a payment needs, in memory, with the laws that PostgreSQL enforces
// (migrations/0001 to 0016): each call is one transaction, written whole or refused with the same
// SQLSTATE. It survives every process. No time, no faults: those are records.h.

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "payments/records.h"

namespace florin::simulator {

// A payment with all that lives in its slot. `payment` holds no operation.
struct Record {
    payments::Payment payment;
    std::vector<payments::Operation> operations = {};  // By id.
    std::vector<payments::Event> events = {};  // By version; of the first, the data is empty.
    std::vector<ledger::Posting> postings = {};
    std::vector<payments::Dispute> disputes = {};  // By id.

    const payments::Operation* operation(OperationId id) const;
};

// A provider's event that is looked at, or was.
struct EventRow {
    payments::ProviderEvent event;
    payments::EventState state = payments::EventState::waiting;
    std::string why = {};
};

// What PostgreSQL says: empty = committed, otherwise the SQLSTATE, and nothing was written.
using SqlState = std::string_view;
inline constexpr SqlState kCommitted;
inline constexpr SqlState kStale = "FL001";         // Not at the version before.
inline constexpr SqlState kUnbalanced = "FL002";    // A posting does not sum to zero.
inline constexpr SqlState kOverdrawn = "FL003";     // A strict account would go below zero.
inline constexpr SqlState kUniqueBroken = "23505";  // A key exists.
inline constexpr SqlState kCheckBroken = "23514";   // A counter out of its bounds.

struct KeyRow {
    std::string request_hash;
    PaymentId payment;
    OperationId operation;
};

class Database {
public:
    // Who was first comes back in `earlier`.
    SqlState create(const payments::Payment& payment, const payments::ClientKey& key,
                    std::optional<payments::Earlier>& earlier);
    SqlState advance(const payments::Change& change, std::string data);

    std::optional<payments::Payment> load(MerchantId merchant, PaymentId id,
                                          OperationId operation) const;
    std::vector<payments::Part> parts(PaymentId id) const;
    std::vector<payments::Dispute> disputes(PaymentId id) const;
    std::optional<payments::Answered> answered(PaymentId payment, OperationId operation) const;
    std::optional<payments::KeyUse> key_use(MerchantId merchant, payments::Scope scope,
                                            const std::string& key) const;

    std::vector<payments::Due> due(Instant now, std::int64_t limit) const;
    std::vector<payments::Due> claim(const std::vector<payments::Due>& wanted, Instant until);
    void postpone(const payments::Due& claimed, Instant at);
    std::optional<std::int32_t> receive(const std::string& provider, const connectors::Hint& hint,
                                        Instant now);

    std::vector<payments::DuePayment> chores(Instant now, std::int64_t limit) const;
    std::vector<payments::DuePayment> claim_chores(const std::vector<payments::DuePayment>& wanted,
                                                   Instant until);
    std::vector<payments::ProviderEvent> due_events(Instant now, std::int64_t limit) const;
    std::vector<payments::ProviderEvent> claim_events(
        const std::vector<payments::ProviderEvent>& wanted, Instant until);
    std::vector<payments::DueDispute> due_disputes(Instant now, std::int64_t limit) const;
    std::vector<payments::DueDispute> claim_disputes(
        const std::vector<payments::DueDispute>& wanted, Instant until);
    std::vector<payments::DueRelease> due_releases(Instant now, std::int64_t limit) const;
    std::vector<payments::DueRelease> claim_releases(
        const std::vector<payments::DueRelease>& wanted, Instant until);
    void put_off_release(const payments::DueRelease& claimed, Instant at);
    payments::Payables payables(const payments::Payment& payment) const;
    void finish_event(const payments::ProviderEvent& claimed, payments::EventState state,
                      std::string why, Instant due_at);

    // When something will be due; Instant::max() = never.
    Instant first_due() const;
    // Nothing is left to be done by itself but to look after operations.
    bool has_only_operations() const {
        return chores_.empty() && event_queue_.empty() && deadlines_.empty();
    }
    // For the judge: all payments, in the order of their creation.
    const std::vector<Record>& records() const { return records_; }
    const Record* record(PaymentId id) const;
    const std::map<std::string, EventRow>& events() const { return events_; }
    // Whose a client's key is.
    const KeyRow* key(MerchantId merchant, payments::Scope scope, const std::string& key) const;

private:
    using KeyName = std::tuple<MerchantId, payments::Scope, std::string>;
    struct QueueEntry {
        Instant at;
        PaymentId payment;
        OperationId operation;
        friend auto operator<=>(const QueueEntry&, const QueueEntry&) = default;
    };

    Record* find(PaymentId id);
    payments::Operation* find_due(const payments::Due& wanted);
    SqlState judge(const Record& record, const payments::Change& change) const;
    SqlState judge_disputes(const Record& record, const payments::Change& change) const;
    SqlState judge_follow_ups(const Record& record, const payments::Change& change) const;
    void insert_operation(Record& record, const payments::Operation& operation);
    void set_due(payments::Operation& operation, PaymentId payment, Instant at);
    void set_chore(payments::Payment& payment, Instant at);
    void set_event(EventRow& row, Instant at);
    void set_deadline(payments::Dispute& dispute, PaymentId payment, Instant at);
    void write_dispute(Record& record, const payments::Dispute& dispute);
    void set_release(Record& record, std::size_t n, Instant at);
    void write_shipments(Record& record, const payments::Change& change);
    using StrictRows = std::map<std::pair<MerchantId, std::string>, std::int64_t>;
    std::optional<StrictRows> run_strict(const std::vector<ledger::Posting>& postings) const;
    EventRow* find_event(const payments::ProviderEvent& wanted);

    std::vector<Record> records_;
    std::unordered_map<PaymentId, std::size_t> by_id_;
    std::map<KeyName, KeyRow> keys_;
    std::set<QueueEntry> queue_;
    std::unordered_set<OperationId> transactions_;
    std::set<std::pair<Instant, PaymentId>> chores_;
    std::map<std::string, EventRow> events_;  // By id: there is one provider.
    std::set<std::pair<Instant, std::string>> event_queue_;
    std::set<std::tuple<Instant, PaymentId, DisputeId>> deadlines_;
    std::set<std::tuple<Instant, PaymentId, std::int16_t>> releases_;
    StrictRows strict_;  // By the account's name.
};

}  // namespace florin::simulator
