#pragma once

// The way of a payment order to its buyer, and of its money to the seller. The shop tells about the
// goods, time releases the money; every step is held against this table, see domain/payment.h.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/transitions.h"

namespace florin::shipment {

enum class Status : std::uint8_t {
    waiting,    // Nothing is shipped; what is captured is held in escrow.
    shipped,    // On its way.
    delivered,  // The buyer has it.
    released,   // The seller is owed what was held.
    returned,   // The goods came back: nothing more is released.
    count,
};

// What can happen; the type of the event is "payment_order." and this word.
enum class Event : std::uint8_t {
    shipped,
    delivered,
    returned,
    updated,   // The carrier, the tracking number, the evidence or the estimated delivery changed.
    released,  // Also of what was captured after the first release.
    count,
};

// clang-format off
inline constexpr auto kTransitions = std::to_array<Transition<Status, Event>>({
    {Status::waiting, Event::shipped, Status::shipped},
    {Status::waiting, Event::delivered, Status::delivered},  // Handed over, or nobody told before.
    {Status::shipped, Event::updated, Status::shipped},
    {Status::shipped, Event::delivered, Status::delivered},
    {Status::shipped, Event::returned, Status::returned},
    {Status::shipped, Event::released, Status::released},    // Nobody told of the delivery.
    {Status::delivered, Event::updated, Status::delivered},
    {Status::delivered, Event::returned, Status::returned},
    {Status::delivered, Event::released, Status::released},
    {Status::released, Event::updated, Status::released},
    {Status::released, Event::released, Status::released},
    {Status::released, Event::returned, Status::returned},
    {Status::returned, Event::updated, Status::returned},
    {Status::returned, Event::shipped, Status::shipped},     // Sent again.
});
// clang-format on

inline constexpr std::array<std::string_view, static_cast<std::size_t>(Status::count)>
    kStatusNames = {"waiting", "shipped", "delivered", "released", "returned"};

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
    {"shipped", "delivered", "returned", "updated", "released"};

constexpr std::string_view name(Event event) {
    return kEventNames[static_cast<std::size_t>(event)];
}

}  // namespace florin::shipment
