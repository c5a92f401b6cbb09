#pragma once

// Looks at what providers told by themselves about payments whose operations have ended: reads the
// object there and takes what has changed (disputes.h). Sends our word on disputes (reply.h), and
// watches over the time for it (deadline.h). What cannot be done now is tried again later; what
// cannot be done at all waits for a person.

#include "payments/account.h"
#include "payments/records.h"

namespace florin::payments {

class Digester {
public:
    Digester(Records& records, const Accounts& accounts, std::chrono::milliseconds answer_time)
        : records_(records), accounts_(accounts), answer_time_(answer_time) {}

    // One event that was claimed.
    Task<> digest(ProviderEvent event);
    // One dispute that was claimed: warns, or looks whether the provider still waits for a word.
    Task<> meet_deadline(DueDispute claimed);

private:
    // What became of it: done, or why not. `is_final`: another look would not help.
    struct Verdict {
        std::string why = {};
        bool is_final = true;
    };

    Task<Verdict> look(ProviderEvent event);
    Task<Verdict> look_at_refund(ProviderAccount account, Payment payment, std::string object);
    Task<Verdict> look_at_lapse(ProviderAccount account, Payment payment);
    Task<Verdict> look_at_charge(ProviderAccount account, PaymentId payment, std::string object);
    Task<std::optional<Verdict>> look_for_success(ProviderAccount account, Payment attempt,
                                                  std::string object);
    Task<Verdict> send_reply(ProviderAccount account, ProviderEvent event);
    Task<Verdict> look_at_dispute(ProviderAccount account, std::string object);
    Task<Verdict> look_for_return(ProviderAccount account, PaymentId payment, OperationId refund);
    Task<std::optional<Dispute>> claimed_dispute(DueDispute claimed);
    Task<std::optional<Verdict>> take(Payment payment, connectors::DisputeFacts facts);
    Task<std::optional<Payment>> load(PaymentId payment, OperationId operation);

    Records& records_;
    const Accounts& accounts_;
    std::chrono::milliseconds answer_time_;
};

}  // namespace florin::payments
