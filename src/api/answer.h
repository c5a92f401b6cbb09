#pragma once

// The answer to a request that moves money, from the payment's JSON and the event that ended it. A
// repeated request gets the same status and the same bytes.

#include <optional>

#include "api/gate.h"
#include "api/prefer.h"
#include "payments/service.h"
#include "platform/http/message.h"

namespace florin::api {

// `success`: 201 for a new payment, 200 for a change of one.
http::Response show_answer(const payments::Answer& answer, int success, std::string_view instance);

// How long the caller of a request that moves money wants to wait (prefer.h). A preference is
// dropped while too much goes on already.
std::optional<Wait> wait_of(const Services& services, const Call& call);
payments::Patience patience(const std::optional<Wait>& wait);

}  // namespace florin::api
