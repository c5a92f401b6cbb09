// Goal: what people book by hand is booked once and reversed once, whoever does the same at the
// same moment, and no more is written off than is owed. Method: a real database; writers that have
// both read before either writes; services that meet over several connections.

#include "journal/service.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"
#include "journal/rules.h"
#include "tests/kit/test_database.h"

namespace florin::journal {
namespace {

using ledger::AccountName;

constexpr int kRounds = 8;

class JournalTest : public test::DatabaseTest {
protected:
    static Line line(std::string_view account, std::int64_t amount) {
        return {*AccountName::parse(account), amount, {}};
    }
    static std::vector<Line> fee(std::int64_t cents = 320) {
        return {line("psp_fees:stripe:EUR", cents), line("psp_receivable:stripe:EUR", -cents)};
    }
    static std::vector<Line> write_off(std::int64_t cents) {
        return {line("chargeback_loss:EUR", cents), line("seller_receivable:ann:EUR", -cents)};
    }
    Request request(std::string key, std::uint8_t body = 1) {
        return {.merchant = shop,
                .by = KeyId::make(now(), 0, 5),
                .key = std::move(key),
                .hash = {body},
                .at = now()};
    }
    Result<Kept> book(std::string key, std::vector<Line> lines, std::uint8_t body = 1) {
        return test::run(io, service.book(request(std::move(key), body), "why", std::move(lines)));
    }
    Result<Kept> reverse(std::string key, JournalEntryId id) {
        return test::run(io, service.reverse(request(std::move(key)), id, "wrong"));
    }
    // As a refund after a payout leaves it.
    void lend(std::int64_t cents) {
        const auto id = OperationId::make(now(), 3, random_u64());
        ledger::Posting posting{
            .id = id,
            .merchant = shop,
            .source = id.uuid(),
            .kind = "refund",
            .at = now(),
            .legs = {{*AccountName::parse("seller_receivable:ann:EUR"), cents, id.uuid()},
                     {*AccountName::parse("escrow:EUR"), -cents, id.uuid()}}};
        const auto parts = ledger::spread(std::move(posting));
        std::vector<const ledger::Posting*> postings;
        for (const auto& part : parts) postings.push_back(&part);
        std::vector<pg::Call> calls;
        poster.encode(postings, calls);
        const auto rows = test::run(io, pool.run(std::move(calls)));
        poster.decode(postings, rows);
    }
    std::string balance(const std::string& code) {
        return database.ask(
            "SELECT coalesce(sum(e.amount), 0) FROM florin.ledger_entry e JOIN "
            "florin.ledger_account a ON a.slot = e.slot AND a.id = e.account_id "
            "WHERE a.code = " +
            code);
    }
    std::string entries() { return database.ask("SELECT count(*) FROM florin.journal_entry"); }
    static std::string said(const Result<Kept>& kept) {
        if (!kept) return kept.error().code;
        return kept->is_new ? "new" : "replayed";
    }
    Entry draft(const std::string& key) {
        Entry entry{.id = JournalEntryId::make(now(), slot_of_key(shop, key), random_u64()),
                    .merchant = shop,
                    .client_key = key,
                    .reason = "why",
                    .at = now(),
                    .lines = fee()};
        return complete(std::move(entry));
    }

    const MerchantId shop = MerchantId::make(now(), 0, 7);
    ledger::Poster poster;
    Store store{pool}, second_store{pool};
    Service service{store}, second_service{second_store};
};

TEST_F(JournalTest, AKeyBooksOnceAndHearsTheSame) {
    const auto first = book("k", fee());
    ASSERT_EQ(said(first), "new");
    const auto again = book("k", fee());
    ASSERT_EQ(said(again), "replayed");
    EXPECT_EQ(again->entry.id, first->entry.id);
    EXPECT_EQ(again->entry.lines, first->entry.lines);
    EXPECT_EQ(said(book("k", fee(), 2)), "idempotency_key_reused");
    EXPECT_EQ(entries(), "1");
    EXPECT_EQ(balance("5010"), "320");
    EXPECT_EQ(balance("1100"), "-320");
    const auto read = test::run(io, service.entry(shop, first->entry.id));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->lines, first->entry.lines);
    EXPECT_EQ(read->reason, "why");
    EXPECT_EQ(read->by, first->entry.by);
    const auto stranger = MerchantId::make(now(), 0, 8);
    EXPECT_EQ(test::run(io, service.entry(stranger, first->entry.id)).error().code,
              "journal_entry_not_found");
}

// Both have seen that the key is free; the slower one changes nothing and reads what is there.
TEST_F(JournalTest, OfTwoThatHaveSeenAFreeKeyOneWrites) {
    auto one = draft("k"), two = draft("k");
    const auto id = one.id;
    EXPECT_EQ(test::run(io, store.write(std::move(one))), Written::yes);
    EXPECT_EQ(test::run(io, second_store.write(std::move(two))), Written::crossed);
    EXPECT_EQ(entries(), "1");
    EXPECT_EQ(balance("5010"), "320");
    const auto kept = book("k", fee(), 0);
    ASSERT_EQ(said(kept), "replayed");
    EXPECT_EQ(kept->entry.id, id);
}

TEST_F(JournalTest, TheSameKeyAtOnceBooksOnce) {
    for (int round = 0; round < kRounds; ++round) {
        const auto key = "k" + std::to_string(round);
        std::vector<std::optional<Result<Kept>>> heard(6);
        std::vector<Task<>> tasks;
        for (std::size_t n = 0; n < heard.size(); ++n) {
            auto& by = n % 2 == 0 ? service : second_service;
            tasks.push_back(test::keep_result(by.book(request(key), "why", fee()), heard[n]));
        }
        test::run_all(io, std::move(tasks));
        int fresh = 0;
        for (const auto& one : heard) {
            ASSERT_TRUE(*one) << (*one).error().code;
            fresh += (*one)->is_new;
            EXPECT_EQ((*one)->entry.id, (*heard[0])->entry.id);
        }
        EXPECT_EQ(fresh, 1);
    }
    EXPECT_EQ(entries(), std::to_string(kRounds));
    EXPECT_EQ(balance("5010"), std::to_string(320 * kRounds));
}

TEST_F(JournalTest, AReversalNegatesOnceAndIsNotReversed) {
    lend(2000);
    const auto entry = book("k", write_off(2000));
    ASSERT_EQ(said(entry), "new");
    EXPECT_EQ(balance("1200"), "0");
    const auto reversal = reverse("r", entry->entry.id);
    ASSERT_EQ(said(reversal), "new");
    EXPECT_EQ(said(reverse("r", entry->entry.id)), "replayed");
    const auto other = reverse("another", entry->entry.id);
    ASSERT_EQ(said(other), "already_reversed");
    EXPECT_EQ(other.error().object, reversal->entry.id.text());
    EXPECT_EQ(said(reverse("x", reversal->entry.id)), "reversal_not_reversible");
    EXPECT_EQ(said(reverse("y", JournalEntryId::make(now(), 1, 1))), "journal_entry_not_found");
    EXPECT_EQ(balance("1200"), "2000");
    EXPECT_EQ(balance("5020"), "0");
    EXPECT_EQ(balance("2950"), "0");
    const auto read = test::run(io, service.entry(shop, entry->entry.id));
    EXPECT_EQ(read->reversed_by, reversal->entry.id);
    EXPECT_EQ(reversal->entry.id.slot(), entry->entry.id.slot());
    // What is still wrong is booked anew, and can be reversed itself.
    const auto anew = book("k2", write_off(500));
    ASSERT_EQ(said(anew), "new");
    EXPECT_EQ(said(reverse("r", anew->entry.id)), "new");
}

// Both have read an entry that nobody has reversed.
TEST_F(JournalTest, OfTwoReversalsThatHaveSeenTheEntryOneIsWritten) {
    const auto entry = book("k", fee());
    auto one = reversal_of(entry->entry, draft("a")), two = reversal_of(entry->entry, draft("b"));
    one.id = JournalEntryId::make(now(), entry->entry.id.slot(), random_u64());
    two.id = JournalEntryId::make(now(), entry->entry.id.slot(), random_u64());
    EXPECT_EQ(test::run(io, store.write(one)), Written::yes);
    EXPECT_EQ(test::run(io, second_store.write(two)), Written::crossed);
    EXPECT_EQ(entries(), "2");
    EXPECT_EQ(balance("5010"), "0");
    const auto loser = reverse("b", entry->entry.id);
    ASSERT_EQ(said(loser), "already_reversed");
    EXPECT_EQ(loser.error().object, one.id.text());
}

TEST_F(JournalTest, OfManyReversalsAtOnceOneWins) {
    for (int round = 0; round < kRounds; ++round) {
        const auto entry = book("k" + std::to_string(round), fee());
        std::vector<std::optional<Result<Kept>>> heard(4);
        std::vector<Task<>> tasks;
        for (std::size_t n = 0; n < heard.size(); ++n) {
            auto& by = n % 2 == 0 ? service : second_service;
            auto wanted = request("r" + std::to_string(n));
            tasks.push_back(test::keep_result(
                by.reverse(std::move(wanted), entry->entry.id, "wrong"), heard[n]));
        }
        test::run_all(io, std::move(tasks));
        const auto won =
            std::ranges::count_if(heard, [](const auto& one) { return one->has_value(); });
        EXPECT_EQ(won, 1);
        for (const auto& one : heard)
            if (!*one) EXPECT_EQ(said(*one), "already_reversed");
    }
    EXPECT_EQ(balance("5010"), "0");
    EXPECT_EQ(entries(), std::to_string(2 * kRounds));
}

TEST_F(JournalTest, NoMoreIsWrittenOffThanIsOwed) {
    lend(3000);
    const auto much = book("k", write_off(3001));
    ASSERT_EQ(said(much), "debt_too_small");
    EXPECT_NE(much.error().detail.find("seller_receivable:ann:EUR is 30.00 now"),
              std::string::npos);
    EXPECT_EQ(entries(), "0");
    EXPECT_EQ(balance("5020"), "0");
    // The key was not used up by what was not done.
    EXPECT_EQ(said(book("k", write_off(3000))), "new");
    EXPECT_EQ(balance("1200"), "0");
    EXPECT_EQ(
        said(book("nobody", {line("goodwill:EUR", 1), line("seller_receivable:bob:EUR", -1)})),
        "debt_too_small");
}

TEST_F(JournalTest, OfTwoWriteOffsThatTogetherExceedTheDebtOneIsBooked) {
    for (int round = 1; round <= kRounds; ++round) {
        lend(3000);
        std::vector<std::optional<Result<Kept>>> heard(2);
        std::vector<Task<>> tasks;
        for (std::size_t n = 0; n < heard.size(); ++n) {
            auto& by = n == 0 ? service : second_service;
            auto wanted = request("k" + std::to_string(round) + "_" + std::to_string(n));
            tasks.push_back(
                test::keep_result(by.book(std::move(wanted), "why", write_off(2000)), heard[n]));
        }
        test::run_all(io, std::move(tasks));
        EXPECT_EQ(said(*heard[0]) == "new", said(*heard[1]) == "debt_too_small");
        EXPECT_NE(said(*heard[0]), said(*heard[1]));
        EXPECT_EQ(balance("1200"), "1000");
        EXPECT_EQ(said(book("rest" + std::to_string(round), write_off(1000))), "new");
        EXPECT_EQ(entries(), std::to_string(2 * round));
    }
}

TEST_F(JournalTest, ListsTheNewestFirstInPages) {
    std::vector<JournalEntryId> ids;
    for (int n = 0; n < 5; ++n) {
        auto asked = request("k" + std::to_string(n));
        asked.at = now() + std::chrono::seconds(n);
        ids.push_back(test::run(io, service.book(asked, "why", fee()))->entry.id);
    }
    std::ranges::reverse(ids);
    std::vector<JournalEntryId> found;
    JournalEntryId after;
    while (true) {
        const auto page = test::run(io, store.entries(shop, after, 2));
        if (page.empty()) break;
        for (const auto& entry : page) {
            EXPECT_EQ(entry.lines.size(), 2U);
            found.push_back(entry.id);
        }
        after = found.back();
    }
    EXPECT_EQ(found, ids);
    EXPECT_TRUE(test::run(io, store.entries(MerchantId::make(now(), 0, 8), {}, 2)).empty());
    EXPECT_EQ(test::run(io, store.entries(MerchantId(), {}, 10)).size(), 5U);
}

}  // namespace
}  // namespace florin::journal
