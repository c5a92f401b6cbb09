#pragma once

// The life of a payment as the shop sees it, as data. The status follows from the counters and from
// what is under way (payments/types.h, status_of); this table says which step may lead from one to
// the other, and every step is held against it. The tests, the refusals and the drawing in the docs
// are made of it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/transitions.h"

namespace florin::payment {

enum class Status : std::uint8_t {
    processing,          // The buyer's money is being asked for.
    requires_action,     // The buyer has to do something: authenticate, for instance.
    authorized,          // Reserved for us, not yet taken.
    partially_captured,  // A part is taken, more can be.
    succeeded,           // Taken, and nothing is left to take.
    canceling,           // What is reserved is being given back, or will not come to be.
    canceled,            // Given back, nothing was taken.
    failed,              // Refused. Another attempt may follow.
    expired,             // As canceled: nobody captured it in time, or the buyer did not act.
    count,
};

// What can happen; the type of the event is "payment." and this word.
enum class Event : std::uint8_t {
    requires_action,     // The provider waits for the buyer.
    pending,             // The provider takes its time.
    delayed,             // It could not be sent yet; it will be.
    retried,             // It is sent again.
    rerouted,            // One account did not execute it, for certain: another is asked.
    outcome_unknown,     // Nobody can tell yet whether money moved. Do not pay again.
    review_needed,       // A person should look.
    authorized,          // Yes to an authorization.
    succeeded,           // Yes, and all is taken that will be.
    partially_captured,  // Yes to a part.
    failed,              // No to the first step.
    attempt_started,     // Once more, perhaps with another payment method.
    capture_started,
    capture_failed,
    cancel_started,
    cancel_failed,
    canceled,
    adjust_started,  // The amount is being changed.
    adjust_failed,
    adjusted,
    expiring,      // Warning: it will be canceled soon if nobody captures it.
    expired,       // Canceled because its time was over.
    late_success,  // A yes after the proof of a no.
    count,
};

// clang-format off
inline constexpr auto kTransitions = std::to_array<Transition<Status, Event>>({
    {Status::processing, Event::requires_action, Status::requires_action},
    {Status::processing, Event::pending, Status::processing},
    {Status::processing, Event::delayed, Status::processing},
    {Status::processing, Event::retried, Status::processing},
    {Status::processing, Event::rerouted, Status::processing},
    {Status::processing, Event::outcome_unknown, Status::processing},
    {Status::processing, Event::review_needed, Status::processing},
    {Status::processing, Event::authorized, Status::authorized},
    {Status::processing, Event::succeeded, Status::succeeded},
    {Status::processing, Event::failed, Status::failed},
    {Status::processing, Event::late_success, Status::processing},
    {Status::processing, Event::cancel_started, Status::canceling},
    {Status::processing, Event::canceled, Status::canceled},  // Nothing was sent.

    {Status::requires_action, Event::requires_action, Status::requires_action},
    {Status::requires_action, Event::pending, Status::processing},
    {Status::requires_action, Event::authorized, Status::authorized},
    {Status::requires_action, Event::succeeded, Status::succeeded},
    {Status::requires_action, Event::failed, Status::failed},
    {Status::requires_action, Event::late_success, Status::requires_action},
    {Status::requires_action, Event::cancel_started, Status::canceling},

    {Status::authorized, Event::capture_started, Status::authorized},
    {Status::authorized, Event::adjust_started, Status::authorized},
    {Status::authorized, Event::cancel_started, Status::canceling},
    {Status::authorized, Event::requires_action, Status::authorized},
    {Status::authorized, Event::pending, Status::authorized},
    {Status::authorized, Event::delayed, Status::authorized},
    {Status::authorized, Event::retried, Status::authorized},
    {Status::authorized, Event::outcome_unknown, Status::authorized},
    {Status::authorized, Event::review_needed, Status::authorized},
    {Status::authorized, Event::capture_failed, Status::authorized},
    {Status::authorized, Event::adjust_failed, Status::authorized},
    {Status::authorized, Event::adjusted, Status::authorized},
    {Status::authorized, Event::partially_captured, Status::partially_captured},
    {Status::authorized, Event::succeeded, Status::succeeded},
    {Status::authorized, Event::expiring, Status::authorized},
    {Status::authorized, Event::expired, Status::expired},
    {Status::authorized, Event::late_success, Status::authorized},
    {Status::authorized, Event::late_success, Status::partially_captured},
    {Status::authorized, Event::late_success, Status::succeeded},

    {Status::partially_captured, Event::capture_started, Status::partially_captured},
    {Status::partially_captured, Event::cancel_started, Status::canceling},
    {Status::partially_captured, Event::requires_action, Status::partially_captured},
    {Status::partially_captured, Event::pending, Status::partially_captured},
    {Status::partially_captured, Event::delayed, Status::partially_captured},
    {Status::partially_captured, Event::retried, Status::partially_captured},
    {Status::partially_captured, Event::outcome_unknown, Status::partially_captured},
    {Status::partially_captured, Event::review_needed, Status::partially_captured},
    {Status::partially_captured, Event::capture_failed, Status::partially_captured},
    {Status::partially_captured, Event::partially_captured, Status::partially_captured},
    {Status::partially_captured, Event::succeeded, Status::succeeded},
    {Status::partially_captured, Event::expiring, Status::partially_captured},
    {Status::partially_captured, Event::late_success, Status::partially_captured},
    {Status::partially_captured, Event::late_success, Status::succeeded},

    {Status::canceling, Event::requires_action, Status::canceling},
    {Status::canceling, Event::pending, Status::canceling},
    {Status::canceling, Event::delayed, Status::canceling},
    {Status::canceling, Event::retried, Status::canceling},
    {Status::canceling, Event::outcome_unknown, Status::canceling},
    {Status::canceling, Event::review_needed, Status::canceling},
    {Status::canceling, Event::authorized, Status::canceling},  // The buyer was faster.
    {Status::canceling, Event::cancel_started, Status::canceling},
    {Status::canceling, Event::cancel_failed, Status::authorized},
    {Status::canceling, Event::cancel_failed, Status::partially_captured},
    {Status::canceling, Event::canceled, Status::canceled},
    {Status::canceling, Event::expired, Status::expired},
    {Status::canceling, Event::succeeded, Status::succeeded},
    {Status::canceling, Event::late_success, Status::canceling},

    // Only where nothing was ever authorized.
    {Status::canceled, Event::attempt_started, Status::processing},
    {Status::expired, Event::attempt_started, Status::processing},

    {Status::failed, Event::attempt_started, Status::processing},
    {Status::failed, Event::late_success, Status::failed},
    {Status::succeeded, Event::late_success, Status::succeeded},
    {Status::canceled, Event::late_success, Status::canceled},
    {Status::expired, Event::late_success, Status::expired},
});
// clang-format on

inline constexpr std::array<std::string_view, static_cast<std::size_t>(Status::count)>
    kStatusNames = {
        "processing",         "requires_action", "authorized",
        "partially_captured", "succeeded",       "canceling",
        "canceled",           "failed",          "expired",
};

constexpr std::string_view name(Status status) {
    return kStatusNames[static_cast<std::size_t>(status)];
}

inline constexpr std::array<std::string_view, static_cast<std::size_t>(Event::count)> kEventNames =
    {
        "requires_action", "pending",
        "delayed",         "retried",
        "rerouted",        "outcome_unknown",
        "review_needed",   "authorized",
        "succeeded",       "partially_captured",
        "failed",          "attempt_started",
        "capture_started", "capture_failed",
        "cancel_started",  "cancel_failed",
        "canceled",        "adjust_started",
        "adjust_failed",   "adjusted",
        "expiring",        "expired",
        "late_success",
};

constexpr std::string_view name(Event event) {
    return kEventNames[static_cast<std::size_t>(event)];
}

}  // namespace florin::payment
