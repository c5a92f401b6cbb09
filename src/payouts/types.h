#pragma once

// The nouns of payouts: how a seller is paid, what may be paid, and a payout itself. Amounts are
// minor units, rates millionths.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "domain/currencies.h"
#include "domain/ids.h"
#include "domain/payout.h"

namespace florin::payouts {

// How money gets to a seller. The names are stored, and stand in the names of accounts.
enum class RailKind : std::uint8_t { bank_file, wallet, stripe_connect };
inline constexpr std::array<std::string_view, 3> kRailNames = {"bank_file", "wallet",
                                                               "stripe_connect"};
std::string_view name(RailKind rail);
std::optional<RailKind> rail_from(std::string_view name);

enum class Schedule : std::uint8_t { manual, daily, weekly };  // The names are stored.
inline constexpr std::array<std::string_view, 3> kScheduleNames = {"manual", "daily", "weekly"};
std::string_view name(Schedule schedule);
std::optional<Schedule> schedule_from(std::string_view name);

// Monday is 0.
inline constexpr std::array<std::string_view, 7> kWeekdayNames = {
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};

// Where to. `account`: an IBAN, the owner of a wallet, or a connected account (acct_...), as the
// rail wants it. `name` and `bic` are for banks; the second may be empty.
struct Destination {
    std::string name;
    std::string account;
    std::string bic;
    friend bool operator==(const Destination&, const Destination&) = default;
};

// Codes of failure: iban_malformed, iban_wrong_checksum.
Result<void> check_iban(std::string_view iban);
// acct_ and then letters and digits, at most 64 in all.
bool is_connected_account(std::string_view text);
// 8 or 11 capitals and digits, as ISO 9362 wants them.
bool is_bic(std::string_view text);

struct Settings {
    SellerId seller;
    MerchantId merchant;
    std::string reference;  // The seller's, which names the ledger's accounts.
    Currency currency;
    RailKind rail = RailKind::bank_file;
    Destination destination;
    std::string suspended;  // Why nothing is sent there; empty = nothing is wrong with it.
    Schedule schedule = Schedule::manual;
    std::int16_t weekday = 0;  // Of a weekly one.
    std::int16_t hour = 0;     // UTC.
    std::int64_t minimum = 0;
    std::int64_t reserve_rate = 0;
    std::int16_t reserve_days = 0;
    KeyId set_by;
    Instant due_at = Instant::max();  // The next run; max = only on demand.
    Instant updated_at;
};

// What of a seller's payable account is in no payout yet, and what he owes.
struct Payable {
    Uuid account;               // Of the ledger: what the seller is owed.
    std::int64_t from_seq = 0;  // The last entry of the last payout.
    std::int64_t to_seq = 0;    // The last entry that there is.
    std::int64_t items = 0;
    std::int64_t gross = 0;
    std::int64_t fresh = 0;  // Of it, what was never in a payout: a reserve is taken of this alone.
    std::int64_t debt = 0;
};

struct Payout {
    PayoutId id;
    MerchantId merchant;
    SellerId seller;
    std::string seller_reference;
    Currency currency;
    Uuid account;  // Of the ledger: what the seller is owed.
    std::int64_t from_seq = 0;
    std::int64_t to_seq = 0;
    std::int64_t gross = 0;  // = netted + reserved + amount
    std::int64_t netted = 0;
    std::int64_t reserved = 0;
    std::int64_t amount = 0;
    std::int64_t fee = 0;  // What the rail has taken for it; ours.
    RailKind rail = RailKind::bank_file;
    std::string source;  // Our account that it is paid from: an IBAN, or an account at a provider.
    Destination destination;
    payout::Status status{};
    std::int32_t version = 0;
    bool recall_requested = false;
    KeyId asked_by;        // Nil = nobody: a schedule.
    KeyId destination_by;  // Who said where it goes.
    KeyId decided_by;      // The second person; nil = none.
    std::string client_key;
    Hash request_hash{};
    std::string reference;  // The rail's word for it.
    std::string reason;     // Why it did not arrive.
    PayoutBatchId batch;    // Nil = in no file.
    std::int16_t tries = 0;
    Instant sent_at = Instant::max();
    Instant due_at = Instant::max();
    Instant created_at;
    Instant updated_at;
};

// A step of a payout that was written.
struct History {
    std::int32_t version;
    std::string event;
    std::string status;
    KeyId by;
    std::string detail;
    Instant at;
};

struct Batch {
    PayoutBatchId id;
    MerchantId merchant;
    Currency currency;
    std::string source;  // Our account: an IBAN.
    std::string name;    // Whose account that is.
    std::string bic;
    std::int32_t payouts = 0;
    std::int64_t amount = 0;
    Instant created_at;
    Instant exported_at = Instant::max();
};

struct Reserve {
    PayoutId payout;
    MerchantId merchant;
    std::string seller_reference;
    Currency currency;
    std::int64_t amount = 0;
    Instant due_at;
};

// The client's word that stands for one request.
struct ClientKey {
    std::string key;
    Hash request_hash{};
};

}  // namespace florin::payouts
