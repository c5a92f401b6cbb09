// Disputes as the books have them: what the bank takes and gives back, however much of it happens
// between two looks.

#include "payments/disputes.h"

#include <gtest/gtest.h>

#include <map>

#include "payments/shipping.h"
#include "payments/test_payment.h"

namespace florin::payments {
namespace {

using testing::authorized;
using testing::begun;
using testing::counters;
using testing::kNoon;
using testing::no;
using testing::yes;

// A captured payment of 100.00 EUR, and what the books say of its disputes.
class Bank {
public:
    // The dispute as the provider has it now.
    void tells(std::string status, std::int64_t amount, std::int64_t withdrawn,
               std::int64_t reinstated, std::int64_t fee) {
        const auto change = take_dispute(payment_, parts(), known_,
                                         {.reference = "dp_1",
                                          .status = std::move(status),
                                          .reason = "fraudulent",
                                          .amount = payment_.money(amount),
                                          .withdrawn = withdrawn,
                                          .reinstated = reinstated,
                                          .fee = fee},
                                         kNoon, random_++);
        ASSERT_TRUE(change);
        event_ = *change ? (*change)->event_type : "";
        if (!*change) return;
        payment_ = (*change)->after;
        known_ = (*change)->dispute;
        for (const auto& posting : (*change)->postings)
            for (const auto& leg : posting.legs) balance_[leg.account.code] += leg.amount;
    }

    // The balances that disputes have moved, debits above zero.
    std::string books() {
        return fmt::format(
            "provider {} receivable {} fees {} escrow {} loss {}", balance_[ledger::kPspReceivable],
            balance_[ledger::kChargebackReceivable], balance_[ledger::kChargebackFees],
            balance_[ledger::kEscrow], balance_[ledger::kChargebackLoss]);
    }
    const std::string& event() const { return event_; }
    // The first order is delivered, and somebody has looked after it since.
    void delivers() {
        payment_ = ship(payment_, 0, {.status = shipment::Status::delivered, .at = kNoon}, {}, {},
                        kNoon, random_++)
                       ->after;
        payment_.orders[0].shipment.due_at = Instant::max();
    }
    const Payment& payment() const { return payment_; }

private:
    // As the store tells it: a dispute that was lost counts like a refund.
    std::vector<Part> parts() const {
        std::vector<Part> out{{Action::capture, operation::State::succeeded, {}}};
        if (known_ && known_->status == dispute::Status::lost)
            out.push_back({Action::refund, operation::State::succeeded, known_->shares});
        return out;
    }

    Payment payment_ = settle(begun(Action::capture), yes(), kNoon, 1)->after;
    std::optional<Dispute> known_;
    std::map<std::int16_t, std::int64_t> balance_;
    std::string event_;
    std::uint64_t random_ = 10;
};

TEST(Disputes, KeepTheFeeOfMoneyThatCameAndWentUnseen) {
    Bank bank;
    bank.tells("inquiry", 4000, 0, 0, 0);
    EXPECT_EQ(bank.event(), "dispute.opened");
    bank.tells("won", 4000, 4000, 4000, 1500);
    EXPECT_EQ(bank.event(), "dispute.won");
    EXPECT_EQ(bank.books(), "provider -1500 receivable 0 fees 1500 escrow 0 loss 0");
    EXPECT_EQ(bank.payment().counters.disputed, 0);
}

TEST(Disputes, TakeTheMoneyThatFollowsTheWord) {
    Bank bank;
    bank.tells("needs_response", 4000, 4000, 0, 1500);
    bank.tells("won", 4000, 4000, 0, 1500);
    EXPECT_EQ(bank.books(), "provider -5500 receivable 4000 fees 1500 escrow 0 loss 0");
    EXPECT_EQ(bank.payment().counters.disputed, 4000);
    bank.tells("won", 4000, 4000, 1000, 1500);
    EXPECT_EQ(bank.event(), "dispute.updated");
    EXPECT_EQ(bank.books(), "provider -4500 receivable 3000 fees 1500 escrow 0 loss 0");
    bank.tells("won", 4000, 4000, 4000, 0);
    EXPECT_EQ(bank.books(), "provider 0 receivable 0 fees 0 escrow 0 loss 0");
    bank.tells("won", 4000, 4000, 4000, 0);
    EXPECT_EQ(bank.event(), "") << "no news";
}

TEST(Disputes, LoseAnotherAmountWhenItBecomesAnother) {
    Bank bank;
    bank.tells("lost", 12'000, 12'000, 0, 0);
    EXPECT_EQ(bank.books(), "provider -12000 receivable 0 fees 0 escrow 10000 loss 2000");
    bank.tells("lost", 6000, 12'000, 6000, 0);
    EXPECT_EQ(bank.books(), "provider -6000 receivable 0 fees 0 escrow 6000 loss 0");
    bank.tells("won", 6000, 12'000, 12'000, 0);
    EXPECT_EQ(bank.books(), "provider 0 receivable 0 fees 0 escrow 0 loss 0");
}

TEST(Disputes, GiveBackToOrdersWhatIsReleasedThen) {
    Bank bank;
    bank.delivers();
    bank.tells("lost", 3000, 3000, 0, 1500);
    const auto& shipment = bank.payment().orders[0].shipment;
    EXPECT_EQ(shipment.due_at, Instant::max());
    bank.tells("won", 3000, 3000, 3000, 1500);
    EXPECT_EQ(shipment.due_at, shipment.release_at);
    EXPECT_EQ(bank.payment().orders[1].shipment, Shipment());
}

TEST(Disputes, ThatGiveBackMoreThanTheyTookAreForAPerson) {
    const auto payment = settle(begun(Action::capture), yes(), kNoon, 1)->after;
    const auto odd = take_dispute(payment, {}, std::nullopt,
                                  {.reference = "dp_1",
                                   .status = "won",
                                   .amount = payment.money(4000),
                                   .withdrawn = 1,
                                   .reinstated = 2},
                                  kNoon, 1);
    ASSERT_FALSE(odd);
    EXPECT_EQ(odd.error().code, "dispute_out_of_order");
}

TEST(LateSuccess, OfAFinalCaptureLetsTheRestGo) {
    for (const bool is_final : {true, false}) {
        const Wish part{.action = Action::capture, .amount = 4000, .is_final = is_final};
        const auto capture = begin(authorized(), {}, part, {"stripe", "second-key"},
                                   {.key = "key-2"}, testing::kTiming, 3);
        const auto refused = settle(capture->after, no(), kNoon, 1)->after;
        const auto late = settle(refused, yes(), kNoon, 2)->after;
        EXPECT_EQ(counters(late), is_final ? "10000/0/4000/6000" : "10000/0/4000/0");
        EXPECT_EQ(late.due_at == Instant::max(), is_final) << "nothing is held any more";
    }
}

}  // namespace
}  // namespace florin::payments
