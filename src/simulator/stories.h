#pragma once

// What shops do with payments: a table. A new action of the product needs a row here, a word in
// provider.cpp for what it does to money, and one in judge.cpp for what it does to the counters.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "connectors/types.h"

namespace florin::simulator {

using connectors::Action;

// One request about a payment that exists.
struct Move {
    Action action;
    int percent;  // Of the first amount; 0 = all that is left. Of an adjustment: the new one.
    bool is_final = true;  // A capture: the rest is given back.
    bool races = false;    // It is sent together with the move before it.
    bool undo = false;     // Cancel or refund, whichever it takes.
};

enum class Opening {
    once,
    twice,   // Two requests with one key, at the same moment.
    reused,  // The second of them with another body: only one of the two may have the key.
};

struct Story {
    std::string_view name;
    std::uint32_t weight;
    bool capture_later;
    Opening opening;
    std::span<const Move> moves;
    int attempts = 0;        // With another method, after a no.
    bool impatient = false;  // The moves come although nobody knows yet.
};

// clang-format off
inline constexpr Move kRefundAll[]      = {{Action::refund, 0}};
inline constexpr Move kRefundParts[]    = {{Action::refund, 30}, {Action::refund, 30}, {Action::refund, 0}};
inline constexpr Move kRefundRace[]     = {{Action::refund, 60}, {Action::refund, 60, true, true}, {Action::refund, 60, true, true}};
inline constexpr Move kRefundTwins[]    = {{Action::refund, 40}, {Action::refund, 40, true, true}, {Action::refund, 40}};
inline constexpr Move kCapture[]        = {{Action::capture, 0}};
inline constexpr Move kCaptureLess[]    = {{Action::capture, 70}, {Action::refund, 20}};
inline constexpr Move kCaptureParts[]   = {{Action::capture, 30, false}, {Action::capture, 30, false}, {Action::capture, 0}, {Action::refund, 50}};
inline constexpr Move kCaptureRace[]    = {{Action::capture, 60, false}, {Action::capture, 60, false, true}, {Action::cancel, 0}};
inline constexpr Move kCancel[]         = {{Action::cancel, 0}};
inline constexpr Move kCancelTwice[]    = {{Action::cancel, 0}, {Action::cancel, 0, true, true}, {Action::cancel, 0}};
inline constexpr Move kCancelRace[]     = {{Action::capture, 0}, {Action::cancel, 0, true, true}};
inline constexpr Move kPartThenCancel[] = {{Action::capture, 40, false}, {Action::cancel, 0}, {Action::refund, 0}};
inline constexpr Move kMixedRace[]      = {{Action::capture, 50, false}, {Action::refund, 20}, {Action::capture, 0, true, true}, {Action::refund, 30, true, true}, {Action::cancel, 0, true, true}};
inline constexpr Move kPartOnly[]       = {{Action::capture, 40, false}};
inline constexpr Move kAdjustUp[]       = {{Action::adjust, 130}, {Action::capture, 0}, {Action::refund, 40}};
inline constexpr Move kAdjustDown[]     = {{Action::adjust, 60}, {Action::capture, 0}};
inline constexpr Move kAdjustTwice[]    = {{Action::adjust, 70}, {Action::adjust, 120}, {Action::capture, 0}, {Action::refund, 0}};
inline constexpr Move kAdjustRace[]     = {{Action::adjust, 150}, {Action::adjust, 50, true, true}, {Action::capture, 0, true, true}, {Action::cancel, 0, true, true}};
inline constexpr Move kAdjustOnly[]     = {{Action::adjust, 80}};
inline constexpr Move kUndo[]           = {{.action = Action::cancel, .percent = 0, .undo = true}};
inline constexpr Move kPartThenUndo[]   = {{Action::capture, 40, false}, {.action = Action::cancel, .percent = 0, .undo = true}};
inline constexpr Move kUndoRace[]       = {{Action::capture, 50, false}, {Action::capture, 0, true, true}, {.action = Action::cancel, .percent = 0, .races = true, .undo = true}};

inline constexpr auto kStories = std::to_array<Story>({
    {"sale",                           60, false, Opening::once,   {}},
    {"sale, key sent twice",            5, false, Opening::twice,  {}},
    {"sale, key used again",            3, false, Opening::reused, {}},
    {"sale, refund of all",             8, false, Opening::once,   kRefundAll},
    {"sale, refunds in parts",          5, false, Opening::once,   kRefundParts},
    {"sale, three refunds of 60 race",  6, false, Opening::twice,  kRefundRace},
    {"sale, two equal refunds",         4, false, Opening::once,   kRefundTwins},
    {"capture",                        10, true,  Opening::once,   kCapture},
    {"capture of less, refund",         5, true,  Opening::once,   kCaptureLess},
    {"captures in parts, refund",       6, true,  Opening::once,   kCaptureParts},
    {"two captures race, cancel",       5, true,  Opening::once,   kCaptureRace},
    {"cancel",                          5, true,  Opening::twice,  kCancel},
    {"capture and cancel race",         5, true,  Opening::once,   kCancelRace},
    {"part, cancel of the rest",        4, true,  Opening::once,   kPartThenCancel},
    {"all of it at once",               4, true,  Opening::once,   kMixedRace},
    {"a second attempt",                8, false, Opening::once,   kRefundAll, 3},
    {"a second attempt, capture",       5, true,  Opening::once,   kCapture, 3},
    {"sale, canceled meanwhile",        6, false, Opening::once,   kCancelTwice, 2, true},
    {"authorization, canceled meanwhile", 6, true, Opening::once,  kCancelTwice, 2, true},
    {"nobody captures",                 5, true,  Opening::once,   {}},
    {"nobody captures the rest",        3, true,  Opening::once,   kPartOnly},
    {"more, then capture",              4, true,  Opening::once,   kAdjustUp},
    {"less, then capture",              4, true,  Opening::once,   kAdjustDown},
    {"two adjustments",                 4, true,  Opening::once,   kAdjustTwice},
    {"adjustments, capture, cancel race", 4, true, Opening::once,  kAdjustRace},
    {"less, and nobody captures",       3, true,  Opening::once,   kAdjustOnly},
    {"undo of a sale",                  4, false, Opening::once,   kUndo},
    {"undo of an authorization",        4, true,  Opening::once,   kUndo},
    {"undo of a part",                  4, true,  Opening::once,   kPartThenUndo},
    {"undo races",                      3, true,  Opening::once,   kUndoRace},
});
// clang-format on

}  // namespace florin::simulator
