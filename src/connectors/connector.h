#pragma once

// A connector speaks one provider's language and nothing else. It holds no state, opens no socket,
// reads no clock and knows no database: its only door is Wire. It never sees a card or a provider's
// key: it writes marks such as {{secret.api_key}}, which are filled where the bytes leave.

#include <chrono>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "connectors/types.h"
#include "platform/http/client.h"

namespace florin::connectors {

// Sends one request to the provider's account that it stands for. `request.target` is a path; the
// wire knows the host and fills the marks. A path after kFiles goes to the host for files.
inline constexpr std::string_view kFiles = "{{files}}";
class Wire {
public:
    virtual ~Wire() = default;
    virtual Task<http::Answer> send(http::Request request, Deadline deadline) = 0;
};

// What a provider promises. The core retries nothing that is not declared here.
struct Capabilities {
    std::string_view name;
    bool safe_replay;                       // The same key again gives the first outcome.
    std::chrono::seconds key_window;        // How long the provider honours our key.
    bool query_by_key;                      // find() works without the provider's reference.
    std::chrono::seconds visibility_delay;  // How long find() may still miss what happened.
    bool cancel;                            // An authorization can be given back.
    bool several_captures;                  // After a part, the rest can be captured later.
    bool refund;                            // In parts, and several times.
    bool increment;                         // Some authorizations can be raised in place.
    bool fence;                             // fence() works.
    std::chrono::seconds answer_time;       // Longer silence is Unknown.
    std::int64_t unit = 1;                  // Amounts are multiples of it, in minor units.
};

class Connector {
public:
    virtual ~Connector() = default;
    virtual const Capabilities& capabilities() const = 0;
    // Where the provider takes files, if its API is at `url`.
    virtual std::string files_url(std::string_view url) const { return std::string(url); }
    // Never NotFound.
    virtual Task<Outcome> perform(Wire& wire, Order order, Deadline deadline) const = 0;
    // Asks what became of an order. Never NotSent; a query that failed is Unknown.
    virtual Task<Outcome> find(Wire& wire, Order order, Deadline deadline) const = 0;
    // Makes it impossible that an order which the provider still works on succeeds, and says what
    // is the case then: Declined = it never will. `order` has the provider's reference. May be
    // repeated until there is a yes or a no. Never NotSent.
    virtual Task<Outcome> fence(Wire& wire, Order order, Deadline deadline) const = 0;
    // A dispute as it is now.
    virtual Task<DisputeAnswer> read_dispute(Wire& wire, std::string reference,
                                             Deadline deadline) const = 0;
    // Says our word to a dispute. The same key again gives the first outcome. Never Pending or
    // NotFound.
    virtual Task<Outcome> answer_dispute(Wire& wire, DisputeReply reply,
                                         Deadline deadline) const = 0;
    // A webhook: the very bytes that came, and the secret that signs them. Failures: Malformed
    // signature_missing, signature_wrong, webhook_too_old or webhook_malformed. Never throws.
    virtual Result<Hint> read_webhook(const http::Headers& headers, std::string_view body,
                                      std::string_view secret, Instant now) const = 0;
};

}  // namespace florin::connectors
