// Goal: no sequence of decisions breaks what the database checks, the ledger always says the same
// as the counters, and each line of the tables of payments, refunds and disputes is a step that
// really happens. Method: random lives (the seed is printed; --gtest_random_seed repeats one), and
// one test per line of the tables, made from them.

#include <iostream>
#include <tuple>

#include "payments/test_life.h"

namespace florin::payments {
namespace {

using namespace testing;

TEST(Rules, NoSequenceOfDecisionsBreaksWhatTheDatabaseChecks) {
    const auto seed = static_cast<std::uint64_t>(GTEST_FLAG_GET(random_seed));
    const auto first = seed != 0 ? seed : std::random_device{}();
    std::cout << "seed " << first << '\n';
    for (std::uint64_t i = 0; i < 3000 && !HasFailure(); ++i) {
        SCOPED_TRACE(fmt::format("seed {}", first + i));
        Life(first + i).live(60);
    }
}

using Line = std::tuple<std::string, std::string, std::string>;  // From, event, to.

using Seen = std::map<std::string, std::map<Line, std::uint64_t>, std::less<>>;

template <class Table>
std::vector<Line> lines_of(const Table& table) {
    std::vector<Line> out;
    for (const auto& row : table)
        out.emplace_back(std::string(name(row.from)), std::string(name(row.on)),
                         std::string(name(row.to)));
    return out;
}

template <class Table>
bool all_seen(const Seen& seen, std::string_view subject, const Table& table) {
    const auto found = seen.find(subject);
    return found != seen.end() && std::ranges::all_of(lines_of(table), [&](const Line& line) {
               return found->second.contains(line);
           });
}

// Lines that are in no table count for nothing.
bool all_seen(const Seen& seen) {
    return all_seen(seen, "payment", payment::kTransitions) &&
           all_seen(seen, "refund", refund::kTransitions) &&
           all_seen(seen, "dispute", dispute::kTransitions);
}

// The first life in which each step was seen. The seeds are always the same.
const std::map<Line, std::uint64_t>& steps_seen(std::string_view subject) {
    static const auto seen = [] {
        Seen out;
        for (std::uint64_t seed = 1; seed <= 20'000 && !all_seen(out); ++seed) {
            Life life(seed, [&](const Payment& before, const Change& change,
                                const std::optional<Dispute>& was) {
                const auto dot = change.event_type.find('.');
                const auto about = change.event_type.substr(0, dot);
                const auto word = change.event_type.substr(dot + 1);
                const auto& after = change.after;
                if (about == "payment")
                    out[about].try_emplace(
                        Line(name(status_of(before)), word, name(status_of(after))), seed);
                if (about == "dispute" && was)
                    out[about].try_emplace(
                        Line(name(was->status), word, name(change.dispute->status)), seed);
                if (about == "refund" && !change.operation_is_new)
                    out[about].try_emplace(Line(name(refund_status(before.operation)), word,
                                                name(refund_status(after.operation))),
                                           seed);
            });
            life.live(40);
        }
        return out;
    }();
    return seen.find(subject)->second;
}

std::string title(const ::testing::TestParamInfo<Line>& info) {
    const auto& [from, event, to] = info.param;
    return fmt::format("{}_by_{}_to_{}", from, event, to);
}

class PaymentStep : public ::testing::TestWithParam<Line> {};
class DisputeStep : public ::testing::TestWithParam<Line> {};
class RefundStep : public ::testing::TestWithParam<Line> {};

// That no other step happens is checked with every step that is made (booking.cpp, seal).
TEST_P(PaymentStep, Happens) {
    EXPECT_TRUE(steps_seen("payment").contains(GetParam())) << "nothing leads along this line";
}
TEST_P(DisputeStep, Happens) {
    EXPECT_TRUE(steps_seen("dispute").contains(GetParam())) << "nothing leads along this line";
}
TEST_P(RefundStep, Happens) {
    EXPECT_TRUE(steps_seen("refund").contains(GetParam())) << "nothing leads along this line";
}

INSTANTIATE_TEST_SUITE_P(Table, PaymentStep, ::testing::ValuesIn(lines_of(payment::kTransitions)),
                         title);
INSTANTIATE_TEST_SUITE_P(Table, DisputeStep, ::testing::ValuesIn(lines_of(dispute::kTransitions)),
                         title);
INSTANTIATE_TEST_SUITE_P(Table, RefundStep, ::testing::ValuesIn(lines_of(refund::kTransitions)),
                         title);

}  // namespace
}  // namespace florin::payments
