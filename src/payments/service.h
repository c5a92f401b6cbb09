#pragma once

// What can be asked of payments. Touching a provider and our database cannot be one transaction,
// so: intent, call, outcome. The intent is committed (born sending, with its lease) before the
// first byte leaves; what the provider says is committed with the ledger and the event. A crash
// between any two lines leaves an operation whose lease ends, and the resolver takes it from there.

#include <map>
#include <memory>
#include <string>

#include "payments/account.h"
#include "payments/approval.h"
#include "payments/digest.h"
#include "payments/records.h"
#include "payments/rules.h"
#include "payments/shipping.h"
#include "platform/async/scope.h"

namespace florin::payments {

struct ServiceOptions {
    std::string provider_key_secret;
    std::chrono::milliseconds answer_time{20'000};  // Silence beyond it is "unknown".
    std::chrono::milliseconds lease_extra{10'000};  // On top of it, before others look.
    // How long an intent may wait for the database. Nothing was sent for it, so a short "try again"
    // is better than a long silence; what a provider has answered waits for the whole request.
    std::chrono::milliseconds intent_time{5'000};
    // Minor units above which a refund waits for a second person; a currency without = never.
    std::map<Currency, std::int64_t> refund_limits = {};
    ReleasePolicy release = {};
};

// The state that answers a request: the same bytes each time it is repeated after its end.
struct Answer {
    PaymentId payment;
    OperationId operation;
    std::string data;        // The payment, or its refund, as JSON.
    std::string event_type;  // What ended the operation; empty while it has not ended.
    bool replayed = false;
    bool is_held = false;  // Waits for a second person: nothing happens until then.
};

// An order as it is after the shop's word on it.
struct Told {
    std::string data;  // JSON.
    bool replayed = false;
};

// How long a caller waits for the end of what it began; nothing = as long as it takes. A committed
// intent is carried out whether or not somebody still waits.
using Patience = std::optional<Deadline>;

class Service {
public:
    Service(asio::io_context& io, Records& records, Accounts accounts, ServiceOptions options);

    // Failures: Invalid idempotency_key_reused, no_route and amount_not_whole_points, Conflict
    // fx_quote_used and request_in_progress. A decline is an Answer. Throws pg::Lost when the
    // outcome is not known to anybody yet. When the patience is over first, the Answer is the state
    // of now, and the work goes on.
    Task<Result<Answer>> create(NewPayment wanted, Patience patience, Deadline deadline);
    // Does what is wished with a payment as it was read a moment ago, at the account that has it.
    // Also Invalid not_supported_by_provider, Conflict account_not_configured, and the refusals
    // of rules.h.
    Task<Result<Answer>> act(Payment payment, Wish wish, ClientKey key, Patience patience,
                             Deadline deadline);

    // A second person's word on a refund that waits, as it was read a moment ago (its operation).
    // A yes is carried out like an act. Failures: those of decide() in approval.h, Invalid
    // idempotency_key_reused, Conflict request_in_progress and account_not_configured.
    Task<Result<Answer>> decide(Payment payment, Decision decision, ClientKey key,
                                Patience patience, Deadline deadline);

    // The shop's word on an order of a payment, as it was read a moment ago. Failures: those of
    // ship() in shipping.h, Conflict seller_not_found, Invalid idempotency_key_reused.
    Task<Result<Told>> ship(Payment payment, PaymentOrderId order, ShipmentNews news, ClientKey key,
                            Deadline deadline);

    // A webhook of an account: checked, kept, and taken as a reason to look. Failures: NotFound
    // provider_not_found, Unavailable webhooks_not_configured, and those of
    // Connector::read_webhook. Gives "stored", "seen" (it came before) or "parked" (it is about
    // nothing that waits).
    Task<Result<std::string_view>> receive(std::string account, http::Headers headers,
                                           std::string body);

    // Keeps our word on a dispute, to be sent by whoever looks at what providers tell. Failures:
    // Invalid idempotency_key_reused, Conflict dispute_not_open. True: it was kept before.
    Task<Result<bool>> answer_dispute(PaymentId payment, Dispute dispute,
                                      connectors::DisputeReply reply, std::string client_key);

    // One look at an operation that was claimed: sends what was not sent, asks what is unknown.
    Task<> resolve(Due claimed);
    // One look at what a provider told, claimed before.
    Task<> digest(ProviderEvent claimed) { return digester_.digest(std::move(claimed)); }
    // What is due of a dispute by itself (deadline.h).
    Task<> meet_deadline(DueDispute claimed) { return digester_.meet_deadline(claimed); }
    // Releases what an order has in escrow, if its time has come (shipping.h).
    Task<> do_release(DueRelease claimed);
    // What is due of a payment by itself: a warning, or its cancellation (expiry.h).
    Task<> do_chore(DuePayment claimed);

    // False = so much goes on behind its callers' backs that whoever comes now has to wait.
    bool may_leave() const { return work_.size() < kLeftAloneMax; }
    // Waits for what its callers left; before the engine stops.
    Task<> close() { return work_.close(); }

    Records& records() { return records_; }
    std::chrono::milliseconds lease() const { return options_.answer_time + options_.lease_extra; }

private:
    struct Work;
    // What the payment's method says, and what the wallet of its tender calls what it holds.
    struct Heard {
        connectors::Outcome outcome;
        std::string tender = {};  // Empty = nothing was heard of it.
    };
    static constexpr std::size_t kLeftAloneMax = 4096;
    // Somebody else may be first again and again; each time we decide anew, but not for ever.
    static constexpr int kRoundsMax = 10;

    // How a first step can be carried out elsewhere, once it is proved that it was not executed.
    struct Detour {
        std::string key_text;               // key_text() of the operation.
        std::vector<std::string> accounts;  // To be asked in turn, each once.
    };

    Provider provider_for(std::string account, std::string key_text, int generation) const;
    Result<void> can_do(const Payment& payment, const Wish& wish) const;
    Wish with_limit(Wish wish, Currency currency) const;
    std::unexpected<Error> busy(PaymentId payment) const;
    static std::unexpected<Error> key_reused(PaymentId payment);
    Timing timing() const;
    Deadline intent_deadline(Deadline request) const;
    Task<Result<Answer>> not_routed(MerchantId merchant, ClientKey key, Error why);
    Task<Answer> finish(Payment payment, Detour detour, Patience patience, Deadline deadline);
    Task<> work_on(Payment payment, Detour detour, Deadline deadline, std::shared_ptr<Work> work);
    Task<Answer> carry_out(Payment payment, Detour detour, Deadline deadline);
    static Error quote_gone(const Payment& payment);
    Result<std::int64_t> tender_unit(const NewPayment& wanted) const;
    Task<connectors::Outcome> ask_method(Payment payment, bool is_replay);
    Task<connectors::Outcome> ask_tender(Payment payment, Action action);
    Task<connectors::Outcome> find_hold(Payment payment);
    Task<Heard> perform(Payment payment, bool is_replay);
    Task<Heard> complete(Payment payment, connectors::Outcome outcome);
    Task<std::optional<Answer>> record(Payment payment, Heard heard, Deadline deadline);
    Task<Answer> current(MerchantId merchant, PaymentId payment, OperationId operation);
    Task<Result<Answer>> replay(MerchantId merchant, PaymentId payment, OperationId operation,
                                bool same_request);
    Task<Payment> load(MerchantId merchant, PaymentId id, OperationId operation);
    Task<Heard> investigate(Payment payment);
    Task<bool> resend(Payment payment, Deadline deadline);

    asio::io_context& io_;
    Records& records_;
    Accounts accounts_;
    ServiceOptions options_;
    Digester digester_;
    TaskScope work_;
};

}  // namespace florin::payments
