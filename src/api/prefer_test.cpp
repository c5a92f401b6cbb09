// Goal: a preference is read as RFC 7240 says, and one that cannot be read changes nothing. Method:
// a table of headers.

#include "api/prefer.h"

#include <gtest/gtest.h>

#include <vector>

namespace florin::api {
namespace {

http::Headers prefer(const std::vector<std::string>& values) {
    http::Headers headers;
    for (const auto& value : values) headers.add("prefer", value);
    return headers;
}

TEST(Prefer, WaitsAsManySecondsAsAsked) {
    const std::pair<std::vector<std::string>, int> rows[] = {
        {{"wait=10"}, 10},
        {{"WAIT=10"}, 10},
        {{" wait = 7 "}, 7},
        {{"wait=\"5\""}, 5},
        {{"wait=0"}, 0},
        {{"respond-async"}, 0},
        {{"Respond-Async; foo=\"a,b\""}, 0},
        {{"respond-async, wait=10"}, 10},
        {{"wait=10", "respond-async"}, 10},
        {{"return=minimal", "handling=lenient, wait=3; x"}, 3},
        {{"wait=1, wait=2"}, 1},
        {{"foo=\"wait=9\", wait=4"}, 4},
        {{R"(foo="\", wait=9", wait=4)"}, 4},
        {{"wait=60"}, 60},
        {{"wait=61"}, 60},
        {{"wait=99999999999999999999999999"}, 60},
    };
    for (const auto& [sent, seconds] : rows) {
        const auto wait = read_wait(prefer(sent));
        ASSERT_TRUE(wait) << sent.front();
        EXPECT_EQ(wait->time.count(), seconds) << sent.front();
    }
}

TEST(Prefer, WhatCannotBeReadIsNoPreference) {
    for (const auto* sent :
         {"", ",", ";", "=", "wait", "wait=", "wait=-1", "wait=+1", "wait=1.5", "wait=1s",
          "wait=\"", "wait=\"1", "waits=1", "wait 1", "x; wait=1", "x=\"wait=1", "wait=, wait=3"})
        EXPECT_FALSE(read_wait(prefer({sent}))) << sent;
    EXPECT_FALSE(read_wait({}));
}

TEST(Prefer, TheAnswerNamesWhatCounted) {
    const std::pair<std::string, std::string> rows[] = {{"wait=10", "wait=10"},
                                                        {"respond-async, wait=100", "wait=60"},
                                                        {"wait=0", "wait=0"},
                                                        {"RESPOND-ASYNC", "respond-async"}};
    for (const auto& [sent, applied] : rows) EXPECT_EQ(read_wait(prefer({sent}))->applied, applied);
}

}  // namespace
}  // namespace florin::api
