#pragma once

// The commands that work on the database. Each prints to stdout, for people or, with `json`, for
// programs.

#include <string>
#include <vector>

#include "base/result.h"
#include "platform/config/config.h"

namespace florin::cli {

struct Options {
    Config config;
    bool json = false;
};

Result<void> migrate(const Options& options);

struct KeyOptions {
    std::string name, merchant = "default", mode = "test";
    std::vector<std::string> scopes;
};
Result<void> create_key(const Options& options, const KeyOptions& wanted);
Result<void> list_keys(const Options& options);
Result<void> revoke_key(const Options& options, const std::string& id);

struct ListOptions {
    std::string status, currency, checkout, after;
    int limit = 20;
};
Result<void> list_payments(const Options& options, const ListOptions& wanted);
Result<void> show_payment(const Options& options, const std::string& id);

// Fails with trial_balance_off when a currency does not sum to zero.
// as_of: an RFC 3339 time; empty = now.
Result<void> trial_balance(const Options& options, const std::string& as_of);

struct LedgerWish {
    std::string file, id, name, folder;
    std::vector<std::string> keys;  // Public ones.
};
// florin ledger: 0 = all is as it was sealed, 5 = there are findings.
Result<int> verify_ledger(const Options& options, const LedgerWish& wanted);
Result<void> prove_transaction(const Options& options, const LedgerWish& wanted);
// Without a database.
Result<void> check_ledger_proof(const Options& options, const LedgerWish& wanted);
Result<void> make_ledger_key(const Options& options, const LedgerWish& wanted);

// florin machine: the states of a payment and so on, and what leads from one to the other.
std::vector<std::string> machine_names();
Result<void> show_machine(const Options& options, const std::string& name, bool as_drawing);

// florin dlq: what only a person can bring further. Ids: op_..., or <provider>:<event>.
Result<void> list_dead_letters(const Options& options, int limit);
Result<void> show_dead_letter(const Options& options, const std::string& id);
Result<void> retry_dead_letter(const Options& options, const std::string& id);
Result<void> discard_dead_letter(const Options& options, const std::string& id,
                                 const std::string& reason);

struct RouteWish {
    std::string currency, amount, method = "card", country, brand, merchant, key;
};
// Which account a payment would go to, and why. Reads the configuration only.
Result<void> explain_route(const Options& options, const RouteWish& wanted);

// florin sellers. Empty = any.
struct SellersWish {
    std::string merchant, state, after;
    int limit = 20;
};
Result<void> list_sellers(const Options& options, const SellersWish& wanted);
Result<void> show_seller(const Options& options, const std::string& id);

struct FeesWish {
    std::string seller, amount, currency, category, at;
};
// What an order would be split into, and which rules say so.
Result<void> preview_fees(const Options& options, const FeesWish& wanted);

struct WalletWish {
    std::string owner, merchant;
    int limit = 10;
};
Result<void> show_wallet(const Options& options, const WalletWish& wanted);

// florin journal: what was booked by hand. Empty = any.
struct JournalWish {
    std::string merchant, after;
    int limit = 20;
};
Result<void> list_journal(const Options& options, const JournalWish& wanted);

// florin events: what follows on a position in the feed of a merchant.
struct EventsWish {
    std::string merchant;
    std::int64_t after = 0;
    int limit = 20;
};
Result<void> list_events(const Options& options, const EventsWish& wanted);

// florin fx. Both read the configuration and the file of rates only.
Result<void> list_rates(const Options& options);
struct PriceWish {
    std::string amount, currency, presentment;
};
Result<void> show_price(const Options& options, const PriceWish& wanted);

// florin payouts. Empty = any.
struct PayoutsWish {
    std::string merchant, seller, status, after;
    int limit = 20;
};
Result<void> list_payouts(const Options& options, const PayoutsWish& wanted);
Result<void> show_payout(const Options& options, const std::string& id);
// What it is made of, and whether that adds up.
Result<void> explain_payout(const Options& options, const std::string& id);
// Makes at once what is due: runs of schedules, payouts, reserves, files.
Result<void> run_payouts(const Options& options);

struct AuditWish {
    bool watch = false, list = false, writer_allowed = false;
    int limit = 100, slots = 1024;
};
// 0 = everything agrees, 1 = there are findings. Any failure means that it could not be checked.
Result<int> audit(const Options& options, const AuditWish& wanted);

}  // namespace florin::cli
