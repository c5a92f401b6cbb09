// Goal: rates are exact, quotes are right to the minor unit in currencies of 0 to 4 decimals, and
// parts of a quote add up to it on every account. Method: tables whose figures were computed by
// hand or by Python's decimal, and properties over drawn quotes and parts (the seed is printed).

#include "fx/rules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "fx/postings.h"
#include "fx/wide.h"

namespace florin::fx {
namespace {

constexpr auto kEur = "EUR"_currency, kUsd = "USD"_currency, kJpy = "JPY"_currency,
               kKwd = "KWD"_currency, kBhd = "BHD"_currency, kClf = "CLF"_currency,
               kUyw = "UYW"_currency;
const Instant kNoon = *instant_from("2026-11-20T12:00:00Z");
const MerchantId kShop = MerchantId::make(kNoon, 0, 7);

std::string read(std::string_view text) {
    const auto rate = Rate::parse(text);
    return rate ? rate->text() : rate.error().code;
}

std::string divide(std::string_view dividend, std::string_view divisor) {
    const auto rate = quotient(*Rate::parse(dividend), *Rate::parse(divisor));
    return rate ? rate->text() : "none";
}

TEST(Rates, HaveOneSpelling) {
    for (const std::string_view text :
         {"1", "1.087", "0.000000001", "1000000000", "999999999.999", "0.000117", "155.35", "100",
          "0.00000123456789", "12345.6789012"})
        EXPECT_EQ(read(text), text);
    EXPECT_EQ(read("1.0870"), "1.087");
    EXPECT_EQ(read("100.000"), "100");
    EXPECT_EQ(read("1.000000000000000000000000000"), "1");
    EXPECT_EQ(*Rate::parse("1.0870"), (Rate{1087, 3}));
}

TEST(Rates, RefuseWhatIsNone) {
    for (const std::string_view text : {"", ".", "1.", ".5", "-1", "+1", " 1", "1 ", "1,5", "1e3",
                                        "01", "00.5", "NaN", "inf", "1.2.3", "0x1", "1\n", "١"})
        EXPECT_EQ(read(text), "fx_rate_malformed") << text;
    EXPECT_EQ(read(std::string(65, '1')), "fx_rate_malformed");
    for (const std::string_view text :
         {"1234567890123", "0.1234567890123", "1.000000000001", "0.0000000000000000001"})
        EXPECT_NE(read(text), text);
    EXPECT_EQ(read("0.1234567890123"), "fx_rate_too_precise");
    EXPECT_EQ(read("1.000000000001"), "fx_rate_too_precise");
    EXPECT_EQ(read("0.0000000012345678901"), "fx_rate_too_precise");
    for (const std::string_view text :
         {"0", "0.0", "0.0000000009", "1000000000.1", "1000000001", "99999999999999999999"})
        EXPECT_EQ(read(text), "fx_rate_out_of_range") << text;
}

// Python: from decimal import *; getcontext().prec = 12; Decimal(a) / Decimal(b)
TEST(Rates, AreDividedToTwelveDigitsHalfToEven) {
    EXPECT_EQ(divide("1", "1.087"), "0.919963201472");
    EXPECT_EQ(divide("1", "3"), "0.333333333333");
    EXPECT_EQ(divide("2", "3"), "0.666666666667");
    EXPECT_EQ(divide("1", "8"), "0.125");
    EXPECT_EQ(divide("1", "155.35"), "0.00643707756678");
    EXPECT_EQ(divide("155.35", "1.087"), "142.916283349");
    EXPECT_EQ(divide("1.087", "155.35"), "0.00699710331509");
    EXPECT_EQ(divide("1000000000", "0.5"), "none");
    EXPECT_EQ(divide("1", "1000000000"), "0.000000001");
    EXPECT_EQ(divide("1", "999999999"), "0.000000001000000001");
    EXPECT_EQ(divide("0.000000001", "1000000000"), "none");
    EXPECT_EQ(divide("1000000000", "0.000000001"), "none");
    EXPECT_EQ(divide("1000000000", "1"), "1000000000");
    EXPECT_EQ(divide("99999.9999999", "1"), "99999.9999999");
    EXPECT_EQ(divide("0.3", "0.1"), "3");
    EXPECT_EQ(divide("999999999.999", "1"), "999999999.999");
    EXPECT_EQ(divide("0.999999999999", "1.00000000001"), "0.999999999989");
}

TEST(Rates, TheInverseOfTheInverseIsNearTheRate) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 20'000; ++round) {
        Rate rate{static_cast<std::int64_t>(1 + random() % 999'999'999'999),
                  static_cast<int>(3 + random() % 10)};
        if (!Rate::parse(rate.text())) continue;
        rate = *Rate::parse(rate.text());
        const auto inverse = quotient(Rate(), rate);
        ASSERT_TRUE(inverse) << rate.text();
        ASSERT_EQ(*Rate::parse(inverse->text()), *inverse);
        const auto again = quotient(Rate(), *inverse);
        ASSERT_TRUE(again);
        // Within 10 units of the twelfth digit; fewer digits remain of a small inverse.
        const Wide a = Wide{rate.coefficient} * power_of_ten(18 - rate.scale);
        const Wide b = Wide{again->coefficient} * power_of_ten(18 - again->scale);
        const Wide difference = a > b ? a - b : b - a;
        ASSERT_LE(difference / 10, a / (inverse->scale == 18 ? 100'000'000 : 10'000'000'000))
            << rate.text();
    }
}

TEST(Spreads, ArePercent) {
    for (const std::string_view text : {"0", "1", "1.5", "0.0001", "50", "12.3456"}) {
        const auto spread = spread_from(text);
        ASSERT_TRUE(spread) << text;
        EXPECT_EQ(spread_text(*spread), text);
    }
    EXPECT_EQ(spread_from("1.5"), 15'000);
    for (const std::string_view text : {"", "-1", "50.0001", "1.00001", "1%", "1e1", "0.0"})
        EXPECT_FALSE(spread_from(text)) << text;
}

std::string quote(Money amount, Currency other, std::string_view rate, std::int64_t spread_rate,
                  Side fixed = Side::settlement) {
    const auto found = amounts_of({amount, other, fixed}, *Rate::parse(rate), spread_rate);
    if (!found) return found.error().code;
    const auto settlement = fixed == Side::settlement ? amount.currency() : other;
    const auto presentment = fixed == Side::settlement ? other : amount.currency();
    return Money(found->presentment, presentment).decimal() + " = " +
           Money(found->settlement, settlement).decimal() + " + " +
           Money(found->spread, settlement).decimal();
}

// presentment = settlement + spread, at 1 presentment = rate settlement.
TEST(Quotes, AreRightInCurrenciesOfNoneToFourDecimals) {
    // The figures of row V: 100.00 / 1.087 = 91.9963.
    EXPECT_EQ(quote({9900, kUsd}, kEur, "1.0870", 10'101), "92.00 = 99.00 + 1.00");
    EXPECT_EQ(quote({9900, kUsd}, kEur, "1.0870", 0), "91.08 = 99.00 + 0.00");
    EXPECT_EQ(quote({9900, kUsd}, kJpy, "0.00699710331509", 10'000), "14290 = 99.00 + 0.99");
    EXPECT_EQ(quote({1'000, kJpy}, kEur, "155.35", 20'000), "6.57 = 1000 + 20");
    EXPECT_EQ(quote({9900, kUsd}, kKwd, "3.2573", 10'000), "30.697 = 99.00 + 0.99");
    EXPECT_EQ(quote({30'697, kKwd}, kUsd, "0.307", 0), "99.99 = 30.697 + 0.000");
    EXPECT_EQ(quote({30'697, kKwd}, kBhd, "0.8145", 5'000), "37.876 = 30.697 + 0.153");
    EXPECT_EQ(quote({10'000, kEur}, kClf, "36.5", 0), "2.7397 = 100.00 + 0.00");
    EXPECT_EQ(quote({27'397, kClf}, kJpy, "0.00017", 1'000), "16132 = 2.7397 + 0.0027");
    EXPECT_EQ(quote({12'345'678, kUyw}, kKwd, "8.3", 0), "148.743 = 1234.5678 + 0.0000");
    EXPECT_EQ(quote({1, kUsd}, kEur, "1.087", 0), "0.01 = 0.01 + 0.00");
}

TEST(Quotes, OfAFixedPresentmentGiveTheOrderTheRest) {
    EXPECT_EQ(quote({9200, kEur}, kUsd, "1.087", 10'101, Side::presentment),
              "92.00 = 99.00 + 1.00");
    EXPECT_EQ(quote({10'000, kJpy}, kUsd, "0.0070", 20'000, Side::presentment),
              "10000 = 68.63 + 1.37");
    EXPECT_EQ(quote({1'000, kKwd}, kJpy, "500.5", 0, Side::presentment), "1.000 = 500 + 0");
    EXPECT_EQ(quote({3'000, kKwd}, kJpy, "500.5", 0, Side::presentment), "3.000 = 1502 + 0");
}

TEST(Quotes, AreHalfToEven) {
    EXPECT_EQ(quote({1, kUsd}, kEur, "2", 0), "fx_amount_too_small");  // 0.005
    EXPECT_EQ(quote({3, kUsd}, kEur, "2", 0), "0.02 = 0.03 + 0.00");   // 0.015
    EXPECT_EQ(quote({5, kUsd}, kEur, "2", 0), "0.02 = 0.05 + 0.00");   // 0.025
    EXPECT_EQ(quote({50, kUsd}, kEur, "1", 10'000), "0.50 = 0.50 + 0.00");
    EXPECT_EQ(quote({150, kUsd}, kEur, "1", 10'000), "1.52 = 1.50 + 0.02");
}

TEST(Quotes, StayWithinTheLimits) {
    EXPECT_EQ(quote({1, kJpy}, kUsd, "1000", 0), "fx_amount_too_small");
    EXPECT_EQ(quote({1, kUsd}, kJpy, "0.5", 0, Side::presentment), "fx_amount_too_small");
    EXPECT_EQ(quote({kAmountMax, kUsd}, kEur, "0.9", 0), "amount_too_large");
    EXPECT_EQ(quote({kAmountMax, kUsd}, kEur, "2", 1), "amount_too_large");
    EXPECT_EQ(quote({kAmountMax, kUyw}, kJpy, "0.000000001", kSpreadMax), "amount_too_large");
    EXPECT_EQ(quote({kAmountMax, kJpy}, kUyw, "1000000000", 0, Side::presentment),
              "amount_too_large");
    EXPECT_EQ(quote({kAmountMax, kJpy}, kClf, "0.000000001", 0), "amount_too_large");
    EXPECT_EQ(quote({kAmountMax, kUyw}, kJpy, "999999999.999", 0),
              "100 = 99999999999.9999 + 0.0000");
}

TEST(Quotes, TheSpreadOfThePairGoesBeforeThePreset) {
    const Spreads spreads{.preset = 10, .by_pair = {{{kEur, kUsd}, 20}}};
    EXPECT_EQ(spreads.of({kEur, kUsd}), 20);
    EXPECT_EQ(spreads.of({kUsd, kEur}), 10);
}

Quote row_v() {
    return {.id = quote_id(kShop, "key"),
            .merchant = kShop,
            .settlement = kUsd,
            .presentment = kEur,
            .amounts = {9200, 9900, 100},
            .rate = *Rate::parse("1.0870"),
            .created_at = kNoon,
            .expires_at = kNoon + std::chrono::minutes(10)};
}

const Uuid kPaid = PaymentId::make(kNoon, 3, 1 << 8).uuid(),
           kOrder = PaymentId::make(kNoon, 3, 2 << 8).uuid();

Counterpart receivable(Currency currency) {
    return {{ledger::kPspReceivable, "stripe", currency}, kPaid};
}

std::string lines(const Quote& quote, const std::vector<ledger::Leg>& legs) {
    std::string out;
    for (const auto& leg : legs) {
        const auto* whose = leg.reference == kPaid             ? "payment"
                            : leg.reference == quote.id.uuid() ? "quote"
                                                               : "other";
        const Money amount(std::abs(leg.amount), leg.account.currency);
        out += fmt::format("{} {} {} {}\n", leg.amount > 0 ? "Dr" : "Cr", leg.account.text(),
                           amount.decimal(), whose);
    }
    return out;
}

// Together with the escrow of the orders, which the caller posts.
ledger::Posting with_escrow(const Quote& quote, const Amounts& part, Way way) {
    ledger::Posting posting{.legs =
                                conversion_legs(quote, part, way, receivable(quote.presentment))};
    const auto owed = way == Way::in ? -part.settlement : part.settlement;
    if (owed != 0) posting.legs.push_back({{ledger::kEscrow, "", quote.settlement}, owed, kOrder});
    return posting;
}

TEST(Conversion, RowVAndItsWayBack) {
    const auto quote = row_v();
    const auto in = conversion_legs(quote, quote.amounts, Way::in, receivable(kEur));
    EXPECT_EQ(lines(quote, in),
              "Dr psp_receivable:stripe:EUR 92.00 payment\n"
              "Cr fx_position:EUR 92.00 quote\n"
              "Dr fx_position:USD 100.00 quote\n"
              "Cr fx_revenue:USD 1.00 quote\n");
    EXPECT_TRUE(ledger::is_balanced(with_escrow(quote, quote.amounts, Way::in)));
    const auto back = conversion_legs(quote, quote.amounts, Way::back, receivable(kEur));
    EXPECT_EQ(lines(quote, back),
              "Cr psp_receivable:stripe:EUR 92.00 payment\n"
              "Dr fx_position:EUR 92.00 quote\n"
              "Cr fx_position:USD 100.00 quote\n"
              "Dr fx_revenue:USD 1.00 quote\n");
    EXPECT_TRUE(ledger::is_balanced(with_escrow(quote, quote.amounts, Way::back)));
}

TEST(Conversion, APartIsItsShareAndTheLastPartTheRest) {
    const Amounts whole = row_v().amounts;
    EXPECT_EQ(part_of(whole, Side::settlement, 0, 3300), (Amounts{3067, 3300, 33}));
    EXPECT_EQ(part_of(whole, Side::settlement, 3300, 3300), (Amounts{3066, 3300, 34}));
    EXPECT_EQ(part_of(whole, Side::settlement, 6600, 3300), (Amounts{3067, 3300, 33}));
    EXPECT_EQ(part_of(whole, Side::presentment, 0, 9200), whole);
    EXPECT_EQ(part_of(whole, Side::presentment, 0, 1), (Amounts{1, 1, 0}));
    EXPECT_EQ(part_of({1, 100'000, 0}, Side::settlement, 0, 50'000), (Amounts{0, 50'000, 0}));
}

class Books {
public:
    void post(const ledger::Posting& posting) {
        std::map<Currency, std::int64_t> sums;
        for (const auto& leg : posting.legs) {
            sums[leg.account.currency] += leg.amount;
            balances_[leg.account.text()] += leg.amount;
        }
        for (const auto& [currency, sum] : sums) EXPECT_EQ(sum, 0) << currency.code();
    }
    std::int64_t at(const std::string& account) { return balances_[account]; }
    bool are_even() const {
        return std::ranges::all_of(balances_, [](const auto& one) { return one.second == 0; });
    }

private:
    std::map<std::string, std::int64_t> balances_;
};

Quote drawn(std::mt19937_64& random) {
    static constexpr Currency kAll[] = {kEur, kUsd, kJpy, kKwd, kBhd, kClf, kUyw};
    auto quote = row_v();
    do {
        quote.settlement = kAll[random() % 7];
        quote.presentment = kAll[random() % 7];
    } while (quote.settlement == quote.presentment);
    while (true) {
        const auto digits = random() % 12;
        const auto amount = static_cast<std::int64_t>(
            1 + random() % static_cast<std::uint64_t>(power_of_ten(static_cast<int>(digits) + 1)));
        Rate rate{static_cast<std::int64_t>(1 + random() % 999'999),
                  static_cast<int>(random() % 7)};
        quote.fixed = random() % 2 ? Side::settlement : Side::presentment;
        const auto fixed_first = quote.fixed == Side::settlement;
        const Wish wish{Money(amount, fixed_first ? quote.settlement : quote.presentment),
                        fixed_first ? quote.presentment : quote.settlement, quote.fixed};
        quote.spread_rate = static_cast<std::int64_t>(random() % (kSpreadMax + 1));
        const auto amounts = amounts_of(wish, rate, quote.spread_rate);
        if (!amounts) continue;
        quote.rate = rate;
        quote.amounts = *amounts;
        return quote;
    }
}

// Captures in parts, refunds in other parts in between, never more than captured.
TEST(Conversion, AnyPartsAddUpToTheQuoteAndRefundsOfAllLeaveNothing) {
    const auto seed = std::random_device{}();
    std::cout << "seed " << seed << '\n';
    std::mt19937_64 random(seed);
    for (int round = 0; round < 3'000 && !testing::Test::HasFailure(); ++round) {
        const auto quote = drawn(random);
        const auto& whole = quote.amounts;
        const auto given = random() % 2 ? Side::settlement : Side::presentment;
        const auto all = given == Side::settlement ? whole.settlement : whole.presentment;
        Books books;
        std::int64_t captured = 0, refunded = 0;
        Amounts in, back;
        const auto step = [&](std::int64_t& done, std::int64_t limit, Way way, Amounts& sum) {
            auto size =
                static_cast<std::int64_t>(1 + random() % static_cast<std::uint64_t>(limit - done));
            if (random() % 3 == 0) size = limit - done;
            const auto part = part_of(whole, given, done, size);
            EXPECT_TRUE(part.presentment >= 0 && part.settlement >= 0 && part.spread >= 0);
            books.post(with_escrow(quote, part, way));
            done += size;
            sum.presentment += part.presentment;
            sum.settlement += part.settlement;
            sum.spread += part.spread;
        };
        while (captured < all || refunded < all) {
            const bool can_refund = refunded < captured;
            if (captured < all && (!can_refund || random() % 2))
                step(captured, all, Way::in, in);
            else if (can_refund)
                step(refunded, captured, Way::back, back);
            EXPECT_TRUE(back.presentment <= in.presentment && back.settlement <= in.settlement &&
                        back.spread <= in.spread);
            EXPECT_EQ(
                books.at(ledger::AccountName{ledger::kPspReceivable, "stripe", quote.presentment}
                             .text()),
                in.presentment - back.presentment);
        }
        EXPECT_EQ(in, whole);
        EXPECT_EQ(back, whole);
        EXPECT_TRUE(books.are_even());
    }
}

// The position of a quote is within half a minor unit of the buyer's currency of its rate.
TEST(Quotes, TheRateFollowsFromThePosition) {
    const auto seed = std::random_device{}();
    std::cout << "seed " << seed << '\n';
    std::mt19937_64 random(seed);
    for (int round = 0; round < 20'000 && !testing::Test::HasFailure(); ++round) {
        const auto quote = drawn(random);
        const auto power = [](int n) { return power_of_ten(std::max(n, 0)); };
        const int net =
            quote.settlement.exponent() - quote.presentment.exponent() - quote.rate.scale;
        // Both in units of 10^-net of the settlement's minor unit, times two.
        const Wide worth =
            Wide{2} * quote.amounts.presentment * quote.rate.coefficient * power(net);
        const Wide gross = Wide{2} * quote.amounts.gross() * power(-net);
        const Wide most = quote.fixed == Side::settlement
                              ? Wide{quote.rate.coefficient} * power(net)
                              : power(-net);
        EXPECT_LE(worth > gross ? worth - gross : gross - worth, most);
    }
}

TEST(QuoteIds, AreAFunctionOfMerchantAndKeyInTheSlotOfANewPayment) {
    const auto id = quote_id(kShop, "key");
    EXPECT_EQ(id, quote_id(kShop, "key"));
    EXPECT_NE(id, quote_id(kShop, "key2"));
    EXPECT_NE(id, quote_id(MerchantId::make(kNoon, 0, 8), "key"));
    EXPECT_EQ(id.slot(), slot_of(view(kShop.uuid()), "key"));
    EXPECT_EQ(FxQuoteId::parse(id.text()), id);
}

TEST(QuoteStates, OpenUntilItExpiresOrIsUsed) {
    auto quote = row_v();
    EXPECT_EQ(quote.state(kNoon), QuoteState::open);
    EXPECT_EQ(quote.state(quote.expires_at), QuoteState::expired);
    quote.payment = PaymentId::make(kNoon, 3, 1);
    EXPECT_EQ(quote.state(quote.expires_at), QuoteState::used);
    EXPECT_EQ(name(QuoteState::open), "open");
    EXPECT_EQ(name(QuoteState::used), "used");
    EXPECT_EQ(name(QuoteState::expired), "expired");
}

}  // namespace
}  // namespace florin::fx
