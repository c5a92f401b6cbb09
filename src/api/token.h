#pragma once

// The token of a payment method, as a request names it. A card number in its place is refused.

#include <string>
#include <string_view>

#include "base/form.h"

namespace florin::api {

// Reads `token` of `method`; mistakes go to the form. A wallet's names its owner, who is the buyer
// and nobody else: it may be left out.
std::string read_token(Form& form, Fields method, std::string_view type, const std::string& buyer);

}  // namespace florin::api
