// Disputes: what opens them, the answers, the decisions, and what they forbid.

#include <gtest/gtest.h>

#include "sandbox/disputes.h"
#include "sandbox/test_bench.h"

namespace florin::sandbox {
namespace {

using Types = std::vector<std::string>;

// A captured payment with that card, and its dispute.
struct Disputed {
    explicit Disputed(Bench& bench, const std::string& method = "pm_card_createDispute")
        : paid(bench.pay(method)),
          opened(bench.get("/v1/disputes", "payment_intent=" + paid.at("/id"))),
          id(opened.at("/data/0/id")),
          path("/v1/disputes/" + id) {
        bench.told();
    }
    Answer paid, opened;
    std::string id, path;
};

std::string text(const std::string& words) {
    return "evidence[uncategorized_text]=" + words;
}

TEST(Disputes, OpenWithACaptureAndTakeTheMoney) {
    Bench bench;
    const auto held = bench.pay("pm_card_createDispute", "&capture_method=manual");
    const auto query = "payment_intent=" + held.at("/id");
    EXPECT_EQ(bench.get("/v1/disputes", query).at("/data"), "[]");
    bench.told();
    bench.post(intent_path(held) + "/capture", "amount_to_capture=600");
    EXPECT_EQ(bench.told(), (Types{"charge.captured", "payment_intent.succeeded",
                                   "charge.dispute.created", "charge.dispute.funds_withdrawn"}));
    const auto list = bench.get("/v1/disputes", query);
    EXPECT_EQ(list.at("/data/0/status"), "needs_response");
    EXPECT_EQ(list.at("/data/0/reason"), "fraudulent");
    EXPECT_EQ(list.at("/data/0/amount"), "600");
    EXPECT_EQ(list.at("/data/0/charge"), held.at("/latest_charge"));
    EXPECT_EQ(list.at("/data/0/payment_intent"), held.at("/id"));
    EXPECT_EQ(list.at("/data/0/is_charge_refundable"), "false");
    EXPECT_EQ(list.at("/data/0/balance_transactions/0/amount"), "-600");
    EXPECT_EQ(list.at("/data/0/balance_transactions/0/fee"), "1500");
    EXPECT_EQ(list.at("/data/0/balance_transactions/0/net"), "-2100");
    EXPECT_EQ(list.at("/data/0/evidence/receipt"), "null");
    EXPECT_EQ(list.at("/data/0/evidence_details/submission_count"), "0");
    EXPECT_EQ(bench.get("/v1/charges/" + held.at("/latest_charge")).at("/disputed"), "true");
    const auto refused = bench.post("/v1/refunds", query);
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(refused.at("/error/code"), "charge_disputed");
    EXPECT_EQ(bench.truth(held.at("/latest_charge")).at("/dispute/status"), "needs_response");
}

TEST(Disputes, EvidenceWins) {
    Bench bench;
    const Disputed it(bench, "pm_card_createDisputeProductNotReceived");
    EXPECT_EQ(it.opened.at("/data/0/reason"), "product_not_received");
    const auto receipt = bench.upload("%PDF-1.7").at("/id");
    bench.told();
    const auto staged =
        bench.post(it.path, "evidence[receipt]=" + receipt + "&submit=false&metadata[a]=1");
    EXPECT_EQ(staged.at("/status"), "needs_response");
    EXPECT_EQ(staged.at("/evidence/receipt"), receipt);
    EXPECT_EQ(staged.at("/evidence_details/has_evidence"), "true");
    EXPECT_EQ(staged.at("/metadata/a"), "1");
    EXPECT_EQ(bench.post("/_sandbox/advance", "").at("/changed"), "[]");
    const auto sent = bench.post(it.path, text("winning_evidence") + "&submit=true", "k1");
    EXPECT_EQ(sent.at("/status"), "under_review");
    EXPECT_EQ(sent.at("/evidence_details/submission_count"), "1");
    EXPECT_EQ(bench.post(it.path, text("winning_evidence") + "&submit=true", "k1").body, sent.body);
    EXPECT_EQ(bench.post(it.path, text("more")).status, 400);
    EXPECT_EQ(bench.told(), (Types{"charge.dispute.updated", "charge.dispute.updated"}));
    EXPECT_EQ(bench.post("/_sandbox/advance", "id=" + it.id).at("/changed"), "[\"" + it.id + "\"]");
    EXPECT_EQ(bench.told(), (Types{"charge.dispute.funds_reinstated", "charge.dispute.closed"}));
    const auto won = bench.get(it.path, "expand[]=charge");
    EXPECT_EQ(won.at("/status"), "won");
    EXPECT_EQ(won.at("/balance_transactions/1/amount"), "1000");
    EXPECT_EQ(won.at("/balance_transactions/1/net"), "2500");
    EXPECT_EQ(won.at("/charge/disputed"), "true");
    EXPECT_EQ(bench.post("/v1/refunds", "charge=" + it.paid.at("/latest_charge")).status, 200);
}

TEST(Disputes, EvidenceThatIsAFileHasToBeThere) {
    Bench bench;
    const Disputed it(bench);
    const auto file = bench.upload("%PDF-1.7").at("/id");
    for (const auto known : kEvidenceFiles) {
        const std::string name(known);
        const auto param = "evidence[" + name + "]";
        for (const auto& id : {std::string("file_none"), it.id, std::string("a receipt")}) {
            const auto refused = bench.post(it.path, param + "=" + id + "&submit=false");
            EXPECT_EQ(refused.status, 400) << name;
            EXPECT_EQ(refused.at("/error/code"), "resource_missing");
            EXPECT_EQ(refused.at("/error/param"), param);
            EXPECT_EQ(refused.at("/error/message"), "No such file: '" + id + "'");
        }
        const auto staged = bench.post(it.path, param + "=" + file + "&submit=false");
        EXPECT_EQ(staged.at("/evidence/" + name), file);
        const auto gone = bench.post(it.path, param + "=&submit=false");
        EXPECT_EQ(gone.at("/evidence/" + name), "null");
    }
    EXPECT_EQ(bench.get(it.path).at("/status"), "needs_response");
}

TEST(Disputes, EvidenceLosesAndSilenceWaits) {
    Bench bench;
    const Disputed it(bench);
    bench.post(it.path, text("losing_evidence"));
    const Disputed other(bench);
    bench.post(other.path, text("please"));
    EXPECT_EQ(bench.post("/_sandbox/advance", "").at("/changed"), "[\"" + it.id + "\"]");
    EXPECT_EQ(bench.get(it.path).at("/status"), "lost");
    EXPECT_EQ(bench.events.back(), "charge.dispute.closed");
    EXPECT_EQ(bench.get(it.path).at("/balance_transactions/1/id"), "");
    EXPECT_EQ(bench.get(other.path).at("/status"), "under_review");
    EXPECT_EQ(bench.post("/v1/refunds", "charge=" + it.paid.at("/latest_charge")).at("/error/code"),
              "charge_disputed");
}

TEST(Disputes, CloseAccepts) {
    Bench bench;
    const Disputed it(bench);
    const auto closed = bench.post(it.path + "/close", "");
    EXPECT_EQ(closed.at("/status"), "lost");
    EXPECT_EQ(bench.told(), Types{"charge.dispute.closed"});
    EXPECT_EQ(bench.post(it.path + "/close", "").status, 400);
    EXPECT_EQ(bench.post(it.path, text("winning_evidence")).status, 400);
    EXPECT_EQ(bench.post(it.path, "metadata[a]=1").at("/metadata/a"), "1");
}

TEST(Disputes, InquiryTakesNoMoneyUntilItEscalates) {
    Bench bench;
    const Disputed it(bench, "pm_card_createDisputeInquiry");
    EXPECT_EQ(it.opened.at("/data/0/status"), "warning_needs_response");
    EXPECT_EQ(it.opened.at("/data/0/balance_transactions"), "[]");
    EXPECT_EQ(it.opened.at("/data/0/is_charge_refundable"), "true");
    const auto refund = "amount=1&charge=" + it.paid.at("/latest_charge");
    EXPECT_EQ(bench.post("/v1/refunds", refund).status, 200);
    EXPECT_EQ(bench.post(it.path, text("escalate_inquiry_evidence")).at("/status"),
              "warning_under_review");
    bench.told();
    bench.post("/_sandbox/advance", "");
    EXPECT_EQ(bench.told(), (Types{"charge.dispute.updated", "charge.dispute.funds_withdrawn"}));
    EXPECT_EQ(bench.get(it.path).at("/status"), "needs_response");
    EXPECT_EQ(bench.get(it.path).at("/amount"), "999");
    EXPECT_EQ(bench.post("/v1/refunds", refund).at("/error/code"), "charge_disputed");
    bench.post(it.path, text("winning_evidence"));
    bench.post("/_sandbox/advance", "");
    EXPECT_EQ(bench.get(it.path).at("/status"), "won");

    const Disputed quiet(bench, "pm_card_createDisputeInquiry");
    bench.post(quiet.path, text("winning_evidence"));
    bench.post("/_sandbox/advance", "");
    EXPECT_EQ(bench.get(quiet.path).at("/status"), "warning_closed");
    EXPECT_EQ(bench.told().back(), "charge.dispute.closed");
}

TEST(Disputes, RefuseWhatTheyDoNotKnow) {
    Bench bench;
    const Disputed it(bench);
    EXPECT_EQ(bench.post(it.path, "evidence[mood]=good").at("/error/param"), "evidence[mood]");
    EXPECT_EQ(bench.post(it.path, "amount=1").at("/error/code"), "parameter_unknown");
    EXPECT_EQ(bench.post(it.path, text(std::string(150'001, 'x'))).status, 400);
    EXPECT_EQ(bench.post(it.path + "/lose", "").status, 404);
    EXPECT_EQ(bench.post("/v1/disputes/dp_no/close", "").at("/error/code"), "resource_missing");
    EXPECT_EQ(bench.get("/v1/disputes/dp_no").status, 404);
    EXPECT_EQ(bench.get("/v1/disputes").at("/data/0/id"), it.id);
    EXPECT_EQ(bench.get(it.path).at("/status"), "needs_response");
}

TEST_F(JournalFolder, RestoresDisputes) {
    Answer won, waits;
    std::string id;
    {
        Bench bench(folder());
        const Disputed it(bench);
        bench.post(it.path, text("winning_evidence"));
        bench.post("/_sandbox/advance", "");
        won = bench.get(it.path);
        const Disputed other(bench);
        id = other.id;
        waits = bench.post(other.path, text("losing_evidence"));
    }
    Bench bench(folder());
    EXPECT_EQ(bench.get("/v1/disputes/" + won.at("/id")).body, won.body);
    EXPECT_EQ(bench.get("/v1/disputes/" + id).body, waits.body);
    bench.post("/_sandbox/advance", "");
    EXPECT_EQ(bench.get("/v1/disputes/" + id).at("/status"), "lost");
}

TEST(Disputes, TheBankGivesAnotherTime) {
    Bench bench;
    const Disputed it(bench);
    const auto due_by = [&] { return bench.get(it.path).at("/evidence_details/due_by"); };
    EXPECT_EQ(due_by(), std::to_string(std::stoll(it.opened.at("/data/0/created")) + 9 * 86'400));
    const auto set = bench.post("/_sandbox/advance", "evidence_due_by=1900000000&id=" + it.id);
    EXPECT_EQ(set.at("/changed/0"), it.id);
    EXPECT_EQ(due_by(), "1900000000");
    EXPECT_EQ(bench.get(it.path).at("/status"), "needs_response");
    EXPECT_EQ(bench.told(), Types{"charge.dispute.updated"});
    EXPECT_EQ(bench.post("/_sandbox/advance", "evidence_due_by=1900000000").status, 400);
    EXPECT_EQ(bench.post("/_sandbox/advance", "evidence_due_by=soon&id=" + it.id).status, 400);
    EXPECT_EQ(bench.post("/_sandbox/advance", "evidence_due_by=1900000000&id=dp_x").status, 404);
    EXPECT_EQ(due_by(), "1900000000");
}

}  // namespace
}  // namespace florin::sandbox
