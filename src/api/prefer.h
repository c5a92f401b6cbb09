#pragma once

// How long a client would like to wait: the Prefer header of RFC 7240, of which we know `wait` and
// `respond-async`. A preference that cannot be read is none.

#include <chrono>
#include <optional>
#include <string>

#include "platform/http/message.h"

namespace florin::api {

// More is cut to it, and Preference-Applied says so.
inline constexpr std::chrono::seconds kWaitMax{60};

// `wait=N` is N seconds, `respond-async` alone none, and both together N seconds: answer by then,
// else say 202. Nothing = the client wants the end. Of two values of one name the first counts.
std::optional<std::chrono::seconds> read_wait(const http::Headers& headers);

// Tells the client what was done for it: "wait=10", or "respond-async".
void add_applied(http::Response& response, std::chrono::seconds wait);

}  // namespace florin::api
