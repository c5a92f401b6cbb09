// Goal: each finding is told once until it changes, and is missed when it has gone. Method: steps.

#include "audit/known.h"

#include <gtest/gtest.h>

#include <set>

#include "audit/checks.h"

namespace florin::audit {
namespace {

Finding finding(Slot slot, std::string id, std::string found) {
    return {.check = &checks()[0],
            .slot = slot,
            .object = "transaction",
            .object_id = std::move(id),
            .what = "sum of entries",
            .found = std::move(found)};
}

std::vector<Verdict> verdicts(std::vector<Finding> findings) {
    Verdict one{.check = &checks()[0]};
    one.count = static_cast<std::int64_t>(findings.size());
    one.findings = std::move(findings);
    return {std::move(one)};
}

TEST(AuditKnown, TellsOnceUntilItChanges) {
    Known known;
    EXPECT_EQ(known.take(0, 9, verdicts({finding(5, "a", "1"), finding(9, "b", "1")})).fresh.size(),
              2U);
    auto again = known.take(0, 9, verdicts({finding(5, "a", "1"), finding(9, "b", "1")}));
    EXPECT_TRUE(again.fresh.empty() && again.gone.empty());
    auto changed = known.take(0, 9, verdicts({finding(5, "a", "2"), finding(9, "b", "1")}));
    ASSERT_EQ(changed.fresh.size(), 1U);
    EXPECT_EQ(changed.fresh[0].found, "2");
}

TEST(AuditKnown, ForgetsWhatHasGoneFromTheSlotsThatWereLookedAt) {
    Known known;
    (void)known.take(0, 9, verdicts({finding(0, "a", "1"), finding(9, "b", "1")}));
    (void)known.take(10, 19, verdicts({finding(10, "c", "1")}));
    const auto news = known.take(0, 9, verdicts({finding(0, "a", "1")}));
    ASSERT_EQ(news.gone.size(), 1U);
    EXPECT_EQ(news.gone[0].object_id, "b");
    EXPECT_EQ(known.findings().size(), 2U);
    EXPECT_EQ(known.take(0, 9, verdicts({finding(0, "a", "1"), finding(9, "b", "1")})).fresh.size(),
              1U);
}

TEST(AuditKnown, HasABound) {
    Known known;
    std::vector<Finding> many;
    for (std::size_t i = 0; i < Known::kKnownMax + 5; ++i)
        many.push_back(finding(1, std::to_string(i), "1"));
    EXPECT_EQ(known.take(0, 9, verdicts(many)).fresh.size(), Known::kKnownMax);
    EXPECT_TRUE(known.take(0, 9, verdicts(many)).fresh.empty());
    EXPECT_EQ(known.findings().size(), Known::kKnownMax);
}

TEST(AuditChecks, HaveNamesOfTheirOwnAndASentence) {
    std::set<std::string_view> names;
    for (const auto& check : checks()) {
        EXPECT_TRUE(names.insert(check.name).second) << check.name;
        EXPECT_TRUE(check.invariant.ends_with('.')) << check.name;
    }
    EXPECT_EQ(statements().size(), checks().size());
}

}  // namespace
}  // namespace florin::audit
