// Goal: a strict account is never overspent, not even in between, and its entries tell its whole
// story. Method: postings one by one, in one batch and at once over many connections, drawn, and
// compared with a fold made here.

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "ledger/poster.h"
#include "tests/kit/test_database.h"

namespace florin::ledger {
namespace {

const Instant kNoon = *instant_from("2026-11-22T12:00:00Z");

class StrictTest : public test::DatabaseTest {
protected:
    AccountName wallet(const std::string& owner) const { return {kBuyerWallet, owner, eur}; }

    // Above zero: into the wallet.
    Posting move(const std::string& owner, std::int64_t amount) {
        const auto id = OperationId::make(kNoon, home_of(merchant, owner), random());
        return {.id = id,
                .merchant = merchant,
                .source = id.uuid(),
                .kind = "test",
                .at = kNoon,
                .legs = {{wallet(owner), -amount, id.uuid()}, {unapplied, amount, id.uuid()}}};
    }

    // The SQLSTATE of a refusal, or nothing.
    std::string post(const std::vector<Posting>& postings) {
        std::string refusal;
        test::run(io, attempt(postings, refusal));
        return refusal;
    }

    Task<> attempt(std::vector<Posting> postings, std::string& refusal) {
        std::vector<const Posting*> pointers;
        for (const auto& one : postings) pointers.push_back(&one);
        while (true) {
            std::vector<pg::Call> calls;
            poster.encode(pointers, calls);
            try {
                const auto rows = co_await pool.run(std::move(calls));
                poster.decode(pointers, rows);
                co_return;
            } catch (const pg::SqlError& e) {
                refusal = e.state;
            }
            if (refusal != "40P01") co_return;
            refusal.clear();
        }
    }

    std::string ask_of(const std::string& owner, const std::string& columns) {
        const auto id = account_id(merchant, home_of(merchant, owner), wallet(owner));
        return database.ask("SELECT " + columns +
                            " FROM florin.account_balance WHERE account_id = '" + to_text(id) +
                            "'");
    }
    std::string story_of(const std::string& owner) {
        const auto id = account_id(merchant, home_of(merchant, owner), wallet(owner));
        return database.ask(
            "SELECT string_agg(account_seq || ':' || amount || ':' || balance_after, ' ' ORDER BY "
            "account_seq) FROM florin.ledger_entry WHERE account_id = '" +
            to_text(id) + "'");
    }

    std::mt19937_64 random{test::seed()};
    const MerchantId merchant = MerchantId::make(kNoon, 0, 7);
    const Currency eur = "EUR"_currency;
    const AccountName unapplied{kUnapplied, "", eur};
    Poster poster;
};

TEST_F(StrictTest, EachEntryTellsItsNumberAndTheBalance) {
    EXPECT_EQ(post({move("ann", 100)}), "");
    EXPECT_EQ(post({move("ann", -30)}), "");
    EXPECT_EQ(post({move("ann", 5), move("ann", -75), move("bob", 7), move("ann", 1)}), "");
    EXPECT_EQ(story_of("ann"), "1:-100:100 2:30:70 3:-5:75 4:75:0 5:-1:1");
    EXPECT_EQ(story_of("bob"), "1:-7:7");
    EXPECT_EQ(ask_of("ann", "debits || ' ' || credits || ' ' || seq"), "105 106 5");
    EXPECT_EQ(database.ask("SELECT count(*) FROM florin.ledger_entry WHERE account_seq IS NULL"),
              database.ask("SELECT count(*) FROM florin.ledger_transaction"));
}

TEST_F(StrictTest, NothingIsSpentThatIsNotThere) {
    EXPECT_EQ(post({move("ann", -1)}), "FL003");  // Never seen before.
    EXPECT_EQ(post({move("ann", 100)}), "");
    EXPECT_EQ(post({move("ann", -101)}), "FL003");
    // Covered at the end of the batch, but not in between.
    EXPECT_EQ(post({move("ann", -101), move("ann", 50)}), "FL003");
    // A neighbour's money is his own.
    EXPECT_EQ(post({move("bob", 50), move("ann", -101)}), "FL003");
    EXPECT_EQ(story_of("ann"), "1:-100:100");
    EXPECT_EQ(post({move("ann", -100)}), "");
    EXPECT_EQ(ask_of("ann", "credits - debits"), "0");
    EXPECT_EQ(database.ask("SELECT count(*) FROM florin.account_balance"), "1");
}

TEST_F(StrictTest, TheDatabaseKeepsTheLawByItself) {
    ASSERT_EQ(post({move("ann", 100)}), "");
    for (const auto* set :
         {"debits = 101", "credits = 99, debits = 100", "debits = -1", "seq = -1", "normal = 0"}) {
        try {
            database.execute(std::string("UPDATE florin.account_balance SET ") + set);
            ADD_FAILURE() << set;
        } catch (const pg::SqlError& e) {
            EXPECT_EQ(e.state, "23514") << set;
        }
    }
    EXPECT_EQ(ask_of("ann", "credits - debits"), "100");
}

// Two spend the last 100 at one instant, many rounds: one of them does.
TEST_F(StrictTest, OfTwoWhoSpendTheSameMoneyOneDoes) {
    for (int round = 0; round < 50; ++round) {
        ASSERT_EQ(post({move("ann", 100)}), "");
        std::string one, two;
        std::vector<Task<>> tasks;
        tasks.push_back(attempt({move("ann", -100)}, one));
        tasks.push_back(attempt({move("ann", -60)}, two));
        test::run_all(io, std::move(tasks));
        ASSERT_EQ((one == "FL003") + (two == "FL003"), 1) << one << " " << two;
        ASSERT_EQ(one + two, "FL003");
        if (two.empty()) ASSERT_EQ(post({move("ann", -40)}), "");
        ASSERT_EQ(ask_of("ann", "credits - debits"), "0") << "round " << round;
    }
}

// Batches over four connections that touch the same accounts in any order.
TEST_F(StrictTest, TheStoryIsWholeAfterAStorm) {
    const std::vector<std::string> owners = {"ann", "bob", "cid", "dan"};
    std::vector<std::string> refusals(300);
    std::vector<Task<>> tasks;
    for (auto& refusal : refusals) {
        std::vector<Posting> batch;
        for (auto n = 1 + random() % 5; n > 0; --n) {
            const auto amount = static_cast<std::int64_t>(random() % 100) - 45;
            if (amount != 0) batch.push_back(move(owners[random() % owners.size()], amount));
        }
        if (!batch.empty()) tasks.push_back(attempt(std::move(batch), refusal));
    }
    test::run_all(io, std::move(tasks));
    for (const auto& refusal : refusals)
        EXPECT_TRUE(refusal.empty() || refusal == "FL003") << refusal;
    EXPECT_GT(std::ranges::count(refusals, "FL003"), 0);
    EXPECT_GT(std::ranges::count(refusals, ""), 100);
    EXPECT_EQ(database.ask(R"(
        SELECT count(*) FROM florin.account_balance b
        JOIN (SELECT account_id, sum(amount) FILTER (WHERE amount > 0) AS debits, count(*) AS n, max(account_seq) AS top,
                     -sum(amount) FILTER (WHERE amount < 0) AS credits, min(account_seq) AS first
              FROM florin.ledger_entry WHERE account_seq IS NOT NULL GROUP BY account_id) e USING (account_id)
        WHERE (b.debits, b.credits, b.seq, 1) = (coalesce(e.debits, 0), e.credits, e.n, e.first) AND e.top = e.n)"),
              "4");
    EXPECT_EQ(database.ask(R"(
        SELECT count(*) FROM (
            SELECT balance_after, -sum(amount) OVER (PARTITION BY account_id ORDER BY account_seq) AS told
            FROM florin.ledger_entry WHERE account_seq IS NOT NULL) x
        WHERE balance_after <> told)"),
              "0");
    EXPECT_EQ(database.ask("SELECT sum(amount) FROM florin.ledger_entry"), "0");
}

}  // namespace
}  // namespace florin::ledger
