#pragma once

// The only door to the time of day. Instants are UTC; the text form is RFC 3339 with milliseconds.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace florin {

using Instant = std::chrono::sys_time<std::chrono::microseconds>;
using Deadline = std::chrono::steady_clock::time_point;

Instant now();
Deadline deadline_in(std::chrono::milliseconds time);
// The monotonic clock: for durations and deadlines, never stored.
Deadline monotonic_now();

// "2026-11-20T23:34:38.120Z"
std::string to_text(Instant instant);
// The same form, with or without the fraction; nothing else.
std::optional<Instant> instant_from(std::string_view text);

}  // namespace florin
