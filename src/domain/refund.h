#pragma once

// The life of a refund as the shop sees it, as data. Its status follows from its operation
// (payments/types.h, refund_status); every step is held against this table, see domain/payment.h.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/transitions.h"

namespace florin::refund {

enum class Status : std::uint8_t {
    approval_pending,  // Above the limit: it waits for a second person. Nothing was sent.
    pending,           // The money is on its way, as far as anybody can tell.
    succeeded,         // The provider has paid it out.
    failed,            // The provider will not. The amount can be refunded again.
    returned,          // The bank sent it back after it had been paid out.
    rejected,          // The second person said no. The amount can be refunded again.
    count,
};

// What can happen; the type of the event is "refund." and this word. A refund begins, pending, with
// "refund.created", or waiting with "refund.approval_pending", or together with the step that made
// it necessary.
enum class Event : std::uint8_t {
    approved,  // By another key than the one that asked; sent with it.
    rejected,
    started,  // One that began with another step is sent for the first time.
    requires_action,
    pending,
    delayed,
    retried,
    outcome_unknown,
    review_needed,
    succeeded,
    failed,
    late_success,
    returned,
    count,
};

// clang-format off
inline constexpr auto kTransitions = std::to_array<Transition<Status, Event>>({
    {Status::approval_pending, Event::approved, Status::pending},
    {Status::approval_pending, Event::rejected, Status::rejected},
    {Status::pending, Event::started, Status::pending},
    {Status::pending, Event::requires_action, Status::pending},
    {Status::pending, Event::pending, Status::pending},
    {Status::pending, Event::delayed, Status::pending},
    {Status::pending, Event::retried, Status::pending},
    {Status::pending, Event::outcome_unknown, Status::pending},
    {Status::pending, Event::review_needed, Status::pending},
    {Status::pending, Event::succeeded, Status::succeeded},
    {Status::pending, Event::failed, Status::failed},
    {Status::succeeded, Event::returned, Status::returned},
    {Status::failed, Event::late_success, Status::succeeded},
    {Status::rejected, Event::late_success, Status::succeeded},  // Nobody sent it; a proof counts.
});
// clang-format on

inline constexpr std::array<std::string_view, static_cast<std::size_t>(Status::count)>
    kStatusNames = {"approval_pending", "pending", "succeeded", "failed", "returned", "rejected"};

constexpr std::string_view name(Status status) {
    return kStatusNames[static_cast<std::size_t>(status)];
}

inline constexpr std::array<std::string_view, static_cast<std::size_t>(Event::count)> kEventNames =
    {"approved", "rejected",     "started",         "requires_action", "pending",
     "delayed",  "retried",      "outcome_unknown", "review_needed",   "succeeded",
     "failed",   "late_success", "returned"};

constexpr std::string_view name(Event event) {
    return kEventNames[static_cast<std::size_t>(event)];
}

}  // namespace florin::refund
