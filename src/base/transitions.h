#pragma once

// State machines as data: a table of transitions, and proofs about it that run in the compiler.
// State and Event are enums that count from 0 and end in `count`.

#include <array>
#include <cstddef>
#include <optional>

namespace florin {

template <class State, class Event>
struct Transition {
    State from;
    Event on;
    State to;
};

// Nothing: the event is refused in that state.
template <class State, class Event, std::size_t N>
constexpr std::optional<State> next(const std::array<Transition<State, Event>, N>& table,
                                    State from, Event event) {
    for (const auto& row : table) {
        if (row.from == from && row.on == event) return row.to;
    }
    return std::nullopt;
}

// No question has two answers.
template <class State, class Event, std::size_t N>
consteval bool is_deterministic(const std::array<Transition<State, Event>, N>& table) {
    for (std::size_t i = 0; i < N; ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            if (table[i].from == table[j].from && table[i].on == table[j].on) return false;
        }
    }
    return true;
}

// Every state can be reached from `start`.
template <class State, class Event, std::size_t N>
consteval bool is_connected(const std::array<Transition<State, Event>, N>& table, State start) {
    std::array<bool, static_cast<std::size_t>(State::count)> reached{};
    reached[static_cast<std::size_t>(start)] = true;
    for (bool grows = true; grows;) {
        grows = false;
        for (const auto& row : table) {
            auto& target = reached[static_cast<std::size_t>(row.to)];
            if (!reached[static_cast<std::size_t>(row.from)] || target) continue;
            target = grows = true;
        }
    }
    for (const bool state : reached) {
        if (!state) return false;
    }
    return true;
}

// Nothing leads out of it.
template <class State, class Event, std::size_t N>
consteval bool is_final(const std::array<Transition<State, Event>, N>& table, State state) {
    for (const auto& row : table) {
        if (row.from == state && row.to != state) return false;
    }
    return true;
}

}  // namespace florin
