#pragma once

// The accounts of the configuration, each with a client, a wire and an outlet of its own, so that
// one that is slow keeps no seat of another.

#include <map>
#include <memory>
#include <vector>

#include "app/wire.h"
#include "fx/desk.h"
#include "limits/outlet.h"
#include "payments/account.h"
#include "payouts/service.h"
#include "platform/config/config.h"
#include "wallets/types.h"

namespace florin::app {

// The routes of the configuration, which are for cards unless they say otherwise, then those of
// wallets. What only those can judge who know currencies: each mistake with its place. Failure:
// Invalid config_invalid.
Result<std::vector<routing::Rule>> rules_of(const Config& config);

// Minor units above which a refund waits for a second person. Failure: Invalid config_invalid.
Result<std::map<Currency, std::int64_t>> refund_limits_of(const Config& config);

// What a point is worth; nothing = there are no points. Failure: Invalid config_invalid.
Result<std::optional<wallets::Terms>> points_of(const Config& config);
// Our account at the bank, and what of payouts waits for a second person. Failure: Invalid
// config_invalid.
Result<payouts::Options> payout_options_of(const Config& config);

// How rates are found and what is put on top of them. Failure: Invalid config_invalid.
struct FxTerms {
    fx::RatesOptions rates;
    fx::DeskOptions desk;
};
Result<FxTerms> fx_terms_of(const Config& config);

class Ways {
public:
    Ways(asio::io_context& io, limits::Buckets& buckets,
         const std::vector<AccountConfig>& accounts);
    ~Ways();

    // As payments want them. They refer to this.
    std::vector<payments::ProviderAccount> accounts() const;
    std::vector<const limits::Outlet*> outlets() const;
    // To the account of that name, within its limits; null when there is none. It refers to this.
    connectors::Wire* wire_of(std::string_view account);
    Task<> close();

private:
    struct Way;
    std::vector<std::unique_ptr<Way>> ways_;
};

}  // namespace florin::app
