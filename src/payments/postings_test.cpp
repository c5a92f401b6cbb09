// Goal: the exact entries of each row of docs/ledger.md. Method: golden lines, and random orders
// (the seed is printed) of which every minor unit must be found again.

#include "payments/postings.h"

#include <gtest/gtest.h>

#include <iostream>
#include <numeric>
#include <random>

#include "payments/test_payment.h"

namespace florin::payments {
namespace {

using namespace testing;

// "Dr account amount of whom", one line for each leg.
std::string lines(const Payment& payment, const ledger::Posting& posting) {
    std::string out;
    for (const auto& leg : posting.legs) {
        std::string whose = leg.reference == payment.id.uuid() ? "payment" : "nobody";
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

TEST(CapturePosting, APartIsSharedOutByTheOrdersAndLeavesNoEmptyLeg) {
    auto payment = opened();
    payment.operation.amount = 1000;
    const auto posting = capture_posting(payment);
    EXPECT_EQ(lines(payment, posting),
              "Dr psp_receivable:stripe:EUR 1000 payment\n"
              "Cr escrow:EUR 700 ord_1\n"
              "Cr escrow:EUR 300 ord_2\n");
    EXPECT_TRUE(ledger::is_balanced(posting));
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
        const auto part = 1 + random() % static_cast<std::uint64_t>(payment.amount);
        payment.operation.amount =
            round % 2 == 0 ? payment.amount : static_cast<std::int64_t>(part);
        const auto posting = capture_posting(payment);
        EXPECT_TRUE(ledger::is_balanced(posting));
        EXPECT_EQ(posting.legs.front().amount, payment.operation.amount);
        for (std::size_t i = 0; round % 2 == 0 && i < orders; ++i)
            EXPECT_EQ(posting.legs[i + 1].amount, -payment.orders[i].amount);
    }
}

}  // namespace
}  // namespace florin::payments
