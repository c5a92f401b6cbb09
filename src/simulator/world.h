#pragma once

// What all parts of one simulated world share. A world is made of a seed and nothing else.

#include <fmt/format.h>

#include <cstdio>
#include <string>

#include "simulator/database.h"
#include "simulator/judge.h"
#include "simulator/planted.h"
#include "simulator/profile.h"
#include "simulator/provider.h"
#include "simulator/scheduler.h"

namespace florin::simulator {

struct World {
    World(std::uint64_t seed, Planted planted, bool is_traced);

    // A line of the schedule, when it is wanted.
    template <class... Args>
    void trace(fmt::format_string<Args...> format, Args&&... args) {
        if (!traced) return;
        const auto text = fmt::format(format, std::forward<Args>(args)...);
        const auto process = scheduler.running().process;
        fmt::print("{} {} {}\n", to_text(scheduler.now()),
                   process == 0 ? "world    " : fmt::format("process {}", process), text);
    }

    Dice dice;
    Profile profile;
    Faults faults;  // Those of the profile; none any more when the world comes to rest.
    Planted planted;
    bool traced;
    Scheduler scheduler;
    Database database;
    Provider provider;
    Judge judge;
    Instant database_back, provider_back;  // The ends of their outages.
    std::function<void(connectors::Hint)> deliver_hook;
    MerchantId merchant;
};

}  // namespace florin::simulator
