#include "sandbox/webhooks.h"

#include <gtest/gtest.h>

namespace florin::sandbox {
namespace {

TEST(Webhooks, SignsLikeStripe) {
    EXPECT_EQ(
        sign("whsec_test_secret", 1700000000, R"({"id":"evt_test_webhook","object":"event"})"),
        "t=1700000000,v1=d95c6b7477fbd7e9f90b1b0ef5f9c7ac25abca5382460e0d988c2b2a5b71b990");
}

}  // namespace
}  // namespace florin::sandbox
