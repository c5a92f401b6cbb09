#pragma once

// The audit in JSON: findings for programs and alarms, reports, the catalogue.

#include <string>

#include "audit/types.h"
#include "base/json.h"

namespace florin::audit {

void show(json::Writer& out, const Finding& finding);
void show(json::Writer& out, const Stakes& stakes);
std::string show(const Report& report);
std::string show_catalogue();
// The body that the alarm URL gets. `at`: when it was seen.
std::string show_alarm(const Finding& finding, Instant at);

// For people: "12.34 EUR, 5 JPY".
std::string text(const Stakes& stakes);

}  // namespace florin::audit
