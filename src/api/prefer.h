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

struct Wait {
    std::chrono::seconds time;
    std::string applied;  // For Preference-Applied: "wait=10", "respond-async".
};

// `wait=N` is N seconds, `respond-async` alone none, and both together N seconds: answer by then,
// else say 202. Nothing = the client wants the end. Of two values of one name the first counts.
std::optional<Wait> read_wait(const http::Headers& headers);

}  // namespace florin::api
