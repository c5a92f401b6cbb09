// Goal: a quote stands under its key as it was made, and one payment at most uses it, before it
// expires; a merchant's lists are its own and not too many. Method: a real database, and users
// that meet at one quote.

#include "fx/store.h"

#include <algorithm>

#include "fx/desk.h"
#include "tests/kit/test_database.h"

namespace florin::fx {
namespace {

using std::chrono::minutes;

constexpr auto kEur = "EUR"_currency, kUsd = "USD"_currency, kJpy = "JPY"_currency;
const Instant kNoon = *instant_from("2026-11-20T12:00:00Z");

// Rates of whoever tests, instead of a file.
class GivenRates : public RateSource {
public:
    std::string_view name() const override { return "given"; }
    Task<Result<std::optional<RateTable>>> changed(Instant now) override {
        co_return RateTable::parse(text, now);
    }
    std::string text = "base,quote,rate,as_of\nEUR,USD,1.0870,2026-11-20T11:59:00Z\n";
};

class FxTest : public test::DatabaseTest {
protected:
    FxTest() { test::run(io, rates.look(kNoon)); }

    Result<Kept> ask(std::string key, Money amount = {9900, kUsd}, Instant at = kNoon) {
        Request request{shop, std::move(key), {}};
        request.hash[0] = static_cast<std::uint8_t>(amount.minor() % 251);
        return test::run(io, desk.quote(std::move(request), {amount, kEur}, at));
    }
    std::string use(FxQuoteId id, PaymentId payment, Instant at = kNoon,
                    MerchantId merchant = MerchantId::make(kNoon, 0, 7)) {
        Use wanted{id, merchant, payment, at};
        const auto used = test::run(io, store.use(wanted));
        return used ? used->payment.text() : used.error().code;
    }
    std::string put(std::string_view key, std::vector<Currency> currencies) {
        CurrencyList wanted{shop, *ListKey::parse(key), std::move(currencies), kNoon};
        const auto done = test::run(io, store.put(std::move(wanted)));
        return done ? "done" : done.error().code;
    }
    PaymentId payment(std::uint64_t n) { return PaymentId::make(kNoon, 9, n << 8); }

    MerchantId shop = MerchantId::make(kNoon, 0, 7), other = MerchantId::make(kNoon, 0, 8);
    GivenRates source;
    Rates rates{&source, {}};
    Store store{pool};
    Desk desk{rates, store, {.spreads = {.preset = 10'101}}};
};

TEST_F(FxTest, AQuoteIsReadAsItWasMade) {
    const auto made = ask("key");
    ASSERT_TRUE(made) << made.error().detail;
    EXPECT_TRUE(made->is_new);
    const auto quote = test::run(io, store.quote(shop, quote_id(shop, "key")));
    ASSERT_TRUE(quote);
    EXPECT_EQ(quote->id, made->quote.id);
    EXPECT_EQ(quote->merchant, shop);
    EXPECT_EQ(quote->settlement, kUsd);
    EXPECT_EQ(quote->presentment, kEur);
    EXPECT_EQ(quote->amounts, (Amounts{9200, 9900, 100}));
    EXPECT_EQ(quote->rate, (Rate{1087, 3}));
    EXPECT_EQ(quote->derivation, Derivation::stated);
    EXPECT_EQ(quote->source, "given");
    EXPECT_EQ(quote->rate_as_of, kNoon - minutes(1));
    EXPECT_EQ(quote->spread_rate, 10'101);
    EXPECT_EQ(quote->created_at, kNoon);
    EXPECT_EQ(quote->expires_at, kNoon + minutes(10));
    EXPECT_FALSE(quote->is_used());
    EXPECT_EQ(test::run(io, store.quote(other, quote->id)).error().code, "fx_quote_not_found");
    EXPECT_TRUE(test::run(io, store.quote(MerchantId(), quote->id)));
}

TEST_F(FxTest, AKeyHasOneQuoteWhateverTheRateIsLater) {
    const auto made = ask("key");
    source.text = "base,quote,rate,as_of\nEUR,USD,1.2,2026-11-20T12:00:00Z\n";
    test::run(io, rates.look(kNoon));
    auto again = ask("key", {9900, kUsd}, kNoon + minutes(1));
    ASSERT_TRUE(again);
    EXPECT_FALSE(again->is_new);
    EXPECT_EQ(again->quote.amounts, made->quote.amounts);
    EXPECT_EQ(again->quote.expires_at, made->quote.expires_at);
    EXPECT_EQ(ask("key", {9901, kUsd}).error().code, "idempotency_key_reused");
    EXPECT_EQ(ask("key2")->quote.amounts.presentment, 8333);
    // Too old for a new quote; the one that was made stands.
    const auto later = kNoon + std::chrono::hours(25);
    EXPECT_EQ(ask("key3", {9900, kUsd}, later).error().code, "fx_rate_stale");
    again = ask("key", {9900, kUsd}, later);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->quote.amounts, made->quote.amounts);
}

TEST_F(FxTest, IsUsedOnceBeforeItExpires) {
    const auto id = ask("key")->quote.id, late = ask("late")->quote.id;
    const auto one = payment(1), two = payment(2);
    EXPECT_EQ(use(quote_id(shop, "none"), one), "fx_quote_not_found");
    EXPECT_EQ(use(id, one, kNoon, other), "fx_quote_not_found");
    EXPECT_EQ(use(id, one, kNoon + minutes(10)), "fx_quote_expired");
    EXPECT_EQ(use(id, one, kNoon + minutes(9)), one.text());
    EXPECT_EQ(use(id, one, kNoon + minutes(20)), one.text()) << "again for the same payment";
    EXPECT_EQ(use(id, two), "fx_quote_used");
    const auto kept = test::run(io, store.quote(shop, id));
    EXPECT_EQ(kept->payment, one);
    EXPECT_EQ(kept->used_at, kNoon + minutes(9));
    EXPECT_EQ(kept->state(kNoon + minutes(20)), QuoteState::used);
    EXPECT_EQ(use(late, two, kNoon + minutes(10) - std::chrono::microseconds(1)), two.text());
}

Task<> use_it(Store& store, Use wanted, std::vector<std::string>& outcomes) {
    const auto used = co_await store.use(wanted);
    outcomes.push_back(used ? "used" : used.error().code);
}

TEST_F(FxTest, OfManyUsersAtOnceOneWins) {
    for (int round = 0; round < 20; ++round) {
        const auto id = ask(std::to_string(round))->quote.id;
        std::vector<std::string> outcomes;
        std::vector<Task<>> tasks;
        for (std::uint64_t n = 0; n < 8; ++n) {
            const Use wanted{id, shop, payment(n + 1), kNoon};
            tasks.push_back(use_it(store, wanted, outcomes));
        }
        test::run_all(io, std::move(tasks));
        EXPECT_EQ(std::ranges::count(outcomes, "used"), 1);
        EXPECT_EQ(std::ranges::count(outcomes, "fx_quote_used"), 7);
    }
}

constexpr std::string_view kMark = "UPDATE florin.slot_dir SET epoch = epoch + 1 WHERE slot = 7";

// What else the transaction of a payment writes goes when its quote cannot be used.
TEST_F(FxTest, TheTransactionThatUsesAQuoteIsAllOrNothing) {
    const auto id = ask("key")->quote.id;
    const auto mark = [&] {
        return database.ask("SELECT epoch FROM florin.slot_dir WHERE slot=7");
    };
    const auto before = mark();
    const auto write = [&](PaymentId payment) -> std::string {
        std::vector<pg::Call> calls;
        calls.push_back({kMark, {}});
        const Use wanted{id, shop, payment, kNoon};
        calls.push_back(use_call(wanted));
        try {
            test::run(io, pool.run(std::move(calls)));
        } catch (const pg::SqlError& e) {
            return e.state;
        }
        return "written";
    };
    EXPECT_EQ(write(payment(1)), "written");
    const auto after = mark();
    EXPECT_NE(after, before);
    EXPECT_EQ(write(payment(2)), kQuoteNotUsable);
    EXPECT_EQ(mark(), after);
}

TEST_F(FxTest, TheDatabaseKeepsAUsedQuote) {
    const auto id = ask("key")->quote.id;
    EXPECT_THROW(
        database.execute("UPDATE florin.fx_quote SET payment_id = '" + to_text(payment(1).uuid()) +
                         "' WHERE id = '" + to_text(id.uuid()) + "'"),
        std::exception)
        << "used at infinity, after its end";
}

TEST_F(FxTest, ListsOfCurrenciesAreTheMerchantsOwn) {
    EXPECT_EQ(put("bin:4111", {kEur, kUsd}), "done");
    EXPECT_EQ(put("bank:DEUTDEFF", {kJpy}), "done");
    EXPECT_EQ(put("bin:4111", {kUsd}), "done");
    const auto lists = test::run(io, store.lists(shop));
    ASSERT_EQ(lists.size(), 2U);
    EXPECT_EQ(lists[0].key.text(), "bin:4111");
    EXPECT_EQ(lists[0].currencies, (std::vector{kUsd}));
    EXPECT_EQ(lists[0].updated_at, kNoon);
    EXPECT_TRUE(test::run(io, store.lists(other)).empty());
    const auto key = *ListKey::parse("bin:4111");
    EXPECT_TRUE(test::run(io, store.list(shop, key)));
    test::run(io, store.drop(other, key));
    EXPECT_TRUE(test::run(io, store.list(shop, key)));
    test::run(io, store.drop(shop, key));
    test::run(io, store.drop(shop, key));
    EXPECT_EQ(test::run(io, store.list(shop, key)).error().code, "currency_list_not_found");
}

TEST_F(FxTest, ListsOfCurrenciesAreNotTooMany) {
    EXPECT_EQ(put("bin:10000", {kEur}), "done");
    database.execute(
        "INSERT INTO florin.currency_list SELECT slot, merchant_id, kind, n::text, "
        "n::text, currencies, updated_at FROM florin.currency_list, "
        "generate_series(10001, 10000 + " +
        std::to_string(kListsMax - 1) + ") n");
    EXPECT_EQ(put("bin:99999", {kEur}), "currency_lists_full");
    EXPECT_EQ(put("bin:10000", {kUsd}), "done") << "in place of one there is always room";
    test::run(io, store.drop(shop, *ListKey::parse("bin:10001")));
    EXPECT_EQ(put("bin:99999", {kEur}), "done");
}

}  // namespace
}  // namespace florin::fx
