// Goal: a client gets 304 exactly when it names the tag of what it would get. Method: tables of
// headers and answers.

#include "api/conditional.h"

#include <gtest/gtest.h>

#include "api/handlers.h"

namespace florin::api {
namespace {

TEST(Conditional, ATagIsNamedWholeOrNotAtAll) {
    for (const auto* list : {R"("17")", R"(W/"17")", R"("16", "17")", R"("16","17")", R"( "17" )",
                             R"("a,b", W/"c", "17", "18")", "*"})
        EXPECT_TRUE(names_etag(list, etag(17))) << list;
    for (const auto* list : {"", "17", R"("117")", R"("17)", R"("1", "7")", R"("16" 17 "18")",
                             R"(17", ")", "**", R"("")"})
        EXPECT_FALSE(names_etag(list, etag(17))) << list;
}

TEST(Conditional, TheSameBytesHaveTheSameTag) {
    auto one = json_response(200, "{}"), same = json_response(200, "{}");
    auto other = json_response(200, "[]");
    for (auto* response : {&one, &same, &other}) leave_out_what_is_known(*response, "");
    const std::string tag(one.headers.get("ETag"));
    EXPECT_EQ(tag.size(), 28U);
    EXPECT_EQ(same.headers.get("ETag"), tag);
    EXPECT_NE(other.headers.get("ETag"), tag);
    EXPECT_EQ(one.status, 200);
    EXPECT_EQ(one.body, "{}");

    leave_out_what_is_known(same, tag);
    EXPECT_EQ(same.status, 304);
    EXPECT_EQ(same.body, "");
    EXPECT_EQ(same.headers.get("ETag"), tag);
    EXPECT_EQ(same.headers.count("Content-Type"), 0U);
    leave_out_what_is_known(other, tag);
    EXPECT_EQ(other.status, 200);
}

TEST(Conditional, WhatAHandlerKnowsStays) {
    auto response = json_response(200, "{}");
    response.headers.add("ETag", etag(3));
    leave_out_what_is_known(response, R"("2")");
    EXPECT_EQ(response.headers.list("ETag"), R"("3")");
    leave_out_what_is_known(response, R"("3")");
    EXPECT_EQ(response.status, 304);
}

TEST(Conditional, AnErrorHasNoTag) {
    auto response = json_response(404, "{}");
    leave_out_what_is_known(response, "*");
    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(response.headers.count("ETag"), 0U);
}

}  // namespace
}  // namespace florin::api
