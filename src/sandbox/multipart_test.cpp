// Multipart bodies: what clients send, and each way in which one is broken.

#include "sandbox/multipart.h"

#include <gtest/gtest.h>

namespace florin::sandbox {
namespace {

constexpr std::string_view kType = "multipart/form-data; boundary=b1";

std::string field(std::string_view name, std::string_view value) {
    return "--b1\r\nContent-Disposition: form-data; name=\"" + std::string(name) + "\"\r\n\r\n" +
           std::string(value) + "\r\n";
}

std::string with_header(std::string_view lines) {
    return "--b1\r\n" + std::string(lines) + "\r\n\r\nx\r\n--b1--\r\n";
}

// The sentence of the refusal; "" when it was read.
std::string refusal(std::string_view body, std::string_view type = kType) {
    const auto parts = parse_multipart(type, body);
    return parts ? "" : std::string(parts.error());
}

TEST(Multipart, ReadsFieldsAndFiles) {
    const std::string content("%PDF-\0\r\n--b\r\n\r\n--", 17);
    const auto body =
        field("purpose", "dispute_evidence") +
        "--b1\r\ncontent-disposition:form-data;name=file;filename=\"a \\\"b\\\".pdf\"\r\n"
        "Content-Type: application/pdf\r\nContent-Transfer-Encoding: binary\r\n\r\n" +
        content + "\r\n" + field("empty", "") + "--b1--";
    const auto parts = parse_multipart(kType, body);
    ASSERT_TRUE(parts) << parts.error();
    ASSERT_EQ(parts->size(), 3U);
    EXPECT_EQ(parts->at(0).name, "purpose");
    EXPECT_FALSE(parts->at(0).filename);
    EXPECT_EQ(parts->at(0).content, "dispute_evidence");
    EXPECT_EQ(parts->at(1).name, "file");
    EXPECT_EQ(parts->at(1).filename, "a \"b\".pdf");
    EXPECT_EQ(parts->at(1).content, content);
    EXPECT_EQ(parts->at(2).name, "empty");
    EXPECT_EQ(parts->at(2).content, "");
}

TEST(Multipart, TakesTheBoundaryFromTheContentType) {
    const auto body = field("a", "1") + "--b1--\r\n";
    for (const auto* type :
         {"multipart/form-data;boundary=b1", "Multipart/Form-Data; BOUNDARY=\"b1\"",
          "multipart/form-data; charset=utf-8; boundary=b1 "})
        EXPECT_EQ(refusal(body, type), "") << type;
    for (const auto* type :
         {"", "application/pdf; boundary=b1", "multipart/form-data",
          "multipart/form-data; boundary=", "multipart/form-data; boundary=\"",
          "multipart/form-data; boundary=b1;", "multipart/form-data boundary=b1",
          "multipart/form-data; boundary=b1; boundary=b1", "multipart/form-data; boundary=\"b1 \""})
        EXPECT_NE(refusal(body, type), "") << type;
    EXPECT_NE(refusal(body, "multipart/form-data; boundary=" + std::string(71, 'b')), "");
    EXPECT_NE(refusal(body, "multipart/form-data; boundary=b2"), "");
}

TEST(Multipart, RefusesWhatIsNotWhole) {
    const auto body = field("a", "1") + field("file", "2") + "--b1--\r\n";
    ASSERT_EQ(refusal(body), "");
    for (std::size_t size = 0; size < body.size() - 2; ++size)
        EXPECT_NE(refusal(body.substr(0, size)), "") << size;
    EXPECT_NE(refusal(" " + body), "");
    EXPECT_NE(refusal(body + "x"), "");
    EXPECT_NE(refusal("--b1--\r\n"), "");
    EXPECT_NE(refusal("--b1\r\n--b1--\r\n"), "");
    EXPECT_NE(refusal(field("a", "1\r\n--b1x") + "--b1--\r\n"), "");
}

TEST(Multipart, RefusesHeadersThatItDoesNotUnderstand) {
    ASSERT_EQ(refusal(with_header("Content-Disposition: form-data; name=a")), "");
    for (const std::string lines : {
             "Content-Type: text/plain",
             "Content-Disposition: attachment; name=a",
             "Content-Disposition: form-data",
             "Content-Disposition: form-data; name=\"\"",
             "Content-Disposition: form-data; name=\"a",
             "Content-Disposition: form-data; name=a; name=b",
             "Content-Disposition: form-data; name",
             "Content-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b",
             "Content-Disposition: form-data; name=\"a\nb\"",
             "Content-Disposition: form-data; name=\"a\rb\"",
             "Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64",
             "Content-Disposition: form-data; name=a\r\nno colon",
             "Content-Disposition: form-data; name=a\r\n: no name",
         })
        EXPECT_NE(refusal(with_header(lines)), "") << lines;
    EXPECT_NE(refusal(with_header(std::string("Content-Disposition: form-data; name=a\0", 39))),
              "");
}

TEST(Multipart, KeepsItsLimits) {
    std::string four;
    for (std::size_t i = 0; i < kPartsMax; ++i) four += field("a", "1");
    EXPECT_EQ(refusal(four + "--b1--"), "");
    EXPECT_EQ(refusal(four + field("a", "1") + "--b1--"), "The body has more than 4 parts.");
    const std::string start = "Content-Disposition: form-data; name=a\r\nX: ";
    const std::string longest(kPartHeaderBytesMax - start.size(), 'x');
    EXPECT_EQ(refusal(with_header(start + longest)), "");
    EXPECT_EQ(refusal(with_header(start + longest + "x")),
              "A part's header has no end, or more than 8192 bytes.");
}

}  // namespace
}  // namespace florin::sandbox
