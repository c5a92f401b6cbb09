#pragma once

// Our word on a dispute while it waits to be sent: kept among the provider's events, so that it is
// sent by whoever looks at those, tried again, and shown to a person when it cannot be sent.

#include <string>
#include <string_view>

#include "connectors/types.h"
#include "domain/ids.h"

namespace florin::payments {

// The id of the event, and our key at the provider: the client's key again means the same word.
std::string reply_id(PaymentId payment, std::string_view client_key);

// As JSON, and back. What was kept is always readable.
std::string show_reply(const connectors::DisputeReply& reply);
connectors::DisputeReply read_reply(std::string_view text);

}  // namespace florin::payments
