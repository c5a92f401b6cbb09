#pragma once

// Writes decisions, many at a time (storage/batcher.h): one transaction holds a payment's state,
// its ledger entries and its event.

#include <functional>
#include <optional>
#include <string>

#include "ledger/poster.h"
#include "payments/records.h"
#include "storage/batcher.h"

namespace florin::payments {

class Engine {
public:
    Engine(asio::io_context& io, storage::BatcherOptions options);
    ~Engine();

    void start(TaskScope& scope) { batcher_.start(scope); }

    // Writes version 1. Nothing = written; otherwise the key was used before and nothing is
    // written. Throws pg::Lost when nobody knows: the caller must not call the provider then.
    Task<std::optional<Earlier>> create(Payment payment, ClientKey key, Deadline deadline);

    // Writes the next version. Gives the event's data, which is the payment after it as JSON.
    // Nothing = somebody else was first: read again and decide again.
    Task<std::optional<std::string>> advance(Change change, Deadline deadline);

    // Keeps what a provider told, and makes the open operations of its payment due. Gives how many
    // there were; nothing = the event was here before. Returns when that is durable.
    Task<std::optional<std::int32_t>> receive(std::string provider, connectors::Hint hint,
                                              std::string body, Instant now);

    // Called after each step that was written by this process.
    void on_step(std::function<void(PaymentId, std::int32_t version)> listener) {
        listener_ = std::move(listener);
    }

    storage::BatcherCounts counts() const { return batcher_.counts(); }

private:
    struct Create;
    struct Advance;
    struct Receive;
    class CreateKind;
    class AdvanceKind;
    class ReceiveKind;

    std::function<void(PaymentId, std::int32_t)> listener_;
    std::unique_ptr<CreateKind> create_kind_;
    std::unique_ptr<AdvanceKind> advance_kind_;
    std::unique_ptr<ReceiveKind> receive_kind_;
    storage::Batcher batcher_;
};

}  // namespace florin::payments
