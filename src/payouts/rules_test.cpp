// Goal: how what is payable falls apart, when runs are, and which step books what. Method: tables,
// drawn amounts, and the whole matrix of the machine against the books.

#include "payouts/rules.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "payouts/pain001.h"
#include "payouts/postings.h"

namespace florin::payouts {
namespace {

using payout::Event;
using payout::Status;

const Instant kNoon = *instant_from("2026-11-25T12:00:00Z");  // A Wednesday.
const KeyId kAsker = KeyId::make(kNoon, 0, 1 << 2), kBoss = KeyId::make(kNoon, 0, 2 << 2);

Settings settings() {
    const auto merchant = MerchantId::make(kNoon, 0, 7);
    return {.seller = SellerId::make(kNoon, ledger::home_of(merchant, "ann"), 9),
            .merchant = merchant,
            .reference = "ann",
            .currency = "EUR"_currency,
            .destination = {"Ann", "DE89370400440532013000", ""},
            .set_by = kAsker};
}

Payout made(std::int64_t gross = 1000, Wish wish = {.source = "bank"}) {
    const Payable payable{.to_seq = 1, .items = 1, .gross = gross, .fresh = gross, .debt = 100};
    auto with_reserve = settings();
    with_reserve.reserve_rate = 100'000;
    return begin(with_reserve, payable, std::move(wish), kNoon, 1).after;
}

TEST(PayoutRules, DebtsComeFirstThenTheReserveOfWhatIsFresh) {
    struct Row {
        std::int64_t gross, fresh, debt, rate;
        Cut cut;
    };
    const Row rows[] = {
        {1000, 1000, 0, 0, {0, 0, 1000}},
        {1000, 1000, 0, 100'000, {0, 100, 900}},
        {1000, 1000, 300, 100'000, {300, 70, 630}},
        {1000, 1000, 1000, 100'000, {1000, 0, 0}},
        {1000, 1000, 5000, 100'000, {1000, 0, 0}},
        {1000, 400, 0, 100'000, {0, 40, 960}},   // 600 were in a payout before.
        {1000, -200, 0, 100'000, {0, 0, 1000}},  // A refund, and more that came back.
        {999, 999, 0, 1, {0, 0, 999}},           // In favour of the seller.
        {1000, 1000, 0, 1'000'000, {0, 1000, 0}},
        {0, 0, 50, 100'000, {0, 0, 0}},
    };
    for (const auto& row : rows) {
        const Payable payable{.gross = row.gross, .fresh = row.fresh, .debt = row.debt};
        EXPECT_EQ(cut_of(payable, row.rate), row.cut) << row.gross << ' ' << row.debt;
    }
    std::mt19937_64 random{7};
    for (int i = 0; i < 20'000; ++i) {
        const auto draw = [&] { return static_cast<std::int64_t>(random() % kAmountMax); };
        const Payable payable{.gross = draw(), .fresh = draw() - draw(), .debt = draw()};
        const auto cut = cut_of(payable, static_cast<std::int64_t>(random() % 1'000'001));
        ASSERT_GE(std::min({cut.netted, cut.reserved, cut.amount}), 0);
        ASSERT_EQ(cut.netted + cut.reserved + cut.amount, payable.gross);
    }
}

TEST(PayoutRules, RunsAreAtTheFullHourAndAlwaysLater) {
    struct Row {
        Schedule schedule;
        std::int16_t weekday, hour;
        const char *after, *next;
    };
    const Row rows[] = {
        {Schedule::daily, 0, 3, "2026-11-25T02:59:59Z", "2026-11-25T03:00:00.000Z"},
        {Schedule::daily, 0, 3, "2026-11-25T03:00:00Z", "2026-11-26T03:00:00.000Z"},
        {Schedule::daily, 0, 0, "2026-12-31T23:59:59Z", "2027-01-01T00:00:00.000Z"},
        {Schedule::weekly, 2, 12, "2026-11-25T11:00:00Z", "2026-11-25T12:00:00.000Z"},
        {Schedule::weekly, 2, 12, "2026-11-25T12:00:00Z", "2026-12-02T12:00:00.000Z"},
        {Schedule::weekly, 0, 23, "2026-11-25T12:00:00Z", "2026-11-30T23:00:00.000Z"},
        {Schedule::weekly, 6, 5, "2028-02-28T12:00:00Z", "2028-03-05T05:00:00.000Z"},
    };
    for (const auto& [schedule, weekday, hour, after, next] : rows) {
        auto one = settings();
        one.schedule = schedule;
        one.weekday = weekday;
        one.hour = hour;
        EXPECT_EQ(to_text(next_run(one, *instant_from(after))), next);
    }
    EXPECT_EQ(next_run(settings(), kNoon), Instant::max());
}

TEST(PayoutRules, AllThatIsInTheWayIsNamed) {
    auto one = settings();
    one.minimum = 500;
    const Payable enough{.gross = 500}, little{.gross = 499}, nothing{};
    EXPECT_TRUE(holdups(&one, true, enough).empty());
    EXPECT_EQ(holdups(&one, true, little), std::vector{Holdup::below_minimum});
    const Payable owing{.gross = 499, .debt = 499};  // What only pays debts has no minimum.
    EXPECT_TRUE(holdups(&one, true, owing).empty());
    one.suspended = "came back";
    EXPECT_EQ(holdups(&one, false, nothing),
              (std::vector{Holdup::seller_suspended, Holdup::destination_suspended,
                           Holdup::nothing_payable}));
    EXPECT_EQ(holdups(nullptr, true, enough), std::vector{Holdup::no_settings});
}

// What is in the books of a payout, by account type and owner.
void add_up(std::map<std::string, std::int64_t>& books, const std::vector<ledger::Posting>& all) {
    for (const auto& posting : all) {
        ASSERT_TRUE(ledger::is_balanced(posting));
        for (const auto& leg : posting.legs) books[leg.account.text()] += leg.amount;
    }
}

TEST(PayoutRules, BooksExactlyThis) {
    const auto payout = made();
    std::map<std::string, std::int64_t> books;
    add_up(books, {created_posting(payout)});
    const std::map<std::string, std::int64_t> created = {{"seller_payable:ann:EUR", 1000},
                                                         {"seller_receivable:ann:EUR", -100},
                                                         {"seller_reserve:ann:EUR", -90},
                                                         {"payout_in_flight:bank_file:EUR", -810}};
    EXPECT_EQ(books, created);
    add_up(books, {paid_posting(payout, 25, kNoon)});
    EXPECT_EQ(books["payout_in_flight:bank_file:EUR"], 0);
    EXPECT_EQ(books["bank:bank:EUR"], -835);
    EXPECT_EQ(books["payout_fees:bank_file:EUR"], 25);
    add_up(books, {returned_posting(payout, 0, kNoon)});
    EXPECT_EQ(books["bank:bank:EUR"], -25);
    EXPECT_EQ(books["seller_payable:ann:EUR"], 190);
    add_up(books, {reserve_posting({payout.id, payout.merchant, "ann", payout.currency, 90, kNoon},
                                   kNoon)});
    EXPECT_EQ(books["seller_reserve:ann:EUR"], 0);
}

// Money is in flight exactly while a payout is open, whatever happens in whichever order.
TEST(PayoutRules, NoWayThroughTheMachineLosesMoney) {
    const auto is_open = [](Status status) {
        return status == Status::awaiting_approval || status == Status::approved ||
               status == Status::sending || status == Status::unknown ||
               status == Status::in_transit;
    };
    std::mt19937_64 random{11};
    std::size_t ended = 0;
    for (int round = 0; round < 2000; ++round) {
        auto payout = made(1000, {.source = "bank", .limit = round % 2 ? 1 : 10'000});
        std::map<std::string, std::int64_t> books;
        add_up(books, {created_posting(payout)});
        for (int i = 0; i < 30; ++i) {
            const auto event = static_cast<Event>(random() % static_cast<unsigned>(Event::count));
            const auto done =
                step(payout, event, {.fee = static_cast<std::int64_t>(random() % 3)}, kNoon);
            if (!done) {
                EXPECT_EQ(done.error().code, "payout_out_of_order");
                continue;
            }
            EXPECT_EQ(done->after.version, payout.version + 1);
            add_up(books, done->postings);
            payout = done->after;
            EXPECT_EQ(books["payout_in_flight:bank_file:EUR"],
                      is_open(payout.status) ? -payout.amount : 0);
            const bool is_back = payout.status == Status::failed ||
                                 payout.status == Status::canceled ||
                                 payout.status == Status::returned;
            EXPECT_EQ(books["seller_payable:ann:EUR"],
                      payout.gross - (is_back ? payout.amount : 0));
        }
        ended += is_open(payout.status) ? 0U : 1U;
    }
    EXPECT_GT(ended, 1000U);
}

TEST(PayoutRules, ASecondPersonIsAnotherKey) {
    const auto waiting = made(1000, {.asked_by = kBoss, .source = "bank", .limit = 809});
    ASSERT_EQ(waiting.status, Status::awaiting_approval);
    EXPECT_EQ(made(1000, {.source = "bank", .limit = 810}).status, Status::approved);
    for (const auto& key : {kAsker, kBoss}) {  // Who said where to, and who asked.
        const auto refused = decide(waiting, true, key, "", kNoon);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, "approver_is_asker");
        EXPECT_EQ(refused.error().fault, Fault::forbidden);
    }
    const auto other = KeyId::make(kNoon, 0, 3 << 2);
    const auto yes = decide(waiting, true, other, "", kNoon);
    ASSERT_TRUE(yes);
    EXPECT_EQ(yes->after.status, Status::approved);
    EXPECT_EQ(yes->after.decided_by, other);
    EXPECT_EQ(yes->after.due_at, kNoon);
    EXPECT_TRUE(has_happened(yes->after, Event::approved, {.by = other}));
    const auto no = decide(waiting, false, other, "looks odd", kNoon);
    EXPECT_EQ(no->after.status, Status::canceled);
    EXPECT_EQ(no->postings.size(), 1U);
}

TEST(PayoutRules, SilenceIsNeverANo) {
    using namespace connectors;
    auto sent = *step(made(), Event::sent, {}, kNoon);
    const auto payout = sent.after;
    EXPECT_EQ(heard(payout, Unknown{"no answer"})->event, Event::outcome_unknown);
    EXPECT_EQ(heard(payout, NotFound{})->event, Event::outcome_unknown);
    EXPECT_EQ(heard(payout, NotSent{"refused"})->event, Event::not_sent);
    EXPECT_EQ(heard(payout, Pending{"tr_1", "provider", ""})->event, Event::accepted);
    EXPECT_EQ(heard(payout, Declined{"account_closed", "", "tr_1", {}})->event, Event::failed);
    EXPECT_EQ(heard(payout, Succeeded{"tr_1", {}})->event, Event::paid);
    const auto unknown = step(payout, Event::outcome_unknown, {}, kNoon)->after;
    EXPECT_FALSE(heard(unknown, NotFound{}));
    EXPECT_FALSE(heard(unknown, Unknown{"still nothing"}));
    EXPECT_FALSE(heard(unknown, NotSent{"refused"}));
    EXPECT_EQ(heard(unknown, Succeeded{"tr_1", {}})->event, Event::paid);
    const auto sent_at = unknown.sent_at;  // The rail's key gets no younger by using it again.
    EXPECT_EQ(step(unknown, Event::sent, {}, kNoon + std::chrono::hours(5))->after.sent_at,
              sent_at);
    auto paid = payout;
    paid.status = Status::paid;  // Only a no is news of what is paid.
    EXPECT_EQ(heard(paid, Declined{"payout_failed", "no_account", "po_1", {}})->event,
              Event::returned);
    EXPECT_EQ(heard(paid, Declined{"payout_failed", "no_account", "po_1", {}})->news.reason,
              "payout_failed: no_account");
    EXPECT_FALSE(heard(paid, Succeeded{"po_1", {}}));
    EXPECT_FALSE(heard(paid, Pending{"po_1", "provider", ""}));
    EXPECT_FALSE(heard(paid, Unknown{"no answer"}));
    EXPECT_FALSE(heard(paid, NotFound{}));
}

TEST(PayoutTypes, AnIbanHasItsChecksum) {
    for (const auto* good : {"DE89370400440532013000", "GB82WEST12345698765432",
                             "FR1420041010050500013M02606", "NO9386011117947"})
        EXPECT_TRUE(check_iban(good)) << good;
    const std::pair<const char*, const char*> rows[] = {
        {"", "iban_malformed"},
        {"DE8937040044053201300", "iban_wrong_checksum"},
        {"DE98370400440532013000", "iban_wrong_checksum"},
        {"GB82WEST12345698765423", "iban_wrong_checksum"},
        {"de89370400440532013000", "iban_malformed"},
        {"DE89 3704 0044 0532 0130 00", "iban_malformed"},
        {"DEX9370400440532013000", "iban_malformed"},
        {"DE89370400440532013000370400440532013", "iban_malformed"},
    };
    for (const auto& [iban, code] : rows) {
        const auto refused = check_iban(iban);
        ASSERT_FALSE(refused) << iban;
        EXPECT_EQ(refused.error().code, code) << iban;
    }
    EXPECT_TRUE(is_connected_account("acct_1AbZ9"));
    for (const auto* bad : {"", "acct_", "acct", "acc_1", "acct_a b", "acct_a\r\n", "acct_{{x}}"})
        EXPECT_FALSE(is_connected_account(bad)) << bad;
    EXPECT_FALSE(is_connected_account("acct_" + std::string(60, 'a')));
    EXPECT_TRUE(is_bic("COBADEFFXXX") && is_bic("COBADEFF"));
    EXPECT_FALSE(is_bic("COBADEFFX") || is_bic("COBA12FF") || is_bic("cobadeff"));
}

TEST(Pain001, AddsUpAndEscapes) {
    auto first = made(), second = made(2000);
    first.destination.name = "Ann & <Söhne>";
    second.destination.bic = "COBADEFF";
    const Batch batch{.id = PayoutBatchId::make(kNoon, 0, 5),
                      .currency = "EUR"_currency,
                      .source = "GB82WEST12345698765432",
                      .name = "Market",
                      .created_at = kNoon,
                      .exported_at = kNoon};
    const std::vector<Payout> both{first, second};
    const auto file = pain001(batch, both);
    const auto has = [&](std::string_view text) { return file.find(text) != std::string::npos; };
    EXPECT_TRUE(has("<NbOfTxs>2</NbOfTxs>\n      <CtrlSum>25.20</CtrlSum>")) << file;
    EXPECT_TRUE(has("<Nm>Ann &amp; &lt;Söhne&gt;</Nm>"));
    EXPECT_TRUE(has("<InstdAmt Ccy=\"EUR\">8.10</InstdAmt>"));
    EXPECT_TRUE(has("<CdtrAgt><FinInstnId><BICFI>COBADEFF</BICFI></FinInstnId></CdtrAgt>"));
    EXPECT_EQ(pain001(batch, both), file);
}

}  // namespace
}  // namespace florin::payouts
