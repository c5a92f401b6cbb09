#include "platform/config/config.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>

#include "platform/config/tables.h"

namespace florin {
namespace {

struct Name {
    std::string_view name, meaning;
};

constexpr std::array kNames = {
    Name{"listen", "address:port of the HTTP interface (127.0.0.1:8080; port 0 = any free one)"},
    Name{"tls_certificate_file", "PEM file with the certificate chain; with tls_key_file: HTTPS"},
    Name{"tls_key_file", "PEM file with the private key"},
    Name{"database_url", "PostgreSQL (postgresql://...); empty = a private one in data_dir"},
    Name{"data_dir", "folder of the private PostgreSQL"},
    Name{"database_lanes", "connections that write (2)"},
    Name{"database_readers", "connections that read (4)"},
    Name{"stripe_url", "where Stripe is (https://api.stripe.com), or florin-sandbox"},
    Name{"stripe_secret_key", "Stripe's secret key; better stripe_secret_key_file"},
    Name{"stripe_webhook_secret", "signs Stripe's webhooks; better stripe_webhook_secret_file"},
    Name{"provider_time_ms", "silence of a provider beyond it is 'unknown' (20000)"},
    Name{"release_hold_hours", "how long an order's money is held after its delivery (168)"},
    Name{"release_transit_hours", "how long it takes at most, when nobody tells of it (336)"},
    Name{"payout_bank_name", "whose account bank files of payouts pay from"},
    Name{"payout_bank_iban", "its IBAN; empty = no payouts by bank file"},
    Name{"payout_bank_bic", "its BIC; may be empty"},
    Name{"payout_connect_account",
         "account that pays over Stripe Connect, like stripe; empty = none"},
    Name{"payout_period_ms", "how often to look for payouts whose time has come (1000)"},
    Name{"lease_extra_ms", "on top of it, before another process may look (10000)"},
    Name{"resolver_period_ms", "how often to look for operations whose time has come (500)"},
    Name{"event_streams_max", "streams of events at once (1000)"},
    Name{"event_heartbeat_ms", "a comment keeps a silent stream open (15000)"},
    Name{"watcher_period_ms", "how soon a step of another process is seen (200)"},
    Name{"rate_limit_key_writes", "writes a second of one API key (5000; 0 = no limit)"},
    Name{"rate_limit_key_reads", "reads a second of one API key (5000; 0 = no limit)"},
    Name{"rate_limit_address", "requests a second of one address without a known key (100)"},
    Name{"rate_limit_burst_s", "seconds' worth of the limits above that may come at once (2)"},
    Name{"trusted_proxies", "networks whose X-Forwarded-For is believed (10.0.0.0/8, ::1)"},
    Name{"writes_at_once", "requests that change something at once, before 503 (2000)"},
    Name{"reads_at_once", "requests that read at once, before 503 (1000)"},
    Name{"webhooks_at_once", "webhooks of providers at once, before 503 (1000)"},
    Name{"write_line_max", "commands that wait for the database, before writes get 503 (5000)"},
    Name{"stripe_requests_per_second", "what the account may do; all processes share it"},
    Name{"points_currency", "what loyalty points pay in, like EUR; empty = there are none"},
    Name{"points_value", "minor units of it that a point is worth, for ever (1)"},
    Name{"points_period_ms", "how often to look for points that expire (60000)"},
    Name{"fx_rates_file", "CSV of exchange rates; empty = nothing is quoted"},
    Name{"fx_rates_max_age_s", "older rates are not quoted (86400)"},
    Name{"fx_rates_period_ms", "how often to look whether the file has changed (1000)"},
    Name{"fx_inverse_rates", "1 = a pair is also quoted the other way round (0)"},
    Name{"fx_pivot", "cross rates go over this currency, like EUR; empty = there are none"},
    Name{"fx_spread", "percent on top of the rate (0); [[fx_pair]] has those of pairs"},
    Name{"fx_quote_time_s", "how long a quote is good (600)"},
    Name{"ledger_key", "signs the ledger's anchors; better ledger_key_file"},
    Name{"ledger_anchor_dir", "folder for copies of the anchors, outside of the database"},
    Name{"ledger_seal_age_ms", "what was booked is sealed when it is older (10000)"},
    Name{"ledger_anchor_period_ms", "from one anchor of the ledger to the next (60000)"},
    Name{"audit_database_url", "where `florin audit` reads (database_url), with a role of its own"},
    Name{"audit_listen", "address:port of the audit's metrics (127.0.0.1:9464)"},
    Name{"audit_alarm_url", "gets a POST with each new finding of `florin audit --watch`"},
    Name{"audit_period_ms", "from one pass of the audit to the next, at least (10000)"},
    Name{"log", "debug, info, warn, error or off (info)"},
};

std::string upper(std::string_view name) {
    std::string out = "FLORIN_";
    for (const char c : name) out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    return out;
}

std::optional<std::string> from_environment(std::string_view name) {
    const char* value = std::getenv(upper(name).c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
}

std::string default_data_dir() {
    if (geteuid() == 0) return "/var/lib/florin";
    const char* data = std::getenv("XDG_DATA_HOME");
    if (data && *data) return std::string(data) + "/florin";
    const char* home = std::getenv("HOME");
    return std::string(home ? home : ".") + "/.local/share/florin";
}

class Loader {
public:
    explicit Loader(const Overrides& overrides) : overrides_(overrides) {}

    void read_file(const std::string& path, Config& config) {
        if (path.empty()) return;
        const auto parsed = toml::parse_file(path);
        if (!parsed) {
            const auto& why = parsed.error();
            return mistake("config", fmt::format("{}:{}: {}", path, why.source().begin.line,
                                                 why.description()));
        }
        for (const auto& [key, node] : parsed.table()) {
            const std::string name(key.str());
            if (name == "account" || name == "route" || name == "refund_limit" ||
                name == "payout_limit" || name == "fx_pair")
                continue;
            if (!is_known(name)) {
                mistake(name, fmt::format("{} does not know this name", path));
            } else if (const auto text = node.value<std::string>(); text && node.is_string()) {
                file_[name] = *text;
            } else if (const auto number = node.value<std::int64_t>();
                       number && node.is_integer()) {
                file_[name] = std::to_string(*number);
            } else {
                mistake(name, "must be text in quotes or a whole number");
            }
        }
        read_accounts(parsed.table(), config, mistakes_);
    }

    bool is_set(std::string_view name) {
        constexpr std::string_view unset = "\n";
        return text(name, std::string(unset)) != unset;
    }

    std::string text(std::string_view name, std::string preset) {
        if (const auto found = overrides_.find(std::string(name)); found != overrides_.end())
            return found->second;
        if (auto value = from_environment(name)) return *value;
        if (const auto found = file_.find(std::string(name)); found != file_.end())
            return found->second;
        return preset;
    }

    // The value itself, or the first line of the file that NAME_file names.
    std::string secret(const std::string& name) {
        const auto path = text(name + "_file", "");
        if (path.empty()) return text(name, "");
        std::ifstream in(path);
        std::string line;
        if (!std::getline(in, line)) mistake(name + "_file", "cannot read '" + path + "'");
        return line;
    }

    std::int64_t whole(std::string_view name, std::int64_t preset, std::int64_t least,
                       std::int64_t most) {
        const auto value = text(name, std::to_string(preset));
        std::int64_t number = 0;
        const auto read = std::from_chars(value.data(), value.data() + value.size(), number);
        if (read.ec == std::errc() && read.ptr == value.data() + value.size() && number >= least &&
            number <= most)
            return number;
        mistake(name,
                fmt::format("must be a whole number from {} to {}, not '{}'", least, most, value));
        return preset;
    }

    void mistake(std::string_view name, std::string detail) {
        mistakes_.push_back({std::string(name), "config_invalid", std::move(detail)});
    }

    std::vector<FieldError> take_mistakes() { return std::move(mistakes_); }

private:
    static bool is_known(std::string_view name) {
        const auto is = [&](const Name& known) { return known.name == name; };
        return std::ranges::any_of(kNames, is) || name == "stripe_secret_key_file" ||
               name == "stripe_webhook_secret_file" || name == "database_url_file" ||
               name == "audit_database_url_file" || name == "ledger_key_file";
    }

    const Overrides& overrides_;
    std::map<std::string, std::string> file_;
    std::vector<FieldError> mistakes_;
};

void read_fx(Loader& in, Config& config) {
    using std::chrono::seconds;
    config.fx_rates_file = in.text("fx_rates_file", "");
    config.fx_rates_max_age = seconds(in.whole("fx_rates_max_age_s", 86'400, 1, 31'536'000));
    config.fx_rates_period =
        std::chrono::milliseconds(in.whole("fx_rates_period_ms", 1'000, 10, 3'600'000));
    config.fx_inverse_rates = in.whole("fx_inverse_rates", 0, 0, 1) == 1;
    config.fx_pivot = in.text("fx_pivot", "");
    config.fx_spread = in.text("fx_spread", "0");
    config.fx_quote_time = seconds(in.whole("fx_quote_time_s", 600, 1, 86'400));
}

void read_limits(Loader& in, Config& config) {
    const auto rate = [&](std::string_view name, std::int64_t preset) {
        return in.whole(name, preset, 0, 1'000'000);
    };
    const auto count = [&](std::string_view name, std::size_t preset) {
        return static_cast<std::size_t>(
            in.whole(name, static_cast<std::int64_t>(preset), 0, 1'000'000));
    };
    config.rate_limit_key_writes = rate("rate_limit_key_writes", config.rate_limit_key_writes);
    config.rate_limit_key_reads = rate("rate_limit_key_reads", config.rate_limit_key_reads);
    config.rate_limit_address = rate("rate_limit_address", config.rate_limit_address);
    config.rate_limit_burst_s = in.whole("rate_limit_burst_s", config.rate_limit_burst_s, 1, 60);
    if (auto proxies = http::parse_networks(in.text("trusted_proxies", ""))) {
        config.trusted_proxies = std::move(*proxies);
    } else {
        in.mistake("trusted_proxies", "must be networks with commas, like 10.0.0.0/8, ::1");
    }
    config.writes_at_once = count("writes_at_once", config.writes_at_once);
    config.reads_at_once = count("reads_at_once", config.reads_at_once);
    config.webhooks_at_once = count("webhooks_at_once", config.webhooks_at_once);
    config.write_line_max = count("write_line_max", config.write_line_max);
    config.stripe_requests_per_second = rate(
        "stripe_requests_per_second", default_rate(config.stripe_url, config.stripe_secret_key));
}

// Without [[account]] the names that begin with stripe_ are the only account.
void read_only_account(Loader& in, Config& config) {
    if (config.accounts.empty()) {
        config.accounts.push_back({"stripe", "stripe", config.stripe_url, config.stripe_secret_key,
                                   config.stripe_webhook_secret,
                                   config.stripe_requests_per_second});
        return;
    }
    for (const auto* name :
         {"stripe_url", "stripe_secret_key", "stripe_secret_key_file", "stripe_webhook_secret",
          "stripe_webhook_secret_file", "stripe_requests_per_second"})
        if (in.is_set(name))
            in.mistake(name, "says nothing beside [[account]]: write it into an account");
}

void read_listen(Loader& in, std::string_view name, std::string preset, std::string& address,
                 std::uint16_t& listen_port) {
    const auto text = in.text(name, std::move(preset));
    const auto colon = text.rfind(':');
    const auto port = colon == std::string::npos ? "" : text.substr(colon + 1);
    unsigned number = 65536;
    std::from_chars(port.data(), port.data() + port.size(), number);
    if (port.empty() || port.find_first_not_of("0123456789") != std::string::npos || number > 65535)
        return in.mistake(name, "must be address:port, like 127.0.0.1:8080, not '" + text + "'");
    address = text.substr(0, colon);
    if (address.starts_with('[') && address.ends_with(']'))
        address = address.substr(1, address.size() - 2);
    listen_port = static_cast<std::uint16_t>(number);
}

void read_ledger(Loader& in, Config& config) {
    config.ledger_key = in.secret("ledger_key");
    config.ledger_anchor_dir = in.text("ledger_anchor_dir", "");
    config.points_currency = in.text("points_currency", "");
    config.points_value = in.whole("points_value", 1, 1, 1'000'000);
    config.points_period =
        std::chrono::milliseconds(in.whole("points_period_ms", 60'000, 10, 86'400'000));
    config.ledger_seal_age =
        std::chrono::milliseconds(in.whole("ledger_seal_age_ms", 10'000, 0, 45'000));
    config.ledger_anchor_period =
        std::chrono::milliseconds(in.whole("ledger_anchor_period_ms", 60'000, 10, 86'400'000));
}

void read_audit(Loader& in, Config& config) {
    config.audit_database_url = in.secret("audit_database_url");
    read_listen(in, "audit_listen", "127.0.0.1:9464", config.audit_listen_address,
                config.audit_listen_port);
    config.audit_alarm_url = in.text("audit_alarm_url", "");
    if (!config.audit_alarm_url.empty() && !config.audit_alarm_url.starts_with("https://") &&
        !config.audit_alarm_url.starts_with("http://"))
        in.mistake("audit_alarm_url", "must start with https:// or http://");
    config.audit_period =
        std::chrono::milliseconds(in.whole("audit_period_ms", 10'000, 10, 86'400'000));
}

}  // namespace

std::int64_t default_rate(const std::string& url, const std::string& secret_key) {
    if (url != Config().stripe_url) return 0;
    return secret_key.find("_test_") != std::string::npos ? 25 : 100;
}

std::string environment(const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return value ? value : "";
}

std::string describe_config() {
    std::string out;
    for (const auto& [name, meaning] : kNames) out += fmt::format("  {:<27} {}\n", name, meaning);
    return out;
}

Result<Config> load_config(const std::string& file, const Overrides& overrides) {
    Loader in(overrides);
    Config config;
    in.read_file(file, config);
    read_listen(in, "listen", "127.0.0.1:8080", config.listen_address, config.listen_port);
    read_audit(in, config);
    read_ledger(in, config);
    read_fx(in, config);
    config.tls_certificate_file = in.text("tls_certificate_file", "");
    config.tls_key_file = in.text("tls_key_file", "");
    if (config.tls_certificate_file.empty() != config.tls_key_file.empty())
        in.mistake("tls_key_file", "set tls_certificate_file and tls_key_file, or neither");
    config.database_url = in.secret("database_url");
    config.data_dir = in.text("data_dir", default_data_dir());
    config.database_lanes = static_cast<std::size_t>(in.whole("database_lanes", 2, 1, 64));
    config.database_readers = static_cast<std::size_t>(in.whole("database_readers", 4, 1, 64));
    config.stripe_url = in.text("stripe_url", config.stripe_url);
    if (!config.stripe_url.starts_with("https://") && !config.stripe_url.starts_with("http://"))
        in.mistake("stripe_url", "must start with https:// (or http:// for florin-sandbox)");
    while (config.stripe_url.ends_with('/')) config.stripe_url.pop_back();
    config.stripe_secret_key = in.secret("stripe_secret_key");
    config.stripe_webhook_secret = in.secret("stripe_webhook_secret");
    config.provider_time =
        std::chrono::milliseconds(in.whole("provider_time_ms", 20'000, 100, 120'000));
    config.release_hold = std::chrono::hours(in.whole("release_hold_hours", 168, 0, 8'760));
    config.release_transit = std::chrono::hours(in.whole("release_transit_hours", 336, 0, 8'760));
    config.lease_extra =
        std::chrono::milliseconds(in.whole("lease_extra_ms", 10'000, 100, 600'000));
    config.resolver_period =
        std::chrono::milliseconds(in.whole("resolver_period_ms", 500, 10, 60'000));
    config.payout_bank_name = in.text("payout_bank_name", "");
    config.payout_bank_iban = in.text("payout_bank_iban", "");
    config.payout_bank_bic = in.text("payout_bank_bic", "");
    config.payout_connect_account = in.text("payout_connect_account", "");
    config.payout_period =
        std::chrono::milliseconds(in.whole("payout_period_ms", 1'000, 10, 60'000));
    config.event_streams_max =
        static_cast<std::size_t>(in.whole("event_streams_max", 1000, 0, 100'000));
    config.event_heartbeat =
        std::chrono::milliseconds(in.whole("event_heartbeat_ms", 15'000, 10, 600'000));
    config.watcher_period =
        std::chrono::milliseconds(in.whole("watcher_period_ms", 200, 10, 60'000));
    read_limits(in, config);
    read_only_account(in, config);
    config.log_level = in.text("log", "info");
    static const std::set<std::string> levels = {"debug", "info", "warn", "error", "off"};
    if (!levels.contains(config.log_level))
        in.mistake("log",
                   "must be debug, info, warn, error or off, not '" + config.log_level + "'");
    auto mistakes = in.take_mistakes();
    if (mistakes.empty()) return config;
    Error error{Fault::invalid, "config_invalid",
                "the configuration has mistakes; nothing started"};
    error.fields = std::move(mistakes);
    return std::unexpected(std::move(error));
}

}  // namespace florin
