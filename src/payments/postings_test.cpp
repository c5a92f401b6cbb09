// Goal: the exact entries of each row of docs/ledger.md. Method: golden lines, and random orders
// (the seed is printed) of which every minor unit must be found again.

#include "payments/postings.h"

#include <gtest/gtest.h>

#include <iostream>
#include <numeric>
#include <random>
#include <set>

#include "payments/test_payment.h"

namespace florin::payments {
namespace {

using namespace testing;

// "Dr account amount of whom", one line for each leg.
std::string lines(const Payment& payment, const ledger::Posting& posting) {
    std::string out;
    for (const auto& leg : posting.legs) {
        std::string whose = leg.reference == payment.id.uuid() ? "payment" : "nobody";
        if (leg.reference == payment.operation.id.uuid()) whose = "refund";
        for (const auto& order : payment.orders) {
            if (leg.reference == order.id.uuid()) whose = order.reference;
        }
        out += fmt::format("{} {} {} {}\n", leg.amount > 0 ? "Dr" : "Cr", leg.account.text(),
                           std::abs(leg.amount), whose);
    }
    return out;
}

TEST(CapturePosting, RowDMovesTheMoneyFromTheProviderToTheEscrowOfEachOrder) {
    const auto payment = opened();
    const auto posting = capture_posting(payment);
    EXPECT_EQ(lines(payment, posting),
              "Dr psp_receivable:stripe:EUR 10000 payment\n"
              "Cr escrow:EUR 7000 ord_1\n"
              "Cr escrow:EUR 2999 ord_2\n"
              "Cr escrow:EUR 1 ord_3\n");
    EXPECT_EQ(posting.id, payment.operation.id) << "so it cannot be booked twice";
    EXPECT_EQ(posting.source, payment.id.uuid());
    EXPECT_EQ(posting.merchant, payment.merchant);
    EXPECT_EQ(posting.kind, "capture");
    EXPECT_EQ(posting.at, kNoon);
    EXPECT_TRUE(ledger::is_balanced(posting));
}

TEST(CapturePosting, APartIsBookedByItsSharesAndLeavesNoEmptyLeg) {
    auto payment = opened();
    payment.operation.amount = 1000;
    payment.operation.shares = {700, 300, 0};
    const auto posting = capture_posting(payment);
    EXPECT_EQ(lines(payment, posting),
              "Dr psp_receivable:stripe:EUR 1000 payment\n"
              "Cr escrow:EUR 700 ord_1\n"
              "Cr escrow:EUR 300 ord_2\n");
    EXPECT_TRUE(ledger::is_balanced(posting));
}

TEST(ReleasePosting, RowBBringsTheMoneyOfATopUpIntoItsWallet) {
    auto payment = opened();
    payment.orders.resize(1);
    payment.orders[0].is_top_up = true;
    payment.orders[0].seller_account = "ann";
    payment.operation.amount = payment.amount = payment.orders[0].amount;
    EXPECT_EQ(lines(payment, capture_posting(payment)),
              "Dr psp_receivable:stripe:EUR 7000 payment\n"
              "Cr escrow:EUR 7000 ord_1\n");
    EXPECT_EQ(lines(payment, release_posting(payment, 0, {.seller = 7000})),
              "Dr escrow:EUR 7000 ord_1\n"
              "Cr buyer_wallet:ann:EUR 7000 ord_1\n");
}

TEST(CapturePosting, TheReceivableIsOfTheProviderThatTookTheMoney) {
    auto payment = opened();
    payment.operation.provider = "adyen";
    EXPECT_EQ(capture_posting(payment).legs.front().account.text(), "psp_receivable:adyen:EUR");
}

TEST(LateSuccessPosting, RowAaParksTheMoney) {
    const auto payment = opened();
    const auto posting = late_success_posting(payment);
    EXPECT_EQ(lines(payment, posting),
              "Dr psp_receivable:stripe:EUR 10000 payment\n"
              "Cr unapplied:EUR 10000 payment\n");
    EXPECT_EQ(posting.kind, "late_success");
    EXPECT_TRUE(ledger::is_balanced(posting));
}

TEST(CapturePosting, NoMinorUnitIsLostWhateverTheOrdersAre) {
    const auto seed = std::random_device{}();
    std::cout << "seed " << seed << '\n';
    std::mt19937_64 random(seed);
    for (int round = 0; round < 2000 && !HasFailure(); ++round) {
        auto payment = opened();
        payment.orders.clear();
        payment.amount = 0;
        const auto orders = 1 + random() % 100;
        for (std::size_t i = 0; i < orders; ++i) {
            const auto amount = static_cast<std::int64_t>(1 + random() % 1'000'000'000'000);
            payment.orders.push_back({PaymentOrderId::make(kNoon, 1, random()), "o", "s", amount});
            payment.amount += amount;
        }
        payment.operation.amount = payment.amount;
        const auto posting = capture_posting(payment);
        EXPECT_TRUE(ledger::is_balanced(posting));
        EXPECT_EQ(posting.legs.front().amount, payment.operation.amount);
        for (std::size_t i = 0; i < orders; ++i)
            EXPECT_EQ(posting.legs[i + 1].amount, -payment.orders[i].amount);
    }
}

// A refund of 1000, 700 of the first order and 300 of the second.
Payment refunding() {
    auto payment = settle(opened(), yes(), kNoon, 2)->after;
    return begin(payment, std::vector<Part>{{Action::sale, operation::State::succeeded, {}}},
                 {.action = Action::refund, .orders = {{"ord_1", 700}, {"ord_2", 300}}},
                 {"stripe", "k"}, {.key = "key"}, kTiming, 3)
        ->after;
}

TEST(RefundPosting, RowJTakesItFromTheOrdersAndThenFromTheProvider) {
    const auto payment = refunding();
    EXPECT_EQ(lines(payment, refund_posting(payment, RefundStage::reserved)),
              "Dr escrow:EUR 700 ord_1\n"
              "Dr escrow:EUR 300 ord_2\n"
              "Cr refund_in_flight:stripe:EUR 1000 refund\n");
    EXPECT_EQ(lines(payment, refund_posting(payment, RefundStage::paid)),
              "Dr refund_in_flight:stripe:EUR 1000 refund\n"
              "Cr psp_receivable:stripe:EUR 1000 refund\n");
    EXPECT_EQ(lines(payment, refund_posting(payment, RefundStage::refused)),
              "Dr refund_in_flight:stripe:EUR 1000 refund\n"
              "Cr escrow:EUR 700 ord_1\n"
              "Cr escrow:EUR 300 ord_2\n");
    EXPECT_EQ(lines(payment, refund_posting(payment, RefundStage::late)),
              "Dr escrow:EUR 700 ord_1\n"
              "Dr escrow:EUR 300 ord_2\n"
              "Cr psp_receivable:stripe:EUR 1000 refund\n");
    EXPECT_EQ(lines(payment, refund_posting(payment, RefundStage::late_and_unexpected)),
              "Dr unapplied:EUR 1000 refund\n"
              "Cr psp_receivable:stripe:EUR 1000 refund\n");
    EXPECT_EQ(lines(payment, refund_posting(payment, RefundStage::returned)),
              "Dr psp_receivable:stripe:EUR 1000 refund\n"
              "Cr unapplied:EUR 1000 refund\n");
}

// Rows R to U: taken with a fee, back without it, and lost by the orders as far as they have it.
TEST(DisputePosting, BooksWhatTheBankDoes) {
    const auto payment = opened();
    Dispute dispute{.id = DisputeId::make(kNoon, payment.id.slot(), 9),
                    .provider = "stripe",
                    .amount = 1200,
                    .shares = {700, 300, 0},
                    .movements = 1};
    const auto text = [&](const ledger::Posting& posting) {
        EXPECT_TRUE(ledger::is_balanced(posting));
        std::string out = posting.kind + '\n';
        for (const auto& leg : posting.legs)
            out += fmt::format("{} {}\n", leg.account.text(), leg.amount);
        return out;
    };
    EXPECT_EQ(text(movement_posting(payment, dispute, {.settlement = 1200}, 1500)),
              "dispute\n"
              "chargeback_receivable:EUR 1200\n"
              "chargeback_fees:EUR 1500\n"
              "psp_receivable:stripe:EUR -2700\n");
    EXPECT_EQ(text(movement_posting(payment, dispute, {.settlement = -1200}, -1500)),
              "dispute_reinstated\n"
              "chargeback_receivable:EUR -1200\n"
              "chargeback_fees:EUR -1500\n"
              "psp_receivable:stripe:EUR 2700\n");
    EXPECT_EQ(text(movement_posting(payment, dispute, {}, 1500)),
              "dispute_fee\n"
              "chargeback_fees:EUR 1500\n"
              "psp_receivable:stripe:EUR -1500\n");
    EXPECT_EQ(text(decision_posting(payment, dispute, true, {})),
              "dispute_lost\n"
              "escrow:EUR 700\n"
              "escrow:EUR 300\n"
              "chargeback_loss:EUR 200\n"
              "chargeback_receivable:EUR -1200\n");
    EXPECT_EQ(text(decision_posting(payment, dispute, false, {})),
              "dispute_lost_no_more\n"
              "escrow:EUR -700\n"
              "escrow:EUR -300\n"
              "chargeback_loss:EUR -200\n"
              "chargeback_receivable:EUR 1200\n");
    const auto first = movement_posting(payment, dispute, {.settlement = 1200}, 0).id;
    dispute.movements = 2;
    const auto second = decision_posting(payment, dispute, true, {}).id;
    EXPECT_EQ(transactions_of(dispute), (std::vector{first, second}));
}

// Row R of a payment of row V: the bank takes euros, the orders may lose dollars.
TEST(DisputePosting, AtAQuoteTheProvidersSideIsConvertedBack) {
    auto payment = opened();
    payment.currency = "USD"_currency;
    payment.presentment = Presentment{.currency = "EUR"_currency, .amount = 9200, .spread = 100};
    Dispute dispute{.provider = "stripe", .amount = 9900, .movements = 1};
    dispute.id = DisputeId::make(kNoon, payment.id.slot(), 9);
    const auto posting = movement_posting(payment, dispute, {9200, 9900, 100}, 1500);
    EXPECT_TRUE(ledger::is_balanced(posting));
    EXPECT_EQ(lines(payment, posting),
              "Dr chargeback_receivable:USD 9900 nobody\n"
              "Dr chargeback_fees:EUR 1500 nobody\n"
              "Cr psp_receivable:stripe:EUR 9200 nobody\n"
              "Dr fx_position:EUR 9200 nobody\n"
              "Cr fx_position:USD 10000 nobody\n"
              "Dr fx_revenue:USD 100 nobody\n"
              "Cr psp_receivable:stripe:EUR 1500 nobody\n");
    const auto back = movement_posting(payment, dispute, {-9200, -9900, -100}, -1500);
    EXPECT_EQ(back.kind, "dispute_reinstated");
    for (std::size_t n = 0; n < back.legs.size(); ++n)
        EXPECT_EQ(back.legs[n].amount, -posting.legs[n].amount);
}

TEST(RefundPosting, EachStageIsBookedOnceUnderItsOwnId) {
    const auto payment = refunding();
    std::set<OperationId> ids;
    for (int stage = 0; stage <= 5; ++stage) {
        const auto id = refund_posting(payment, static_cast<RefundStage>(stage)).id;
        EXPECT_EQ(id, refund_posting(payment, static_cast<RefundStage>(stage)).id);
        EXPECT_EQ(id.slot(), payment.id.slot());
        EXPECT_TRUE(OperationId::parse(id.text()));
        ids.insert(id);
    }
    EXPECT_EQ(ids.size(), 6U);
    const auto all = transactions_of(payment.operation.id, Action::refund);
    EXPECT_EQ(std::set(all.begin(), all.end()), ids) << "so that the entries are found again";
    EXPECT_EQ(transactions_of(payment.main, Action::sale), std::vector{payment.main});
    EXPECT_TRUE(ids.contains(payment.operation.id)) << "the first is the operation's own";
}

}  // namespace
}  // namespace florin::payments
