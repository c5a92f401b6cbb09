// What is kept of our word on a dispute is what was said.

#include "payments/reply.h"

#include <gtest/gtest.h>

#include "payments/test_payment.h"

namespace florin::payments {
namespace {

TEST(Reply, IsReadAsItWasKept) {
    connectors::DisputeReply reply{.reference = "dp_1", .key = "", .accept = false};
    reply.evidence = {{"customer_name", "Ann \"A\" \xc3\xa4"}, {"product_description", "a\n\tb"}};
    reply.files = {{"receipt", "r.pdf", "application/pdf", std::string("%PDF-\0\xff", 7)}};
    const auto again = read_reply(show_reply(reply));
    EXPECT_EQ(again.reference, "dp_1");
    EXPECT_FALSE(again.accept);
    EXPECT_EQ(again.evidence, reply.evidence);
    ASSERT_EQ(again.files.size(), 1U);
    EXPECT_EQ(again.files[0].field, "receipt");
    EXPECT_EQ(again.files[0].name, "r.pdf");
    EXPECT_EQ(again.files[0].type, "application/pdf");
    EXPECT_EQ(again.files[0].bytes, reply.files[0].bytes);
    EXPECT_EQ(show_reply(again), show_reply(reply));
    EXPECT_TRUE(read_reply(show_reply({.reference = "dp_1", .accept = true})).accept);
}

TEST(Reply, HasOneKeyForEachWordOfTheClient) {
    const auto payment = testing::opened().id;
    const auto other = open(testing::wanted(), {"stripe", "k"}, testing::kTiming, 2).id;
    EXPECT_EQ(reply_id(payment, "a"), reply_id(payment, "a"));
    EXPECT_NE(reply_id(payment, "a"), reply_id(payment, "b"));
    EXPECT_NE(reply_id(payment, "a"), reply_id(other, "a"));
}

}  // namespace
}  // namespace florin::payments
