#pragma once

// The way of a payout to its seller, as data: every step is held against this table, see
// domain/payment.h. Silence of a rail is `unknown` and never an end.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/transitions.h"

namespace florin::payout {

enum class Status : std::uint8_t {
    awaiting_approval,  // Above the limit: a second person has to say yes.
    approved,           // To be sent.
    sending,            // On its way to the rail, or nobody knows yet whether it got there.
    unknown,            // The rail did not answer; money may have moved.
    in_transit,         // The rail has it.
    paid,               // The seller has it, as far as the rail knows.
    failed,             // The rail will not. The seller is owed it again.
    canceled,           // Rejected, canceled before it left, or recalled. As failed.
    returned,           // The seller's bank sent it back. As failed.
    netted,             // Nothing was left to pay after debts and the reserve.
    count,
};

// What can happen; the type of the event is "payout." and this word.
enum class Event : std::uint8_t {
    approved,          // By a second person.
    rejected,          // By a second person.
    canceled,          // Before it left.
    exported,          // In a file for the bank.
    sent,              // To the rail; written before the first byte leaves.
    not_sent,          // No byte left, or the rail said that nothing was done.
    outcome_unknown,   // No answer, or one that nobody understands.
    accepted,          // The rail has it and will say more.
    paid,              // The rail's yes.
    failed,            // The rail's definite no.
    recall_requested,  // We asked for it back.
    recalled,          // It came back because we asked.
    returned,          // The seller's bank sent it back, perhaps days later.
    count,
};

// clang-format off
inline constexpr auto kTransitions = std::to_array<Transition<Status, Event>>({
    {Status::awaiting_approval, Event::approved, Status::approved},
    {Status::awaiting_approval, Event::rejected, Status::canceled},
    {Status::awaiting_approval, Event::canceled, Status::canceled},

    {Status::approved, Event::canceled, Status::canceled},
    {Status::approved, Event::exported, Status::in_transit},
    {Status::approved, Event::sent, Status::sending},

    {Status::sending, Event::not_sent, Status::approved},
    {Status::sending, Event::outcome_unknown, Status::unknown},
    {Status::sending, Event::accepted, Status::in_transit},
    {Status::sending, Event::paid, Status::paid},
    {Status::sending, Event::failed, Status::failed},

    {Status::unknown, Event::sent, Status::sending},  // The same key once more.
    {Status::unknown, Event::outcome_unknown, Status::unknown},
    {Status::unknown, Event::accepted, Status::in_transit},
    {Status::unknown, Event::paid, Status::paid},
    {Status::unknown, Event::failed, Status::failed},
    {Status::unknown, Event::recall_requested, Status::unknown},

    {Status::in_transit, Event::paid, Status::paid},
    {Status::in_transit, Event::failed, Status::failed},
    {Status::in_transit, Event::returned, Status::returned},  // We never heard that it was paid.
    {Status::in_transit, Event::recall_requested, Status::in_transit},
    {Status::in_transit, Event::recalled, Status::canceled},

    {Status::paid, Event::returned, Status::returned},
});
// clang-format on

static_assert(is_deterministic(kTransitions));
static_assert(is_final(kTransitions, Status::failed) && is_final(kTransitions, Status::canceled) &&
              is_final(kTransitions, Status::returned) && is_final(kTransitions, Status::netted));
// What nobody knows is never taken for a no by itself, and what was sent is not canceled.
static_assert(!next(kTransitions, Status::unknown, Event::not_sent));
static_assert(!next(kTransitions, Status::sending, Event::canceled) &&
              !next(kTransitions, Status::unknown, Event::canceled) &&
              !next(kTransitions, Status::in_transit, Event::canceled));

inline constexpr std::array<std::string_view, static_cast<std::size_t>(Status::count)>
    kStatusNames = {"awaiting_approval", "approved", "sending", "unknown",
                    "in_transit",        "paid",     "failed",  "canceled",
                    "returned",          "netted"};

constexpr std::string_view name(Status status) {
    return kStatusNames[static_cast<std::size_t>(status)];
}

constexpr std::optional<Status> status_from(std::string_view text) {
    for (std::size_t i = 0; i < kStatusNames.size(); ++i) {
        if (kStatusNames[i] == text) return static_cast<Status>(i);
    }
    return std::nullopt;
}

inline constexpr std::array<std::string_view, static_cast<std::size_t>(Event::count)> kEventNames =
    {"approved",         "rejected",        "canceled", "exported", "sent",
     "not_sent",         "outcome_unknown", "accepted", "paid",     "failed",
     "recall_requested", "recalled",        "returned"};

constexpr std::string_view name(Event event) {
    return kEventNames[static_cast<std::size_t>(event)];
}

}  // namespace florin::payout
