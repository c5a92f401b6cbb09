#pragma once

// What a seed makes of its world: how large it is, what its provider promises, and how often each
// thing goes wrong. Each seed leaves out about half of the faults and exaggerates some of the
// others, so that every mixture comes up, and no fault hides behind another.

#include <chrono>

#include "simulator/dice.h"

namespace florin::simulator {

using Rate = std::uint32_t;  // In a million.

struct Faults {
    // PostgreSQL
    Rate database_refused = 0;   // No connection: nothing was written.
    Rate database_lost = 0;      // The answer of a call is lost; it was written or not.
    Rate database_late = 0;      // The same, and it is written only after we gave up.
    Rate database_conflict = 0;  // 40001 or a deadlock.
    Rate database_slow = 0;      // Seconds instead of a millisecond.
    // Between us and the provider
    Rate connect_refused = 0;  // Not a byte left.
    Rate limited = 0;          // 429
    Rate request_lost = 0;
    Rate reply_lost = 0;    // After the effect.
    Rate error_before = 0;  // A 5xx, and nothing was done.
    Rate error_after = 0;   // A 5xx, and it was done.
    Rate late = 0;          // It arrives when we have stopped to listen.
    Rate duplicated = 0;    // It arrives twice.
    // The provider's own doing
    Rate declined = 0;
    Rate pending = 0;       // Decided minutes or hours later.
    Rate yes_after_no = 0;  // The buyer goes on with a charge that was declined.
    Rate invisible = 0;     // Not found for as long as the provider is allowed to hide it.
    Rate returned = 0;      // A refund comes back from the bank.
    Rate disputed = 0;      // Of what was captured.
    // Webhooks
    Rate hook_lost = 0;
    Rate hook_twice = 0;
    Rate hook_late = 0;    // Hours.
    Rate hook_forged = 0;  // A wrong signature.
    Rate hook_lies = 0;    // Rightly signed, and not true.
    // Processes, at each event of one
    Rate crash = 0;
    Rate pause = 0;
    // Clients
    Rate client_hurries = 0;  // Stops waiting early, and repeats while the first still runs.
    Rate client_leaves = 0;   // Never comes back for the answer.
    int outages = 0;          // Of the database or the provider, for minutes.
};

struct Profile {
    std::uint32_t processes;
    int payments;
    microseconds duration;     // In which the payments begin.
    microseconds poll;         // How often a resolver looks.
    microseconds answer_time;  // How long we wait for the provider.
    microseconds lease_extra;
    microseconds network_life;  // The longest way of a request.
    microseconds pause_max;
    microseconds skew_max;    // Of a process's clock.
    microseconds key_window;  // How long the provider honours our key.
    microseconds visibility;  // How long its search may miss what happened.
    microseconds outage_max;
    microseconds decision_max;  // What is pending is decided by then.
    microseconds authorization_life;
    bool increments;        // Some authorizations can be raised in place.
    bool forgets_declines;  // The provider executes a declined key anew.
    Faults faults;
};

Profile draw_profile(Dice& dice);

}  // namespace florin::simulator
