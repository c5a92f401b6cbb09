#pragma once

// Amounts of money, currencies, countries and times in the bodies of requests. A mistake is noted
// in the form.

#include <optional>

#include "base/clock.h"
#include "base/form.h"
#include "domain/money.h"

namespace florin::api {

inline constexpr std::size_t kOrdersMax = 100;
inline constexpr std::size_t kNameLength = 64;

// The field "amount": above zero, in `currency`. Zero when there is a mistake, which is noted.
Money read_amount(Form& form, Fields fields, Currency currency);

// An amount that may be zero, or is left out.
std::optional<Money> read_optional_amount(Form& form, Fields fields, std::string_view name,
                                          Currency currency);

// The field "currency": one that people can pay with.
std::optional<Currency> read_currency(Form& form, Fields fields);

// The field "country", of ISO 3166; empty when it is left out.
std::string read_country(Form& form, Fields fields);

// Nothing when it is left out.
std::optional<Instant> read_optional_time(Form& form, Fields fields, std::string_view name);

// Notes that a payment_order_id stands there for the second time.
void add_duplicate_order(Form& form, Fields order);

}  // namespace florin::api
