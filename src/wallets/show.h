#pragma once

// Wallets as JSON and CSV, for the API and the command line.

#include <span>
#include <vector>

#include "base/json.h"
#include "ledger/types.h"
#include "wallets/store.h"

namespace florin::wallets {

// A wallet; the lots of its points as far as they were read.
void show(json::Writer& out, const Owner& owner, std::span<const Holding> holdings,
          std::span<const Lot> lots);
void show(json::Writer& out, const Movement& movement);
// An entry of an available account.
void show(json::Writer& out, const ledger::Chapter& chapter);

// A statement with a line of names, as RFC 4180 has it.
std::string statement_csv(std::span<const ledger::Chapter> chapters);

}  // namespace florin::wallets
