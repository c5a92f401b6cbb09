// Goal: what a person may book, and exactly what each event of docs/ledger.md that is booked by
// hand books, and its reversal. Method: tables.

#include "journal/rules.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace florin::journal {
namespace {

using ledger::AccountName;

const Instant kNoon = *instant_from("2026-11-22T12:00:00.000Z");
const auto kMerchant = MerchantId::make(kNoon, 0, 7);
const PaymentId kPayments[] = {PaymentId::make(kNoon, 1, 1), PaymentId::make(kNoon, 2, 2),
                               PaymentId::make(kNoon, 3, 3)};
const auto kBatch = JournalEntryId::make(kNoon, 4, 4);
const auto kPayout = PayoutId::make(kNoon, 5, 5);

Line line(std::string_view account, std::int64_t amount, Reference reference = {}) {
    return {*AccountName::parse(account), amount, std::move(reference)};
}

Reference of(std::size_t payment) {
    return Reference::to(kPayments[payment]);
}

Entry booked(std::vector<Line> lines) {
    // Never in the seller's slot, so that what passes between the two is seen.
    const auto slot = static_cast<Slot>((ledger::home_of(kMerchant, "ann") + 1) % kSlots);
    return complete({.id = JournalEntryId::make(kNoon, slot, 9),
                     .merchant = kMerchant,
                     .reason = "because",
                     .at = kNoon,
                     .lines = std::move(lines)});
}

// "account amount reference", by part; references by their names here.
std::vector<std::string> legs_of(const Entry& entry) {
    std::map<Uuid, std::string> names{
        {entry.id.uuid(), "self"}, {kBatch.uuid(), "batch"}, {kPayout.uuid(), "payout"}};
    if (entry.is_reversal()) {
        names[entry.id.uuid()] = "reversal";
        names[entry.reverses.uuid()] = "self";
    }
    for (std::size_t n = 0; n < std::size(kPayments); ++n)
        names[kPayments[n].uuid()] = "pay" + std::to_string(n);
    std::vector<std::string> out;
    for (const auto& part : ledger::spread(posting_of(entry))) {
        EXPECT_TRUE(ledger::is_balanced(part));
        EXPECT_EQ(part.source, entry.id.uuid());
        for (const auto& leg : part.legs) {
            const bool is_between = leg.account.code == ledger::kInterslot;
            const auto account = is_between ? "interslot" : leg.account.text();
            const auto amount = Money(leg.amount, leg.account.currency).decimal();
            out.push_back(fmt::format("{} {} {}", account, amount, names.at(leg.reference)));
        }
    }
    return out;
}

struct Event {
    std::string_view name;
    std::vector<Line> lines;
    std::vector<std::string> legs, reversal;
};

std::vector<Event> settlement_events() {
    return {
        {"F: the provider's fee is known",
         {line("psp_fees:stripe:EUR", 320, of(0)), line("psp_receivable:stripe:EUR", -320, of(0))},
         {"psp_fees:stripe:EUR 3.20 pay0", "psp_receivable:stripe:EUR -3.20 pay0"},
         {"psp_fees:stripe:EUR -3.20 pay0", "psp_receivable:stripe:EUR 3.20 pay0"}},
        {"G: the provider settles a batch of three payments",
         {line("psp_settlement:stripe:EUR", 29040), line("psp_receivable:stripe:EUR", -9680, of(0)),
          line("psp_receivable:stripe:EUR", -9680, of(1)),
          line("psp_receivable:stripe:EUR", -9680, of(2))},
         {"psp_settlement:stripe:EUR 290.40 self", "psp_receivable:stripe:EUR -96.80 pay0",
          "psp_receivable:stripe:EUR -96.80 pay1", "psp_receivable:stripe:EUR -96.80 pay2"},
         {"psp_settlement:stripe:EUR -290.40 self", "psp_receivable:stripe:EUR 96.80 pay0",
          "psp_receivable:stripe:EUR 96.80 pay1", "psp_receivable:stripe:EUR 96.80 pay2"}},
        {"H: it arrives at the bank, with a cent too much",
         {line("bank:main:EUR", 29041),
          line("psp_settlement:stripe:EUR", -29040, Reference::to(kBatch)),
          line("unapplied:EUR", -1)},
         {"bank:main:EUR 290.41 self", "psp_settlement:stripe:EUR -290.40 batch",
          "unapplied:EUR -0.01 self"},
         {"bank:main:EUR -290.41 self", "psp_settlement:stripe:EUR 290.40 batch",
          "unapplied:EUR 0.01 self"}},
        {"money in suspense is explained",
         {line("unapplied:EUR", 1, Reference::to(kBatch)), line("psp_fees:stripe:EUR", -1)},
         {"unapplied:EUR 0.01 batch", "psp_fees:stripe:EUR -0.01 self"},
         {"unapplied:EUR -0.01 batch", "psp_fees:stripe:EUR 0.01 self"}},
    };
}

std::vector<Event> other_events() {
    return {
        {"AF: a debt is written off",
         {line("chargeback_loss:EUR", 2000), line("seller_receivable:ann:EUR", -2000)},
         {"chargeback_loss:EUR 20.00 self", "interslot -20.00 self",
          "seller_receivable:ann:EUR -20.00 self", "interslot 20.00 self"},
         {"chargeback_loss:EUR -20.00 self", "interslot 20.00 reversal",
          "seller_receivable:ann:EUR 20.00 self", "interslot -20.00 reversal"}},
        {"O, Q: the bank's fee of a payout",
         {line("payout_fees:bank_file:EUR", 25, Reference::to(kPayout)),
          line("bank:main:EUR", -25, Reference::to(kPayout))},
         {"payout_fees:bank_file:EUR 0.25 payout", "bank:main:EUR -0.25 payout"},
         {"payout_fees:bank_file:EUR -0.25 payout", "bank:main:EUR 0.25 payout"}},
        {"V: treasury closes a position at another rate",
         {line("fx_position:EUR", 9200), line("bank:main:EUR", -9200), line("bank:main:USD", 9950),
          line("fx_revenue:USD", 50), line("fx_position:USD", -10000)},
         {"fx_position:EUR 92.00 self", "bank:main:EUR -92.00 self", "bank:main:USD 99.50 self",
          "fx_revenue:USD 0.50 self", "fx_position:USD -100.00 self"},
         {"fx_position:EUR -92.00 self", "bank:main:EUR 92.00 self", "bank:main:USD -99.50 self",
          "fx_revenue:USD -0.50 self", "fx_position:USD 100.00 self"}},
        {"carriers and taxes are paid",
         {line("logistics_payable:dhl:EUR", 500), line("tax_payable:DE:EUR", 800),
          line("bank:main:EUR", -1300)},
         {"logistics_payable:dhl:EUR 5.00 self", "tax_payable:DE:EUR 8.00 self",
          "bank:main:EUR -13.00 self"},
         {"logistics_payable:dhl:EUR -5.00 self", "tax_payable:DE:EUR -8.00 self",
          "bank:main:EUR 13.00 self"}},
    };
}

TEST(Journal, EachEventBooksExactlyThisAndItsReversalTheOpposite) {
    auto events = settlement_events();
    std::ranges::move(other_events(), std::back_inserter(events));
    for (const auto& event : events) {
        SCOPED_TRACE(event.name);
        for (const auto& one : event.lines) EXPECT_TRUE(check_line(one)) << one.account.text();
        EXPECT_TRUE(check_balance(event.lines));
        const auto entry = booked(event.lines);
        EXPECT_EQ(legs_of(entry), event.legs);
        EXPECT_EQ(posting_of(entry).kind, "journal");
        const auto reversal =
            reversal_of(entry, {.id = JournalEntryId::make(kNoon, entry.id.slot(), 1000),
                                .merchant = kMerchant,
                                .at = kNoon});
        EXPECT_EQ(legs_of(reversal), event.reversal);
        EXPECT_EQ(posting_of(reversal).kind, "journal_reversal");
        EXPECT_EQ(reversal.id.slot(), entry.id.slot());
    }
}

TEST(Journal, APersonBooksOnlyWhereNoMachineKeepsAPromise) {
    std::string by_hand;
    for (const auto& type : ledger::kChart) {
        const AccountName account{type.code, type.has_owner ? "x" : "", "EUR"_currency};
        const auto credit = check_line({account, -1, {}});
        if (credit) by_hand += std::string(type.name) + ' ';
        if (!credit) EXPECT_EQ(credit.error().code, "account_not_by_hand") << type.name;
        const bool takes_debit = check_line({account, 1, {}}).has_value();
        EXPECT_EQ(takes_debit, credit && type.code != ledger::kSellerReceivable) << type.name;
    }
    EXPECT_EQ(by_hand,
              "bank psp_receivable psp_settlement seller_receivable logistics_payable tax_payable "
              "unapplied fx_position commission fx_revenue psp_fees chargeback_loss "
              "chargeback_fees goodwill payout_fees ");
}

TEST(Journal, TellsWhatMovesAnAccountInstead) {
    const std::tuple<std::string_view, std::int64_t, std::string_view, std::string_view> rows[] = {
        {"escrow:EUR", 1, "account_not_by_hand", "releases"},
        {"seller_payable:ann:EUR", 1, "account_not_by_hand", "payouts"},
        {"buyer_wallet:ann:EUR", -1, "account_not_by_hand", "/v1/wallets/{id}/credits"},
        {"payout_in_flight:bank_file:EUR", 1, "account_not_by_hand", "/v1/payouts/{id}/outcome"},
        {"psp_receivable:wallet:EUR", -1, "account_not_by_hand", "wallets"},
        {"psp_receivable:points:EUR", -1, "account_not_by_hand", "wallets"},
        {"seller_receivable:ann:EUR", 1, "debit_not_by_hand", "written off"},
        {"bank:main:PTS", 1, "currency_unknown", "ISO 4217"},
        {"bank:main:XXX", 1, "currency_unknown", "ISO 4217"},
    };
    for (const auto& [account, amount, code, part] : rows) {
        const auto name = AccountName::parse(account);
        if (!name) continue;  // No such currency at all.
        const auto checked = check_line({*name, amount, {}});
        ASSERT_FALSE(checked) << account;
        EXPECT_EQ(checked.error().code, code) << account;
        EXPECT_NE(checked.error().detail.find(part), std::string::npos) << checked.error().detail;
    }
    EXPECT_TRUE(check_line(line("psp_receivable:stripe:EUR", 1)));
}

TEST(Journal, MoneyInSuspenseIsAboutAPaymentOrAJournalEntry) {
    EXPECT_TRUE(check_line(line("unapplied:EUR", 1)));
    EXPECT_TRUE(check_line(line("unapplied:EUR", 1, of(0))));
    EXPECT_TRUE(check_line(line("unapplied:EUR", 1, Reference::to(kBatch))));
    const auto unfit = check_line(line("unapplied:EUR", 1, Reference::to(kPayout)));
    ASSERT_FALSE(unfit);
    EXPECT_EQ(unfit.error().code, "reference_unfit");
}

TEST(Journal, DebitsAndCreditsAreEqualInEachCurrency) {
    EXPECT_TRUE(check_balance({line("bank:a:EUR", 2), line("bank:b:EUR", -2)}));
    const auto off =
        check_balance({line("bank:a:EUR", 210), line("bank:b:EUR", -200), line("bank:a:JPY", -7),
                       line("bank:b:USD", 5), line("bank:a:USD", -5)});
    ASSERT_FALSE(off);
    EXPECT_EQ(off.error().code, "journal_entry_unbalanced");
    EXPECT_TRUE(
        off.error().detail.starts_with("debits are 0.10 EUR more than credits, credits are "
                                       "7 JPY more than debits"))
        << off.error().detail;
    // What is right in sum over all currencies is wrong in each.
    EXPECT_FALSE(check_balance({line("bank:a:EUR", 5), line("bank:a:USD", -5)}));
    const std::vector<Line> most(kLinesMax, line("bank:a:EUR", kAmountMax));
    EXPECT_FALSE(check_balance(most));
}

TEST(Journal, AnEntryIsReversedOnceAndAReversalNever) {
    auto entry = booked({line("bank:a:EUR", 2), line("bank:b:EUR", -2)});
    EXPECT_TRUE(check_reversible(entry));
    const auto reversal = reversal_of(entry, {.id = JournalEntryId::make(kNoon, 1, 1000)});
    EXPECT_EQ(check_reversible(reversal).error().code, "reversal_not_reversible");
    entry.reversed_by = reversal.id;
    const auto again = check_reversible(entry);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, "already_reversed");
    EXPECT_EQ(again.error().object, reversal.id.text());
    EXPECT_NE(again.error().detail.find(reversal.id.text()), std::string::npos);
}

}  // namespace
}  // namespace florin::journal
