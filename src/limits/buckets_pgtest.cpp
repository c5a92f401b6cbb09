// Goal: however many processes share a bucket, they never pass more than its limit, and what cannot
// reach the database goes on alone. Method: several Buckets, each with a connection of its own,
// race on one real table; every window of what passed is counted.

#include "limits/buckets.h"

#include <algorithm>
#include <map>
#include <memory>
#include <random>

#include "tests/kit/test_database.h"

namespace florin::limits {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// What one florin process has.
struct Process {
    Process(asio::io_context& io, const std::string& conninfo)
        : pool(io, conninfo, 1), buckets(io, pool) {}
    pg::Pool pool;
    Buckets buckets;
};

class BucketsTest : public test::DatabaseTest {
protected:
    void start(std::size_t count) { start(count, database.conninfo()); }
    void start(std::size_t count, const std::string& conninfo) {
        for (std::size_t i = 0; i < count; ++i) {
            processes.push_back(std::make_unique<Process>(io, conninfo));
            scope.start("buckets", processes.back()->buckets.run());
        }
    }

    // Asks again and again until `end`, and notes when it passed.
    Task<> ask(Buckets& buckets, std::string subject, Limit limit, Deadline end) {
        while (monotonic_now() < end) {
            auto name = subject;
            const auto verdict = co_await buckets.take(std::move(name), limit);
            if (verdict.step == Step::pass) {
                passed[subject].push_back(monotonic_now());
            } else {
                const milliseconds nap(1 + random() % 20);
                co_await sleep_for(nap);
            }
        }
    }

    void expect_within(const Limit& limit, const std::vector<Deadline>& times) {
        for (std::size_t first = 0; first < times.size(); ++first) {
            for (std::size_t last = first; last < times.size(); ++last) {
                const std::chrono::duration<double> width = times[last] - times[first];
                // A request that has passed waits for its turn of the loop before it is noted.
                const auto most = static_cast<double>(limit.burst) +
                                  (width.count() + 0.02) * static_cast<double>(limit.per_second);
                ASSERT_LE(static_cast<double>(last - first + 1), most) << width.count() << " s";
            }
        }
    }

    Verdict take(Process& process, const std::string& subject, const Limit& limit) {
        return test::run(io, process.buckets.take(subject, limit));
    }

    std::mt19937_64 random{test::seed()};
    std::vector<std::unique_ptr<Process>> processes;
    std::map<std::string, std::vector<Deadline>> passed;
};

TEST_F(BucketsTest, ProcessesThatRaceStayWithinTheLimitTogether) {
    start(3);
    const std::map<std::string, Limit> limits = {{"key:low", {"read", 5, 10}},
                                                 {"key:middle", {"read", 60, 120}},
                                                 {"key:high", {"write", 2000, 2000}}};
    const auto began = monotonic_now();
    const auto end = began + seconds(3);
    std::vector<Task<>> tasks;
    for (const auto& [subject, limit] : limits)
        for (auto& process : processes)
            for (int i = 0; i < 4; ++i) tasks.push_back(ask(process->buckets, subject, limit, end));
    test::run_all(io, std::move(tasks));
    const std::chrono::duration<double> took = monotonic_now() - began;
    for (const auto& [subject, limit] : limits) {
        SCOPED_TRACE(subject);
        auto& times = passed[subject];
        std::ranges::sort(times);
        if (subject != "key:high") {  // Every window of thousands would be too many to look at.
            expect_within(limit, times);
        }
        const auto most = static_cast<double>(limit.burst) +
                          (took.count() + 0.02) * static_cast<double>(limit.per_second);
        EXPECT_LE(static_cast<double>(times.size()), most);
        EXPECT_GE(static_cast<double>(times.size()),
                  0.5 * took.count() * static_cast<double>(limit.per_second))
            << "and it can be used";
    }
}

TEST_F(BucketsTest, TheTableAndTheBucketInMemoryAgree) {
    start(1);
    const Limit limit{"write", 1, 16};  // Slow enough that no token comes meanwhile.
    Deadline full_at{};
    const auto terms = terms_of(limit);
    std::int64_t in_memory = 0, in_table = 0;
    for (int i = 0; i < 20; ++i) {
        in_memory += draw(full_at, monotonic_now(), terms.interval, terms.shared_burst, 1).granted;
        in_table += take(*processes[0], "key:a", limit).step == Step::pass ? 1 : 0;
    }
    EXPECT_EQ(in_memory, terms.shared_burst);
    EXPECT_EQ(in_table, in_memory);
}

TEST_F(BucketsTest, ADebtHoldsInOtherProcessesToo) {
    start(2);
    const Limit limit{"address", 10, 20};
    int passes = 0;
    for (int i = 0; i < 50; ++i) {
        auto& process = *processes[static_cast<std::size_t>(i % 2)];
        if (take(process, "address:a", limit).step != Step::pass) continue;
        ++passes;
        process.buckets.charge("address:a", limit, 9);
    }
    EXPECT_GE(passes, 1);
    EXPECT_LE(passes, 4) << "twenty at once, ten for each, and one that each process did not know";
    EXPECT_EQ(take(*processes[0], "address:b", limit).step, Step::pass);
}

TEST_F(BucketsTest, WithoutADatabaseItPassesItsPartAndComesBack) {
    start(1, "host=/nonexistent dbname=florin");
    auto& alone = *processes[0];
    const Limit limit{"read", 40, 80};
    const auto began = monotonic_now();
    int passes = 0;
    for (int i = 0; i < 100; ++i) passes += take(alone, "key:a", limit).step == Step::pass ? 1 : 0;
    EXPECT_LT(monotonic_now() - began, seconds(2)) << "nobody waits again and again";
    EXPECT_GE(passes, 20);
    EXPECT_LE(passes, 20 + 20);
    EXPECT_GE(alone.buckets.counts().lost, 1U);
}

TEST_F(BucketsTest, FullBucketsArePruned) {
    start(1);
    const Limit limit{"read", 10, 20};
    EXPECT_EQ(take(*processes[0], "key:a", limit).step, Step::pass);
    EXPECT_EQ(database.ask("SELECT count(*) FROM florin.rate_bucket"), "1");
    EXPECT_EQ(take(*processes[0], "key:off", {"read", 0, 1}).step, Step::pass);
    EXPECT_EQ(database.ask("SELECT count(*) FROM florin.rate_bucket"), "1") << "off asks nobody";
    test::run(io, processes[0]->buckets.prune(now() - seconds(60)));
    EXPECT_EQ(database.ask("SELECT count(*) FROM florin.rate_bucket"), "1");
    test::run(io, processes[0]->buckets.prune(now() + seconds(60)));
    EXPECT_EQ(database.ask("SELECT count(*) FROM florin.rate_bucket"), "0");
}

}  // namespace
}  // namespace florin::limits
