#pragma once

// The life of one call to the outside world (authorize, capture, refund, payout and so on), as
// data. This table is the only place that says what may follow what: the engine, the resolver, the
// errors of the API, the drawing in the docs and the tests all read it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/transitions.h"

namespace florin::operation {

// The numbers are stored: never change one, never use one again.
enum class State : std::uint8_t {
    ready = 0,           // Recorded, amount reserved, provider's key derived. Nothing has left us.
    sending = 1,         // sent_at is committed; from here on bytes may have left.
    succeeded = 2,       // Proved and booked. Final.
    declined = 3,        // Proved that nothing happened outside. Reservation released.
    pending = 4,         // The provider took the order and will answer later.
    not_sent = 5,        // We know that nothing was executed. Same key, another try.
    unknown = 6,         // Money may have moved. Only proof leads out of here.
    not_found_wait = 7,  // The provider says that there is no such transaction. Not proof yet.
    fencing = 8,         // We are making success impossible at the provider.
    reversing = 9,       // An ISO 8583 reversal is queued and repeats until it is answered.
    count,
};

enum class Event : std::uint8_t {
    send,          // A worker holds the lease; written before the first byte, never after.
    succeed,       // An explicit yes: answer, status query or settlement line.
    decline,       // An explicit no, from the same witnesses.
    accept,        // The provider says: not decided yet.
    miss,          // Connect refused, TLS failed, circuit open, 429: nothing was executed.
    lose,          // Time-out, reset, 5xx, unreadable answer, our own crash.
    give_up,       // We withdraw it, or it grew too old.
    not_found,     // A status query says that there is no such transaction.
    appear,        // What was not found is there after all.
    prove_absent,  // Not found twice past the visibility window, nor in the settlement file since.
    fence,         // The buyer waits or wants another method: cancel the attempt at the provider.
    reverse,       // The reversal is queued durably.
    count,
};

inline constexpr std::size_t kStates = static_cast<std::size_t>(State::count);
inline constexpr std::size_t kEvents = static_cast<std::size_t>(Event::count);

inline constexpr auto kTransitions = std::to_array<Transition<State, Event>>({
    {State::ready, Event::send, State::sending},
    {State::ready, Event::give_up, State::declined},

    {State::sending, Event::succeed, State::succeeded},
    {State::sending, Event::decline, State::declined},
    {State::sending, Event::accept, State::pending},
    {State::sending, Event::miss, State::not_sent},
    {State::sending, Event::lose, State::unknown},

    {State::declined, Event::succeed, State::succeeded},  // Late: to suspense, with an incident.

    {State::pending, Event::succeed, State::succeeded},
    {State::pending, Event::decline, State::declined},
    {State::pending, Event::fence, State::fencing},

    {State::not_sent, Event::send, State::sending},
    {State::not_sent, Event::give_up, State::declined},

    {State::unknown, Event::send, State::unknown},  // A replay, where the connector allows it.
    {State::unknown, Event::succeed, State::succeeded},
    {State::unknown, Event::decline, State::declined},
    {State::unknown, Event::accept, State::pending},
    {State::unknown, Event::miss, State::unknown},  // Says nothing about the first send.
    {State::unknown, Event::lose, State::unknown},
    {State::unknown, Event::not_found, State::not_found_wait},
    {State::unknown, Event::fence, State::fencing},
    {State::unknown, Event::reverse, State::reversing},

    {State::not_found_wait, Event::lose, State::not_found_wait},  // The query itself failed.
    {State::not_found_wait, Event::not_found, State::not_found_wait},
    {State::not_found_wait, Event::appear, State::unknown},
    {State::not_found_wait, Event::prove_absent, State::declined},

    {State::fencing, Event::succeed, State::succeeded},
    {State::fencing, Event::decline, State::declined},
    {State::fencing, Event::accept, State::fencing},  // It goes on until there is proof.
    {State::fencing, Event::miss, State::fencing},
    {State::fencing, Event::lose, State::fencing},
    {State::fencing, Event::not_found, State::fencing},

    {State::reversing, Event::send, State::reversing},
    {State::reversing, Event::decline, State::declined},
    {State::reversing, Event::miss, State::reversing},
    {State::reversing, Event::lose, State::reversing},
});

constexpr std::optional<State> next(State from, Event event) {
    return florin::next(kTransitions, from, event);
}

static_assert(is_deterministic(kTransitions));
static_assert(is_connected(kTransitions, State::ready));
static_assert(is_final(kTransitions, State::succeeded));

// Once bytes may have left, nobody can wish the operation away, and silence never ends it.
consteval bool only_proof_ends(State state) {
    return !next(state, Event::give_up) && next(state, Event::miss) != State::not_sent &&
           next(state, Event::lose) != State::declined && !is_final(kTransitions, state);
}
static_assert(only_proof_ends(State::unknown) && only_proof_ends(State::pending));
static_assert(only_proof_ends(State::not_found_wait) && only_proof_ends(State::fencing));
static_assert(only_proof_ends(State::reversing));
static_assert(!next(State::sending, Event::give_up));
static_assert(next(State::sending, Event::lose) == State::unknown);
// A replay that could not be sent must not lead, by way of not_sent, to a give_up.
static_assert(next(State::unknown, Event::send) == State::unknown);
static_assert(next(State::unknown, Event::miss) == State::unknown);

// Ended for the buyer and the shop; a late success may still follow a decline.
constexpr bool is_settled(State state) {
    return state == State::succeeded || state == State::declined;
}

inline constexpr std::array<std::string_view, kStates> kStateNames = {
    "ready",    "sending", "succeeded",      "declined", "pending",
    "not_sent", "unknown", "not_found_wait", "fencing",  "reversing",
};

constexpr std::string_view name(State state) {
    return kStateNames[static_cast<std::size_t>(state)];
}

constexpr std::optional<State> state_from(std::string_view text) {
    for (std::size_t i = 0; i < kStates; ++i) {
        if (kStateNames[i] == text) return static_cast<State>(i);
    }
    return std::nullopt;
}

// From the number in the database.
constexpr std::optional<State> state_from(int number) {
    if (number < 0 || number >= static_cast<int>(kStates)) return std::nullopt;
    return static_cast<State>(number);
}

inline constexpr std::array<std::string_view, kEvents> kEventNames = {
    "send",    "succeed",   "decline", "accept",       "miss",  "lose",
    "give_up", "not_found", "appear",  "prove_absent", "fence", "reverse",
};

constexpr std::string_view name(Event event) {
    return kEventNames[static_cast<std::size_t>(event)];
}

}  // namespace florin::operation
