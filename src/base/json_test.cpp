// Goal: what the writer writes is JSON, whatever is put in. Method: golden texts, and every byte of
// a text read back by a parser that we did not write.

#include "base/json.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <limits>

namespace florin::json {
namespace {

TEST(Writer, PutsTheCommas) {
    Writer out;
    out.begin_object().field("a", 1).key("list").begin_array();
    out.value(true).null().begin_object().end_object().begin_array().end_array().value("x");
    out.end_array().field("b", "").field_if("left_out", "").field_if("kept", "y");
    out.key("raw").raw("[1]").end_object();
    EXPECT_EQ(out.text(), R"({"a":1,"list":[true,null,{},[],"x"],"b":"","kept":"y","raw":[1]})");
}

TEST(Writer, WritesWholeNumbersWhole) {
    Writer out;
    out.begin_array().value(std::numeric_limits<std::int64_t>::min());
    out.value(std::numeric_limits<std::uint64_t>::max()).value(std::int16_t{-1}).end_array();
    EXPECT_EQ(out.text(), "[-9223372036854775808,18446744073709551615,-1]");
}

TEST(AppendString, EveryCharacterComesBack) {
    std::string text = "é\u2028😀</script>";
    for (int c = 0; c < 128; ++c) text += static_cast<char>(c);
    std::string json;
    append_string(json, text);
    simdjson::dom::parser parser;
    std::string_view back;
    ASSERT_EQ(parser.parse(json).get(back), simdjson::SUCCESS) << json;
    EXPECT_EQ(back, text);
}

TEST(AppendString, EscapesWhatMustBe) {
    std::string out;
    append_string(out, "a\"b\\c\n\r\t\x01");
    EXPECT_EQ(out, R"("a\"b\\c\n\r\t\u0001")");
}

}  // namespace
}  // namespace florin::json
