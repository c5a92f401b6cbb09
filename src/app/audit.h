#pragma once

// The auditor as a process: its database, its event loop, its own port for metrics.

#include <functional>

#include "audit/types.h"
#include "platform/config/config.h"

namespace florin::app {

struct AuditOptions {
    bool writer_allowed = false;     // Go on although the role could write.
    std::size_t findings_max = 100;  // Kept of each check.
    int slots_max = kSlots;          // Looked at in one step.
};

// One pass over everything. `on_progress` hears how many slots are done. Failures: those of the
// schema, audit_may_write, audit_too_slow. Throws pg::Lost and pg::SqlError.
Result<audit::Report> audit_once(const Config& config, AuditOptions options,
                                 const std::function<void(int)>& on_progress);

// Until SIGINT or SIGTERM. `on_listening` is told the port of the metrics.
Result<void> audit_for_ever(const Config& config, AuditOptions options,
                            const std::function<void(std::uint16_t)>& on_listening);

}  // namespace florin::app
