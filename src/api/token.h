#pragma once

// The token of a payment method, as a request names it. A card number in its place is refused.

#include <string>

#include "base/form.h"

namespace florin::api {

// Reads `token` of `method`; mistakes go to the form.
std::string read_token(Form& form, Fields method);

}  // namespace florin::api
