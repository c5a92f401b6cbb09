#pragma once

// An event of the feed as JSON, for the API and the command line.

#include "base/json.h"
#include "events/types.h"

namespace florin::events {

void show(json::Writer& out, const Item& item);

}  // namespace florin::events
