#pragma once

// How the configuration's file is read. For config.cpp and accounts.cpp only.

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <vector>

#include "base/result.h"
#include "platform/config/config.h"

namespace florin {

// Reads [[account]], [[route]], [[refund_limit]], [[payout_limit]] and [[fx_pair]]; every mistake
// has its place, like account[0].url.
void read_accounts(const toml::table& file, Config& config, std::vector<FieldError>& mistakes);

// What an account at a provider's own address may do a second; nobody limits a sandbox.
std::int64_t default_rate(const std::string& url, const std::string& secret_key);

}  // namespace florin
