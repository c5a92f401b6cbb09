// Goal: one spelling of time goes out, and only RFC 3339 in UTC comes in. Method: tables.

#include "base/clock.h"

#include <gtest/gtest.h>

namespace florin {
namespace {

using std::chrono::microseconds;

TEST(Clock, WritesMillisecondsAndReadsUpToSixDigits) {
    const std::tuple<std::string_view, std::int64_t, std::string_view> rows[] = {
        {"1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00.000Z"},
        {"2026-11-20T23:34:38.120Z", 1'795'217'678'120'000, "2026-11-20T23:34:38.120Z"},
        {"2026-11-20T23:34:38.1Z", 1'795'217'678'100'000, "2026-11-20T23:34:38.100Z"},
        {"2026-11-20T23:34:38.123456Z", 1'795'217'678'123'456, "2026-11-20T23:34:38.123Z"},
        {"2024-02-29T12:00:00Z", 1'709'208'000'000'000, "2024-02-29T12:00:00.000Z"},
        {"1969-12-31T23:59:59.999999Z", -1, "1969-12-31T23:59:59.999Z"},
    };
    for (const auto& [text, micros, shown] : rows) {
        const auto instant = instant_from(text);
        ASSERT_TRUE(instant) << text;
        EXPECT_EQ(instant->time_since_epoch(), microseconds(micros)) << text;
        EXPECT_EQ(to_text(*instant), shown);
    }
}

TEST(Clock, RefusesWhatIsNotATimeInUtc) {
    for (const auto* text : {"",
                             "now",
                             "2026-11-20",
                             "2026-11-20T23:34:38",
                             "2026-11-20 23:34:38Z",
                             "2026-11-20T23:34:38+00:00",
                             "2026-11-20T23:34:38z",
                             "2026-11-20t23:34:38Z",
                             "2026-13-01T00:00:00Z",
                             "2026-02-29T00:00:00Z",
                             "2026-11-31T00:00:00Z",
                             "2026-00-10T00:00:00Z",
                             "2026-11-20T24:00:00Z",
                             "2026-11-20T23:60:00Z",
                             "2026-11-20T23:59:60Z",
                             "2026-11-20T23:34:38.Z",
                             "2026-11-20T23:34:38.1234567Z",
                             "2026-11-20T23:34:38.12 Z",
                             "2026-11-20T23:34:38.-12Z",
                             "+026-11-20T23:34:38Z",
                             "2026-11-20T23:34:38ZZ",
                             " 2026-11-20T23:34:38Z",
                             "2026/11/20T23:34:38Z"}) {
        EXPECT_FALSE(instant_from(text)) << text;
    }
}

TEST(Clock, TheMonotonicClockDoesNotGoBack) {
    const auto first = monotonic_now();
    EXPECT_GE(monotonic_now(), first);
    EXPECT_GE(deadline_in(std::chrono::milliseconds(5)) - first, std::chrono::milliseconds(5));
}

}  // namespace
}  // namespace florin
