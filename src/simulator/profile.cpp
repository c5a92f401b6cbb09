#include "simulator/profile.h"

#include <algorithm>

namespace florin::simulator {
namespace {

using namespace std::chrono_literals;

// Absent in half of the worlds, up to `most` in the others, and mostly far below it.
Rate rate(Dice& dice, Rate most) {
    if (dice.below(2) == 0) return 0;
    return static_cast<Rate>(dice.between(1, dice.below(4) == 0 ? most : most / 10));
}

Faults draw_faults(Dice& dice) {
    return {
        .database_refused = rate(dice, 20'000),
        .database_lost = rate(dice, 20'000),
        .database_late = rate(dice, 10'000),
        .database_conflict = rate(dice, 10'000),
        .database_slow = rate(dice, 20'000),
        .connect_refused = rate(dice, 100'000),
        .limited = rate(dice, 100'000),
        .request_lost = rate(dice, 100'000),
        .reply_lost = rate(dice, 200'000),
        .error_before = rate(dice, 100'000),
        .error_after = rate(dice, 100'000),
        .late = rate(dice, 100'000),
        .duplicated = rate(dice, 100'000),
        .declined = rate(dice, 200'000),
        .pending = rate(dice, 100'000),
        .yes_after_no = rate(dice, 500'000),
        .invisible = rate(dice, 500'000),
        .returned = rate(dice, 200'000),
        .disputed = rate(dice, 100'000),
        .hook_lost = rate(dice, 500'000),
        .hook_twice = rate(dice, 200'000),
        .hook_late = rate(dice, 200'000),
        .hook_forged = rate(dice, 50'000),
        .hook_lies = rate(dice, 50'000),
        .crash = rate(dice, 2'000),
        .pause = rate(dice, 1'000),
        .client_hurries = rate(dice, 100'000),
        .client_leaves = rate(dice, 50'000),
        .outages = static_cast<int>(dice.below(3)),
    };
}

}  // namespace

Profile draw_profile(Dice& dice) {
    Profile profile{
        .processes = static_cast<std::uint32_t>(dice.between(1, 4)),
        .payments = static_cast<int>(dice.between(50, 350)),
        .duration = dice.between(1min, 30min),
        .poll = dice.between(500ms, 5s),
        .answer_time = dice.below(2) == 0 ? 20s : 5s,
        .lease_extra = {},
        .network_life = {},
        .pause_max = 90s,
        .skew_max = dice.below(2) == 0 ? 0s : 1s,
        .key_window = 24h,
        .visibility = dice.between(0s, 2min),
        .outage_max = 5min,
        .decision_max = 30h,
        .authorization_life = dice.between(24h, 72h),
        .increments = dice.below(2) == 0,
        .forgets_declines = false,
        .faults = draw_faults(dice),
    };
    // What the margin of the key window has to cover: the way of a request, a pause between the
    // decision and the send, two clocks. Who breaks that breaks the assumption H3 of
    // docs/simulation.md, not the design.
    profile.network_life = profile.answer_time + 4s;
    profile.lease_extra = 30s - profile.answer_time;
    if (dice.below(4) == 0) {
        profile.key_window = dice.between(2min, 20min);
        // The provider may be away, and hide what it did, until it has forgotten our key.
        profile.outage_max = profile.key_window * 2;
        profile.visibility = dice.between(0s, profile.key_window * 3);
        profile.faults.outages += 3;
        profile.decision_max = 2h;
        profile.faults.invisible = std::max<Rate>(profile.faults.invisible, 400'000);
        profile.pause_max = 30s - profile.network_life - 2 * profile.skew_max - 1s;
    }
    // A provider that does not remember its no is found out by the process that hears the yes:
    // so that one lives, and the database answers it.
    if (dice.below(10) == 0) {
        auto& faults = profile.faults;
        profile.forgets_declines = true;
        faults.crash = faults.reply_lost = faults.error_after = faults.duplicated = faults.late = 0;
        faults.database_refused = faults.database_lost = faults.database_late = 0;
        faults.database_conflict = faults.pending = faults.yes_after_no = 0;
        faults.outages = 0;
        faults.pause = std::max<Rate>(faults.pause, 5'000);
        faults.declined = std::max<Rate>(faults.declined, 300'000);
    }
    return profile;
}

}  // namespace florin::simulator
