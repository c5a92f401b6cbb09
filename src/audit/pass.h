#pragma once

// Walks over all slots step by step, each step as wide as the database is quick.

#include <functional>

#include "audit/reader.h"

namespace florin::audit {

// One look at the slots from `first` on; `last` tells how far it went.
struct Step {
    Slot first = 0, last = 0;
    double seconds = 0;
    std::vector<Verdict> verdicts;
};

// Failures: those of Reader::open, and audit_too_slow. Throws pg::Lost and pg::SqlError.
Task<Result<Step>> take_step(Reader& reader, Stride& stride, Slot first);

// All slots once, at most `slots_max` at a time. `on_progress` hears how many slots are done after
// each step; each check keeps `limit` findings.
Task<Result<Report>> full_pass(Reader& reader, std::function<void(int)> on_progress, int slots_max,
                               std::size_t limit);

}  // namespace florin::audit
