#include "sandbox/search.h"

#include <gtest/gtest.h>

namespace florin::sandbox {
namespace {

PaymentIntent sample() {
    PaymentIntent intent;
    intent.status = Status::succeeded;
    intent.amount = 500;
    intent.currency = "eur";
    intent.created_us = 1000 * 1'000'000LL;
    intent.metadata = {{"order", "42"}, {"it's", "a \"b\""}};
    return intent;
}

TEST(Search, FindsWhatMatches) {
    for (const auto* query : {
             "metadata['order']:'42'",
             R"(metadata["order"]:"42")",
             "metadata['order']:'42' AND status:'succeeded'",
             "status:'succeeded' AND currency:'eur' AND amount>499 AND amount<=500",
             R"(metadata['it\'s']:'a "b"')",
             "created:1000 AND created>=1000",
             "amount:'500'",
         }) {
        const auto parsed = parse_query(query);
        ASSERT_TRUE(parsed) << query;
        EXPECT_TRUE(parsed->matches(sample())) << query;
    }
    for (const auto* query : {
             "metadata['order']:'43'",
             "metadata['order']:'42' AND metadata['order']:'43'",
             "status:'canceled'",
             "status:'succeeded' AND status:'canceled'",
             "amount>500",
             "created<1000",
         })
        EXPECT_FALSE(parse_query(query).value().matches(sample())) << query;
}

TEST(Search, RefusesWhatItCannotRead) {
    for (const auto* query : {"", " ", "order:'42'", "metadata['order']", "metadata['order':'42'",
                              "status:'x", "status:'x' OR status:'y'", "status:'x' AND", "amount>x",
                              "amount", "status~'x'", "metadata[order]:'42'"}) {
        const auto parsed = parse_query(query);
        ASSERT_FALSE(parsed) << query;
        EXPECT_EQ(parsed.error().param, "query") << query;
    }
}

}  // namespace
}  // namespace florin::sandbox
