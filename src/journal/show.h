#pragma once

// Journal entries as the API and the command line show them.

#include "base/json.h"
#include "journal/types.h"

namespace florin::journal {

void show(json::Writer& out, const Entry& entry);

}  // namespace florin::journal
