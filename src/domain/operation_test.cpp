// Goal: pin the whole behaviour of the operation machine, the allowed and the forbidden, in a form
// a product owner can read. Method: draw next() for every state and event and compare with the
// picture below. A dot is a refusal. A new state or event fails here until it is drawn.

#include "domain/operation.h"

#include <gtest/gtest.h>

#include <string>

namespace florin::operation {
namespace {

std::string cell(std::string_view text) {
    std::string out(text);
    out.resize(16, ' ');
    return out;
}

// All states against the four events from `first` on.
std::string drawing(std::size_t first) {
    std::string out;
    for (std::size_t s = 0; s < kStates; ++s) {
        auto line = cell(kStateNames[s]);
        for (auto e = first; e < first + 4; ++e) {
            const auto to = next(static_cast<State>(s), static_cast<Event>(e));
            line += cell(to ? name(*to) : ".");
        }
        out += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
    }
    return out;
}

TEST(OperationMachine, AllowsExactlyThis) {
    static_assert(kEvents == 12);
    // clang-format off
    //  state           send            succeed         decline         accept
    EXPECT_EQ(drawing(0),
        "ready           sending         .               .               .\n"
        "sending         .               succeeded       declined        pending\n"
        "succeeded       .               .               .               .\n"
        "declined        .               succeeded       .               .\n"
        "pending         .               succeeded       declined        .\n"
        "not_sent        sending         .               .               .\n"
        "unknown         unknown         succeeded       declined        pending\n"
        "not_found_wait  .               .               .               .\n"
        "fencing         .               succeeded       declined        fencing\n"
        "reversing       reversing       .               declined        .\n");
    //  state           miss            lose            give_up         not_found
    EXPECT_EQ(drawing(4),
        "ready           .               .               declined        .\n"
        "sending         not_sent        unknown         .               .\n"
        "succeeded       .               .               .               .\n"
        "declined        .               .               .               .\n"
        "pending         .               .               .               .\n"
        "not_sent        .               .               declined        .\n"
        "unknown         unknown         unknown         .               not_found_wait\n"
        "not_found_wait  .               not_found_wait  .               not_found_wait\n"
        "fencing         fencing         fencing         .               fencing\n"
        "reversing       reversing       reversing       .               .\n");
    //  state           appear          prove_absent    fence           reverse
    EXPECT_EQ(drawing(8),
        "ready           .               .               .               .\n"
        "sending         .               .               .               .\n"
        "succeeded       .               .               .               .\n"
        "declined        .               .               .               .\n"
        "pending         .               .               fencing         .\n"
        "not_sent        .               .               .               .\n"
        "unknown         .               .               fencing         reversing\n"
        "not_found_wait  unknown         declined        .               .\n"
        "fencing         .               .               .               .\n"
        "reversing       .               .               .               .\n");
    // clang-format on
}

TEST(OperationMachine, StoredNumbersNeverChange) {
    EXPECT_EQ(static_cast<int>(State::ready), 0);
    EXPECT_EQ(static_cast<int>(State::sending), 1);
    EXPECT_EQ(static_cast<int>(State::succeeded), 2);
    EXPECT_EQ(static_cast<int>(State::declined), 3);
    EXPECT_EQ(static_cast<int>(State::pending), 4);
    EXPECT_EQ(static_cast<int>(State::not_sent), 5);
    EXPECT_EQ(static_cast<int>(State::unknown), 6);
    EXPECT_EQ(static_cast<int>(State::not_found_wait), 7);
    EXPECT_EQ(static_cast<int>(State::fencing), 8);
    EXPECT_EQ(static_cast<int>(State::reversing), 9);
}

TEST(OperationMachine, NamesAndNumbersLeadBack) {
    for (std::size_t s = 0; s < kStates; ++s) {
        const auto state = static_cast<State>(s);
        EXPECT_EQ(state_from(name(state)), state);
        EXPECT_EQ(state_from(static_cast<int>(s)), state);
    }
    EXPECT_EQ(name(State::not_found_wait), "not_found_wait");
    EXPECT_EQ(name(Event::prove_absent), "prove_absent");
    EXPECT_FALSE(state_from("READY"));
    EXPECT_FALSE(state_from(""));
    EXPECT_FALSE(state_from(-1));
    EXPECT_FALSE(state_from(static_cast<int>(kStates)));
}

}  // namespace
}  // namespace florin::operation
