// Goal: sums and widths that are right beyond 64 bits and at their ends. Method: tables.

#include "audit/types.h"

#include <gtest/gtest.h>

namespace florin::audit {
namespace {

TEST(AuditDigits, AddUpWithoutAnEnd) {
    EXPECT_EQ(add_digits("0", "0"), "0");
    EXPECT_EQ(add_digits("", "12"), "12");
    EXPECT_EQ(add_digits("95", "5"), "100");
    EXPECT_EQ(add_digits("9223372036854775807", "9223372036854775807"), "18446744073709551614");
}

TEST(AuditDigits, AreShownInMajorUnits) {
    EXPECT_EQ(in_major_units("1234", "EUR"), "12.34");
    EXPECT_EQ(in_major_units("5", "EUR"), "0.05");
    EXPECT_EQ(in_major_units("0", "BHD"), "0.000");
    EXPECT_EQ(in_major_units("700", "JPY"), "700");
    EXPECT_EQ(in_major_units("700", ""), "700");
}

TEST(AuditVerdict, CountsAllAndKeepsTheFirst) {
    Verdict sum;
    merge(sum, {.count = 2, .findings = {{.slot = 1}, {.slot = 2}}, .at_stake = {{"EUR", "5"}}}, 3);
    merge(sum, {.count = 9, .findings = {{.slot = 3}, {.slot = 4}}, .at_stake = {{"EUR", "95"}}},
          3);
    EXPECT_EQ(sum.count, 11);
    EXPECT_EQ(sum.at_stake, (Stakes{{"EUR", "100"}}));
    ASSERT_EQ(sum.findings.size(), 3U);
    EXPECT_EQ(sum.findings.back().slot, 3);
}

TEST(AuditStride, FollowsTheSizeAndTheTime) {
    EXPECT_EQ(Stride(0, 1024).size(), 1024);
    EXPECT_EQ(Stride(0, 8).size(), 8);
    EXPECT_EQ(Stride(Stride::kRowsAtFirst * 16, 1024).size(), 64);
    EXPECT_EQ(Stride(1'000'000'000'000, 1024).size(), 1);
    Stride stride(Stride::kRowsAtFirst * 512, 1024);
    EXPECT_EQ(stride.size(), 2);
    for (int i = 0; i < 20; ++i) stride.took(0.01);
    EXPECT_EQ(stride.size(), 1024);
    stride.took(Stride::kStepSeconds * 0.75);
    EXPECT_EQ(stride.size(), 1024);
    stride.took(9);
    EXPECT_EQ(stride.size(), 512);
    int shrunk = 0;
    while (stride.shrink()) ++shrunk;
    EXPECT_EQ(stride.size(), 1);
    EXPECT_EQ(shrunk, 5);
}

}  // namespace
}  // namespace florin::audit
