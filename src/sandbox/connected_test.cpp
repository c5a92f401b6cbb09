// Goal: transfers, reversals and payouts of connected accounts keep a balance that nobody
// overdraws. Method: the provider without HTTP.

#include "sandbox/connected.h"

#include "sandbox/test_bench.h"

namespace florin::sandbox {
namespace {

const std::string kPayout = "amount=900&currency=eur&metadata[order]=1";

std::string transfer_to(const std::string& account) {
    return "amount=1000&currency=eur&transfer_group=g1&destination=" + account;
}

TEST(SandboxConnected, MoneyGoesToTheAccountAndOnToItsBank) {
    Bench bench;
    const auto moved = bench.post("/v1/transfers", transfer_to("acct_ok1"), "t1");
    EXPECT_EQ(moved.status, 200) << moved.body;
    EXPECT_EQ(bench.get("/v1/transfers", "transfer_group=g1").at("/data/0/id"), moved.at("/id"));
    EXPECT_EQ(bench.get("/v1/transfers", "transfer_group=g2").at("/data/0/id"), "");
    const auto paid = bench.post("/v1/payouts", kPayout, "p1", false, "acct_ok1");
    EXPECT_EQ(paid.at("/status"), "pending") << paid.body;
    EXPECT_TRUE(bench.post("/v1/payouts", kPayout, "p1", false, "acct_ok1").replayed);
    // The second one finds too little, and neither does a reversal find enough.
    EXPECT_EQ(bench.post("/v1/payouts", kPayout, "p2", false, "acct_ok1").at("/error/code"),
              "balance_insufficient");
    const auto reversals = "/v1/transfers/" + moved.at("/id") + "/reversals";
    EXPECT_EQ(bench.post(reversals, "").at("/error/code"), "balance_insufficient");
    const auto path = "/v1/payouts/" + paid.at("/id");
    for (const auto* status : {"in_transit", "paid", "paid"}) {
        bench.post("/_sandbox/advance", "");
        EXPECT_EQ(bench.get(path, "", "acct_ok1").at("/status"), status);
    }
    EXPECT_EQ(bench.get(path, "", "acct_ok2").status, 404);
    EXPECT_EQ(bench.get("/v1/payouts", "created[gte]=1", "acct_ok1").at("/data/0/id"),
              paid.at("/id"));
    EXPECT_EQ(bench.told(), (std::vector<std::string>{"transfer.created", "payout.created",
                                                      "payout.updated", "payout.paid"}));
}

TEST(SandboxConnected, WhatFailsIsBackAndCanBeReversedOnce) {
    Bench bench;
    const auto moved = bench.post("/v1/transfers", transfer_to("acct_fails1"));
    const auto payout =
        bench.post("/v1/payouts", "amount=1000&currency=eur", "", false, "acct_fails1");
    bench.post("/_sandbox/advance", "");
    bench.post("/_sandbox/advance", "id=" + payout.at("/id"));
    const auto seen = bench.get("/v1/payouts/" + payout.at("/id"), "", "acct_fails1");
    EXPECT_EQ(seen.at("/status"), "failed");
    EXPECT_EQ(seen.at("/failure_code"), "account_closed");
    const auto path = "/v1/transfers/" + moved.at("/id");
    EXPECT_EQ(bench.post(path + "/reversals", "amount=1000").at("/transfer"), moved.at("/id"));
    EXPECT_EQ(bench.get(path).at("/reversed"), "true");
    EXPECT_EQ(bench.post(path + "/reversals", "amount=1000").at("/error/param"), "amount");
}

TEST(SandboxConnected, TheIdSaysWhatAnAccountDoes) {
    Bench bench;
    EXPECT_EQ(bench.get("/v1/accounts/acct_ok1").at("/payouts_enabled"), "true");
    EXPECT_EQ(bench.get("/v1/accounts/acct_disabled1").at("/payouts_enabled"), "false");
    EXPECT_EQ(bench.get("/v1/accounts/acct_automatic").at("/settings/payouts/schedule/interval"),
              "daily");
    EXPECT_EQ(bench.get("/v1/accounts/acct_strange").status, 403);
    EXPECT_EQ(bench.post("/v1/transfers", transfer_to("acct_strange")).at("/error/code"),
              "resource_missing");
    EXPECT_EQ(bench.post("/v1/transfers", transfer_to("acct_noTransfers")).at("/error/code"),
              "insufficient_capabilities_for_transfer");
    bench.post("/v1/transfers", transfer_to("acct_noPayouts1"));
    EXPECT_EQ(bench.post("/v1/payouts", kPayout, "", false, "acct_noPayouts1").at("/error/code"),
              "payouts_not_allowed");
    bench.post("/v1/transfers", transfer_to("acct_instant1"));
    EXPECT_EQ(bench.post("/v1/payouts", kPayout, "", false, "acct_instant1").at("/status"), "paid");
    EXPECT_EQ(bench.post("/v1/payouts", kPayout).status, 400);
    EXPECT_EQ(bench.post("/v1/payment_intents", "amount=1", "", false, "acct_ok1").status, 400);
}

}  // namespace
}  // namespace florin::sandbox
