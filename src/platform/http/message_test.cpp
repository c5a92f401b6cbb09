// Goal: requests taken apart and put together without loss or trick. Method: tables, and every byte
// through the percent-encoding.

#include "platform/http/message.h"

#include <gtest/gtest.h>

namespace florin::http {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

TEST(Headers, CompareWithoutCaseAndKeepWhatComesTwice) {
    Headers headers;
    headers.add("Content-Type", "a");
    headers.add("content-type", "b");
    EXPECT_EQ(headers.get("CONTENT-TYPE"), "a");
    EXPECT_EQ(headers.count("Content-type"), 2U);
    EXPECT_EQ(headers.get("Content"), "");
    EXPECT_EQ(headers.count("X"), 0U);
    headers.set("CONTENT-TYPE", "c");
    headers.set("New", "d");
    EXPECT_EQ(headers.get("Content-Type"), "c");
    EXPECT_EQ(headers.all().size(), 3U);
}

TEST(PercentEncoding, EveryByteComesBack) {
    std::string all;
    for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
    const auto encoded = percent_encode(all);
    for (const char c : encoded) EXPECT_TRUE(c > ' ' && c < '\x7f');
    for (const char c : std::string_view("&=+#?/ ")) EXPECT_EQ(encoded.find(c), std::string::npos);
    std::string back;
    ASSERT_TRUE(percent_decode(encoded, back, true));
    EXPECT_EQ(back, all);
}

TEST(PercentDecoding, RefusesBrokenEscapes) {
    std::string out;
    for (const auto* text : {"%", "%4", "%zz", "a%4", "%%41", "%-1", "% 1"})
        EXPECT_FALSE(percent_decode(text, out, false)) << text;
    EXPECT_TRUE(percent_decode("%41%6a%6A+", out, false));
    EXPECT_EQ(out, "Ajj+");
    EXPECT_TRUE(percent_decode("a+b", out, true));
    EXPECT_EQ(out, "a b");
}

TEST(SplitTarget, PathAndQuery) {
    struct Row {
        std::string_view target;
        std::string path;
        Pairs query;
        bool readable;
    };
    const Row rows[] = {
        {"/v1/payments", "/v1/payments", {}, true},
        {"/v1/payments?", "/v1/payments", {}, true},
        {"/v1/payments?limit=3&a", "/v1/payments", {{"limit", "3"}, {"a", ""}}, true},
        {"/x?a=1&&a=2", "/x", {{"a", "1"}, {"a", "2"}}, true},
        {"/x?created%5Bgte%5D=2026-01-01T00%3A00%3A00Z",
         "/x",
         {{"created[gte]", "2026-01-01T00:00:00Z"}},
         true},
        {"/x?a=b=c?d", "/x", {{"a", "b=c?d"}}, true},
        {"/a%2Fb+c", "/a/b+c", {}, true},
        {"/%zz", "/", {}, false},
        {"/x?a=%", "/x", {}, false},
    };
    for (const auto& row : rows) {
        const auto target = split_target(row.target);
        EXPECT_EQ(target.path, row.path) << row.target;
        EXPECT_EQ(target.query, row.query) << row.target;
        EXPECT_EQ(target.readable, row.readable) << row.target;
    }
}

TEST(ParseForm, DecodesNamesAndValues) {
    Pairs out;
    ASSERT_TRUE(parse_form("a%5B0%5D=x+y&b=%26", out));
    EXPECT_EQ(out, (Pairs{{"a[0]", "x y"}, {"b", "&"}}));
    EXPECT_FALSE(parse_form("%=1", out));
    EXPECT_TRUE(parse_form("", out));
    EXPECT_TRUE(out.empty());
}

}  // namespace
}  // namespace florin::http
