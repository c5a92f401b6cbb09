#pragma once

// What may be done with payouts: values in, values out. A step carries everything that is written
// together: the payout, its event, its bookings.

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "connectors/types.h"
#include "ledger/types.h"
#include "payouts/types.h"

namespace florin::payouts {

// Why nothing is paid now. The names are the API's.
enum class Holdup : std::uint8_t {
    no_settings,
    seller_suspended,
    destination_suspended,
    nothing_payable,
    below_minimum,
};
inline constexpr std::array<std::string_view, 5> kHoldupNames = {
    "no_settings", "seller_suspended", "destination_suspended", "nothing_payable", "below_minimum"};
std::string_view name(Holdup holdup);

// How what is payable falls apart: first the seller's debts, then the reserve of what is fresh, and
// the rest is paid.
struct Cut {
    std::int64_t netted = 0;
    std::int64_t reserved = 0;
    std::int64_t amount = 0;
    friend bool operator==(const Cut&, const Cut&) = default;
};
Cut cut_of(const Payable& payable, std::int64_t reserve_rate);

// All that stands in the way, in the order of the names; empty = it can be paid.
std::vector<Holdup> holdups(const Settings* settings, bool seller_is_active,
                            const Payable& payable);

// The first run after a time: at the full hour of the schedule. max = there is none.
Instant next_run(const Settings& settings, Instant after);

// When the settings run next, and whose claim on them is used up with it.
struct Run {
    Instant claim;
    Instant next;
};

struct Step {
    Payout after;
    std::string event;
    KeyId by = {};
    std::string detail = {};
    std::vector<ledger::Posting> postings = {};
    Instant reserve_until = Instant::max();  // Of a new payout with a reserve.
    std::string suspends = {};               // Why its destination is not used any more.
    std::optional<Run> run = {};
};

struct Wish {
    KeyId asked_by = {};
    ClientKey key = {};
    std::string source = {};                 // Our account that the rail pays from.
    std::optional<std::int64_t> limit = {};  // Above it a second person has to say yes.
};

// A payout of all that is payable; nothing may be in its way.
Step begin(const Settings& settings, const Payable& payable, Wish wish, Instant now,
           std::uint64_t random);

// What is known of an event besides its name.
struct News {
    KeyId by = {};
    std::string reference = {};  // The rail's word for the payout; empty = as before.
    std::string reason = {};
    std::int64_t fee = 0;             // What the rail has taken now.
    Instant due_at = Instant::max();  // When to look again.
};

// Refusal: Conflict payout_out_of_order.
Result<Step> step(const Payout& payout, payout::Event event, News news, Instant now);

// A second person's word. Refusals: Forbidden approver_is_asker, Conflict payout_out_of_order.
Result<Step> decide(const Payout& payout, bool approve, KeyId by, std::string reason, Instant now);

// The event is what has happened already: saying it again is no mistake.
bool has_happened(const Payout& payout, payout::Event event, const News& news);

// What a rail's word makes of a payout that was sent or asked for. Nothing: no news, look later.
struct Heard {
    payout::Event event;
    News news;
};
std::optional<Heard> heard(const Payout& payout, const connectors::Outcome& outcome);

// How long to wait before the next look, the tries made so far given.
std::chrono::seconds patience(std::int16_t tries);

}  // namespace florin::payouts
