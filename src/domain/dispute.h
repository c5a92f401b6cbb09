#pragma once

// The life of a dispute: a bank wants a buyer's money back. The provider decides, we answer; every
// change of status is held against this table, as it is for payments (domain/payment.h).

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/transitions.h"

namespace florin::dispute {

enum class Status : std::uint8_t {
    inquiry,         // The bank asks first. No money has moved.
    inquiry_closed,  // It asked no further.
    needs_response,  // The money is taken; evidence can be sent until evidence_due_at.
    under_review,    // The bank reads the evidence.
    won,             // The money is back.
    lost,            // The money is gone.
    prevented,       // Settled by a refund before it became a dispute.
    expired,         // The time for evidence is over and nothing was said: the bank goes on alone.
    count,
};

// What can happen; the type of the event is "dispute." and this word. A dispute begins with
// "dispute.opened", whatever its status is by then.
enum class Event : std::uint8_t {
    escalated,       // The inquiry has become a dispute.
    evidence_taken,  // The bank has our evidence.
    needs_response,  // It wants more.
    won,
    lost,
    prevented,
    inquiry_closed,
    expired,           // The provider still waited for a response when the time was over.
    inquiry_reopened,  // There is time again to answer the inquiry.
    response_due,      // A warning: the time for evidence ends soon (payments/deadline.h).
    updated,  // The status is the same; the amount, the time for evidence or the money is another.
    count,
};

// The provider may move on by more than one step before we look, so a line may pass over statuses
// that nobody saw.
// clang-format off
inline constexpr auto kTransitions = std::to_array<Transition<Status, Event>>({
    {Status::inquiry, Event::escalated, Status::needs_response},
    {Status::inquiry, Event::evidence_taken, Status::under_review},
    {Status::inquiry, Event::inquiry_closed, Status::inquiry_closed},
    {Status::inquiry, Event::prevented, Status::prevented},
    {Status::inquiry, Event::won, Status::won},
    {Status::inquiry, Event::lost, Status::lost},
    {Status::inquiry, Event::expired, Status::expired},
    {Status::inquiry, Event::response_due, Status::inquiry},
    {Status::inquiry, Event::updated, Status::inquiry},

    {Status::needs_response, Event::evidence_taken, Status::under_review},
    {Status::needs_response, Event::won, Status::won},
    {Status::needs_response, Event::lost, Status::lost},
    {Status::needs_response, Event::prevented, Status::prevented},
    {Status::needs_response, Event::expired, Status::expired},
    {Status::needs_response, Event::response_due, Status::needs_response},
    {Status::needs_response, Event::updated, Status::needs_response},

    {Status::under_review, Event::needs_response, Status::needs_response},
    {Status::under_review, Event::won, Status::won},
    {Status::under_review, Event::lost, Status::lost},
    {Status::under_review, Event::updated, Status::under_review},

    // Our word, so the provider's counts for more: it may have had an answer of somebody else, or give
    // more time.
    {Status::expired, Event::needs_response, Status::needs_response},
    {Status::expired, Event::inquiry_reopened, Status::inquiry},
    {Status::expired, Event::evidence_taken, Status::under_review},
    {Status::expired, Event::inquiry_closed, Status::inquiry_closed},
    {Status::expired, Event::prevented, Status::prevented},
    {Status::expired, Event::won, Status::won},
    {Status::expired, Event::lost, Status::lost},
    {Status::expired, Event::updated, Status::expired},

    {Status::inquiry_closed, Event::escalated, Status::needs_response},  // The bank comes back.
    {Status::won, Event::lost, Status::lost},                            // Arbitration.
    {Status::lost, Event::won, Status::won},

    // The money often follows days after the word.
    {Status::inquiry_closed, Event::updated, Status::inquiry_closed},
    {Status::won, Event::updated, Status::won},
    {Status::lost, Event::updated, Status::lost},
    {Status::prevented, Event::updated, Status::prevented},
});
// clang-format on

// How the provider's new status is reached. Nothing: it is refused (an old story told late).
constexpr std::optional<Event> event_between(Status from, Status to) {
    for (const auto& row : kTransitions) {
        if (row.from == from && row.to == to && from != to) return row.on;
    }
    return std::nullopt;
}

// Not decided.
constexpr bool is_open(Status status) {
    return status == Status::inquiry || status == Status::needs_response ||
           status == Status::under_review || status == Status::expired;
}

// We can say something to it.
constexpr bool takes_reply(Status status) {
    return status == Status::inquiry || status == Status::needs_response;
}

inline constexpr std::array<std::string_view, static_cast<std::size_t>(Status::count)>
    kStatusNames = {"inquiry", "inquiry_closed", "needs_response", "under_review",
                    "won",     "lost",           "prevented",      "expired"};

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
    {"escalated",      "evidence_taken", "needs_response",   "won",          "lost",   "prevented",
     "inquiry_closed", "expired",        "inquiry_reopened", "response_due", "updated"};

constexpr std::string_view name(Event event) {
    return kEventNames[static_cast<std::size_t>(event)];
}

}  // namespace florin::dispute
