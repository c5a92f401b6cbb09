#pragma once

// Errors as application/problem+json (RFC 9457) with the members that payment developers know.

#include <string>
#include <string_view>

#include "base/result.h"
#include "platform/http/message.h"

namespace florin::api {

http::Response problem(const Error& error, std::string_view instance);

// A decline is an answer, not an error: 402, from the stored JSON of the payment or the refund
// alone, so that a repeated request gets the same bytes.
http::Response declined(std::string_view json, std::string_view instance);

}  // namespace florin::api
