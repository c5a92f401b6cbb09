#pragma once

// Amounts of money in the bodies of requests.

#include "base/form.h"
#include "domain/money.h"

namespace florin::api {

inline constexpr std::size_t kOrdersMax = 100;
inline constexpr std::size_t kNameLength = 64;

// The field "amount": above zero, in `currency`. Zero when there is a mistake, which is noted.
Money read_amount(Form& form, Fields fields, Currency currency);

// Notes that a payment_order_id stands there for the second time.
void add_duplicate_order(Form& form, Fields order);

}  // namespace florin::api
