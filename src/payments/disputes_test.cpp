// Disputes as the books have them: what the bank takes and gives back, however much of it happens
// between two looks.

#include "payments/disputes.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

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
        const auto change =
            take_dispute(payment_, parts(), known_,
                         {.reference = "dp_1",
                          .status = std::move(status),
                          .reason = "fraudulent",
                          .amount = payment_.money(amount),
                          .withdrawn = withdrawn,
                          .reinstated = reinstated,
                          .fee = fee},
                         {{"seller_a", -balance_[ledger::kSellerPayable]}}, kNoon, random_++);
        ASSERT_TRUE(change);
        event_ = *change ? (*change)->event_type : "";
        if (!*change) return;
        payment_ = (*change)->after;
        known_ = (*change)->dispute;
        book((*change)->postings);
    }

    // The balances that disputes have moved, debits above zero.
    std::string books() {
        return fmt::format(
            "provider {} receivable {} fees {} escrow {} loss {}", balance_[ledger::kPspReceivable],
            balance_[ledger::kChargebackReceivable], balance_[ledger::kChargebackFees],
            balance_[ledger::kEscrow], balance_[ledger::kChargebackLoss]);
    }
    // What the seller of the first order and we have of it, credits above zero.
    std::string sellers() {
        return fmt::format("payable {} reserve {} debt {} commission {} escrow {}",
                           -balance_[ledger::kSellerPayable], -balance_[ledger::kSellerReserve],
                           balance_[ledger::kSellerReceivable], -balance_[ledger::kCommission],
                           10'000 - balance_[ledger::kEscrow]);
    }
    // The first order, 70.00, is the seller's, less a tenth.
    void releases() {
        delivers();
        const auto change = release(payment_, parts(), 0, {.seller = 6300, .commission = 700},
                                    kNoon + std::chrono::hours(999), random_++);
        payment_ = change.after;
        book(change.postings);
    }
    void pays_out(std::int64_t amount) { balance_[ledger::kSellerPayable] += amount; }
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
    void book(const std::vector<ledger::Posting>& postings) {
        for (const auto& posting : postings) {
            EXPECT_TRUE(ledger::is_balanced(posting));
            EXPECT_TRUE(booked_.insert(posting.id.uuid()).second) << "booked twice";
            for (const auto& leg : posting.legs) balance_[leg.account.code] += leg.amount;
        }
    }

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
    std::set<Uuid> booked_;
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

// Rows R, S and T: 100.00 of which 70.00 are released. 63.00 are frozen until it is decided.
TEST(Disputes, FreezeWhatTheSellerWasGiven) {
    Bank bank;
    bank.releases();
    EXPECT_EQ(bank.sellers(), "payable 6300 reserve 0 debt 0 commission 700 escrow 3000");
    bank.tells("needs_response", 10'000, 10'000, 0, 1500);
    EXPECT_EQ(bank.sellers(), "payable 0 reserve 6300 debt 0 commission 700 escrow 3000");
    bank.tells("under_review", 10'000, 10'000, 0, 1500);
    EXPECT_EQ(bank.sellers(), "payable 0 reserve 6300 debt 0 commission 700 escrow 3000");
    bank.tells("won", 10'000, 10'000, 10'000, 1500);
    EXPECT_EQ(bank.sellers(), "payable 6300 reserve 0 debt 0 commission 700 escrow 3000");
    bank.tells("lost", 10'000, 10'000, 0, 1500);
    EXPECT_EQ(bank.sellers(), "payable 0 reserve 0 debt 0 commission 0 escrow 0");
}

TEST(Disputes, ThatAreLostArePaidByWhatWasFrozenAndThenByADebt) {
    struct Row {
        std::int64_t paid_out;
        std::string frozen, lost;
    };
    const Row rows[] = {
        {0, "payable 0 reserve 6300 debt 0", "payable 0 reserve 0 debt 0"},
        {1000, "payable 0 reserve 5300 debt 0", "payable 0 reserve 0 debt 1000"},
        {6300, "payable 0 reserve 0 debt 0", "payable 0 reserve 0 debt 6300"},
    };
    for (const auto& row : rows) {
        Bank bank;
        bank.releases();
        bank.pays_out(row.paid_out);
        bank.tells("needs_response", 10'000, 10'000, 0, 1500);
        EXPECT_EQ(bank.sellers(), row.frozen + " commission 700 escrow 3000");
        bank.tells("lost", 10'000, 10'000, 0, 1500);
        EXPECT_EQ(bank.sellers(), row.lost + " commission 0 escrow 0");
    }
}

TEST(Disputes, FreezeNothingThatEscrowStillHas) {
    Bank bank;
    bank.releases();
    bank.tells("needs_response", 3000, 3000, 0, 1500);
    // 21.00 fall to the first order, 9.00 to the second: only the first has nothing in escrow.
    EXPECT_EQ(bank.sellers(), "payable 4410 reserve 1890 debt 0 commission 700 escrow 3000");
    bank.tells("needs_response", 3000, 3000, 3000, 1500);
    EXPECT_EQ(bank.sellers(), "payable 6300 reserve 0 debt 0 commission 700 escrow 3000");
}

TEST(Disputes, ThatGiveBackMoreThanTheyTookAreForAPerson) {
    const auto payment = settle(begun(Action::capture), yes(), kNoon, 1)->after;
    const auto odd = take_dispute(payment, {}, std::nullopt,
                                  {.reference = "dp_1",
                                   .status = "won",
                                   .amount = payment.money(4000),
                                   .withdrawn = 1,
                                   .reinstated = 2},
                                  {}, kNoon, 1);
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
