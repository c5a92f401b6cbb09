#pragma once

// Quotes, rates and lists of currencies as JSON, for the API and the command line.

#include "base/json.h"
#include "fx/lists.h"
#include "fx/types.h"

namespace florin::fx {

// As it is at a time.
void show(json::Writer& out, const Quote& quote, Instant at);
void show(json::Writer& out, const CurrencyList& list);
// The rate, spread and amounts of a quote, as fields of an object that is open.
void show_price(json::Writer& out, const Quote& quote);

}  // namespace florin::fx
