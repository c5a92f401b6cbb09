#pragma once

// Configuration: one struct, read once, wrong loudly. A value comes from the command line, else
// from the environment (FLORIN_LISTEN), else from the TOML file (listen = ...), else it is the
// default.

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "platform/config/accounts.h"
#include "platform/http/address.h"

namespace florin {

struct Config {
    std::string listen_address = "127.0.0.1";
    std::uint16_t listen_port = 8080;                // 0 = any free one; it is printed.
    std::string tls_certificate_file, tls_key_file;  // PEM; both or none.
    std::string database_url;                        // Empty = a private PostgreSQL in data_dir.
    std::string data_dir;
    std::size_t database_lanes = 2;    // Connections that write.
    std::size_t database_readers = 4;  // Connections that read.
    std::string stripe_url = "https://api.stripe.com";
    std::string stripe_secret_key;
    std::string stripe_webhook_secret;                // Empty = Stripe may not call us.
    std::chrono::milliseconds provider_time{20'000};  // Silence beyond it is "unknown".
    std::chrono::milliseconds lease_extra{10'000};
    std::chrono::milliseconds resolver_period{500};
    std::chrono::hours release_hold{24 * 7}, release_transit{24 * 14};
    std::string points_currency;    // What points pay in; empty = there are no points.
    std::int64_t points_value = 1;  // Minor units of it that a point is worth.
    std::chrono::milliseconds points_period{60'000};
    std::string fx_rates_file;  // Empty = nothing is quoted.
    std::chrono::seconds fx_rates_max_age{86'400}, fx_quote_time{600};
    std::chrono::milliseconds fx_rates_period{1'000};
    bool fx_inverse_rates = false;
    std::string fx_pivot;                  // Cross rates go over it; empty = there are none.
    std::string fx_spread = "0";           // Percent.
    std::vector<FxPairConfig> fx_pairs;    // At most one of a pair.
    std::size_t event_streams_max = 1000;  // Streams of events at once.
    std::chrono::milliseconds event_heartbeat{15'000};
    std::chrono::milliseconds watcher_period{200};
    // Requests a second; 0 = no limit. A key may save up burst_s seconds' worth.
    std::int64_t rate_limit_key_writes = 5'000, rate_limit_key_reads = 5'000;
    std::int64_t rate_limit_address = 100;  // Requests without a known key; a wrong key counts 10.
    std::int64_t rate_limit_burst_s = 2;
    std::vector<http::Network> trusted_proxies;  // Networks whose X-Forwarded-For is believed.
    // Requests at once; 0 = no limit.
    std::size_t writes_at_once = 2'000, reads_at_once = 1'000, webhooks_at_once = 1'000;
    std::size_t write_line_max = 5'000;  // Writes are refused while more wait for the database.
    std::int64_t stripe_requests_per_second = 0;
    // At least one: of [[account]], or "stripe" made of the stripe_* above. Without routes all goes
    // to the first.
    std::vector<AccountConfig> accounts;
    std::vector<RouteConfig> routes;
    std::vector<RefundLimitConfig> refund_limits;  // At most one of a currency.
    std::vector<PayoutLimitConfig> payout_limits;  // At most one of a currency.
    // Ours, which bank files pay from; an empty iban = there is none.
    std::string payout_bank_name, payout_bank_iban, payout_bank_bic;
    std::string payout_connect_account;  // One of `accounts`, or empty.
    std::chrono::milliseconds payout_period{1'000};
    std::string ledger_key;         // Signs anchors; empty = none are made.
    std::string ledger_anchor_dir;  // Where copies of them are kept; empty = nowhere.
    std::chrono::milliseconds ledger_seal_age{10'000}, ledger_anchor_period{60'000};
    std::string audit_database_url;  // Empty = the database of everybody else.
    std::string audit_listen_address = "127.0.0.1";
    std::uint16_t audit_listen_port = 9464;  // 0 = any free one; it is printed.
    std::string audit_alarm_url;             // Empty = alarms are log lines only.
    std::chrono::milliseconds audit_period{10'000};
    std::string log_level = "info";
};

// What the command line said: name as in the file -> value.
using Overrides = std::map<std::string, std::string>;

// `file` may be empty. All mistakes are in Error::fields, one per value. stripe_secret_key_file and
// database_url_file name a file that holds the value.
Result<Config> load_config(const std::string& file, const Overrides& overrides);

// The names and meanings, for `florin serve --help` and the documentation.
std::string describe_config();

// The only readers of the environment besides.
std::string environment(const std::string& name);

}  // namespace florin
