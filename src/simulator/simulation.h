#pragma once

// One seed from its beginning to its end.

#include <cstdint>
#include <string>
#include <vector>

#include "simulator/judge.h"
#include "simulator/planted.h"

namespace florin::simulator {

struct Verdict {
    Tally tally;
    std::vector<std::string> faults;  // In words; empty = the world ended well.
};

// `is_traced` prints the schedule to stdout.
Verdict simulate(std::uint64_t seed, Planted planted, bool is_traced);

}  // namespace florin::simulator
