// Goal: a breaker opens on what it says it opens on, lets one call find out, and closes again.
// Method: scripts of what happens when, and drawn ones for what must hold in any.

#include "limits/breaker.h"

#include <gtest/gtest.h>

namespace florin::limits {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Deadline kStart = Deadline{} + std::chrono::hours(1);

// One call from beginning to end; false = it did not pass.
bool call(Breaker& breaker, bool failed, Deadline now) {
    if (!breaker.lets_pass(now)) return false;
    breaker.note(failed, breaker.era(), now);
    return true;
}

Breaker opened(Deadline at) {
    Breaker breaker;
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(call(breaker, true, at));
    EXPECT_EQ(breaker.circuit(), Circuit::open);
    return breaker;
}

TEST(Breaker, OpensAfterFailuresInARow) {
    Breaker breaker;
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 9; ++i) EXPECT_TRUE(call(breaker, true, kStart + seconds(round * 60)));
        EXPECT_TRUE(call(breaker, false, kStart + seconds(round * 60)));
    }
    EXPECT_EQ(breaker.circuit(), Circuit::closed) << "one success in between";
    const auto later = kStart + seconds(300);
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(call(breaker, true, later));
    EXPECT_EQ(breaker.circuit(), Circuit::open);
    EXPECT_FALSE(call(breaker, false, later + milliseconds(999)));
    EXPECT_TRUE(breaker.would_pass(later + seconds(1)));
}

TEST(Breaker, OpensWhenHalfOfManyFail) {
    Breaker breaker;
    for (int i = 0; i < 19; ++i) EXPECT_TRUE(call(breaker, i % 2 == 1, kStart));
    EXPECT_EQ(breaker.circuit(), Circuit::closed) << "too few to say";
    EXPECT_TRUE(call(breaker, true, kStart));
    EXPECT_EQ(breaker.circuit(), Circuit::open);
}

TEST(Breaker, ForgetsTheRatioAfterItsWindow) {
    Breaker breaker;
    for (int i = 0; i < 200; ++i)
        EXPECT_TRUE(call(breaker, i % 2 == 1, kStart + seconds(i)));  // Ten in each window.
    EXPECT_EQ(breaker.circuit(), Circuit::closed);
}

TEST(Breaker, OneCallTriesAndAYesCloses) {
    auto breaker = opened(kStart);
    const auto later = kStart + seconds(1);
    EXPECT_TRUE(breaker.lets_pass(later));
    EXPECT_EQ(breaker.circuit(), Circuit::half_open);
    EXPECT_FALSE(breaker.lets_pass(later)) << "one at a time";
    breaker.note(false, breaker.era(), later);
    EXPECT_EQ(breaker.circuit(), Circuit::closed);
    for (int i = 0; i < 9; ++i) EXPECT_TRUE(call(breaker, true, later)) << "it starts afresh";
}

TEST(Breaker, EachProbeThatFailsDoublesTheTime) {
    auto breaker = opened(kStart);
    auto now = kStart;
    for (const int wait : {1, 2, 4, 8, 16, 30, 30}) {
        EXPECT_FALSE(breaker.lets_pass(now + seconds(wait) - milliseconds(1)));
        now += seconds(wait);
        EXPECT_TRUE(call(breaker, true, now));
        EXPECT_EQ(breaker.circuit(), Circuit::open);
    }
    EXPECT_TRUE(call(breaker, false, now + seconds(30)));
    EXPECT_EQ(breaker.circuit(), Circuit::closed);
}

TEST(Breaker, WhatLeftBeforeItOpenedSaysNothing) {
    Breaker breaker;
    EXPECT_TRUE(breaker.lets_pass(kStart));
    const auto old = breaker.era();
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(call(breaker, true, kStart));
    breaker.note(false, old, kStart);
    EXPECT_EQ(breaker.circuit(), Circuit::open);
    EXPECT_TRUE(breaker.lets_pass(kStart + seconds(1)));
    breaker.note(true, old, kStart + seconds(1));
    EXPECT_EQ(breaker.circuit(), Circuit::half_open) << "the probe decides";
}

TEST(Breaker, AProbeThatNeverReturnsIsGivenUp) {
    auto breaker = opened(kStart);
    EXPECT_TRUE(breaker.lets_pass(kStart + seconds(1)));
    EXPECT_FALSE(breaker.lets_pass(kStart + seconds(60)));
    EXPECT_TRUE(breaker.lets_pass(kStart + seconds(61)));
}

}  // namespace
}  // namespace florin::limits
