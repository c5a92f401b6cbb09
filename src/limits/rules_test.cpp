// Goal: no schedule of processes accepts more than a limit allows, no allowed request is refused
// for long, and rooms do not take each other's place. Method: tables, and drawn schedules of
// several processes that share one bucket, checked over every window.

#include "limits/rules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace florin::limits {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

const Deadline kStart = Deadline{} + std::chrono::hours(1);

TEST(Draw, IsATokenBucket) {
    struct Row {
        milliseconds at;
        std::int64_t wanted, granted, left;
        milliseconds wait;
    };
    // Ten a second, five at once.
    const Row rows[] = {
        {milliseconds(0), 3, 3, 2, milliseconds(0)},
        {milliseconds(0), 3, 2, 0, milliseconds(100)},
        {milliseconds(40), 1, 0, 0, milliseconds(60)},
        {milliseconds(100), 1, 1, 0, milliseconds(100)},
        {milliseconds(450), 2, 2, 1, milliseconds(0)},
        {milliseconds(9000), 9, 5, 0, milliseconds(100)},
    };
    Deadline full_at{};
    for (const auto& row : rows) {
        SCOPED_TRACE(row.at.count());
        const auto grant = draw(full_at, kStart + row.at, milliseconds(100), 5, row.wanted);
        EXPECT_EQ(grant.granted, row.granted);
        EXPECT_EQ(grant.left, row.left);
        EXPECT_EQ(grant.wait, row.wait);
    }
}

TEST(Terms, WhatMayBeHeldIsTakenOffTheBurst) {
    for (const std::int64_t rate : {1, 2, 3, 5, 10, 99, 100, 1000, 5000, 1'000'000}) {
        for (const std::int64_t burst :
             {std::int64_t{1}, rate / 2 + 1, rate, 2 * rate, 60 * rate}) {
            const Limit limit{"write", rate, burst};
            const auto terms = terms_of(limit);
            const auto held = terms.hold / terms.interval;
            EXPECT_GE(terms.shared_burst, 1);
            EXPECT_GE(terms.chunk_max, 1);
            EXPECT_LE(terms.chunk_max, terms.shared_burst);
            EXPECT_GE(terms.interval.count() * rate, 1'000'000'000)
                << "never faster than the limit";
            if (terms.hold > milliseconds(50)) EXPECT_LE(terms.shared_burst + held, burst);
        }
    }
}

// Processes on one bucket. The database works on a question after `delay`, and its answer takes as
// long again.
class Platform {
public:
    Platform(Limit limit, std::size_t processes) : limit_(limit), shares_(processes) {}

    bool request(std::size_t process, Deadline now, milliseconds delay) {
        auto& share = shares_[process];
        auto verdict = judge(share, limit_, now);
        if (verdict.ask > 0) {
            const auto terms = terms_of(limit_);
            const auto grant =
                draw(full_at_, now + delay, terms.interval, terms.shared_burst, verdict.ask);
            note_grant(share, limit_, grant, now + delay * 2);
            verdict = judge(share, limit_, now + delay * 2);
        }
        return verdict.step == Step::pass;
    }

private:
    Limit limit_;
    std::vector<Share> shares_;
    Deadline full_at_{};
};

void expect_never_above(const Limit& limit, const std::vector<Deadline>& accepted) {
    for (std::size_t first = 0; first < accepted.size(); ++first) {
        for (std::size_t last = first; last < accepted.size(); ++last) {
            const std::chrono::duration<double> width = accepted[last] - accepted[first];
            const auto most = static_cast<double>(limit.burst) +
                              width.count() * static_cast<double>(limit.per_second);
            ASSERT_LE(static_cast<double>(last - first + 1), most + 1e-6)
                << "window of " << width.count() << " s";
        }
    }
}

TEST(Limits, NoScheduleOfProcessesPassesMoreThanTheLimit) {
    const std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    for (int round = 0; round < 60; ++round) {
        const auto rate = static_cast<std::int64_t>(1 + random() % 200);
        const Limit limit{"write", rate, rate * static_cast<std::int64_t>(1 + random() % 3) + 1};
        const auto processes = 1 + random() % 5;
        Platform platform(limit, processes);
        std::vector<Deadline> accepted;
        auto now = kStart;
        for (int i = 0; i < 1500; ++i) {
            // Storms, and quiet times in which leased tokens grow old.
            now += random() % 50 == 0 ? milliseconds(random() % 3000) : milliseconds(random() % 8);
            const milliseconds delay(random() % 3);
            if (platform.request(random() % processes, now, delay))
                accepted.push_back(now + delay * 2);
        }
        expect_never_above(limit, accepted);
    }
}

TEST(Limits, ALowLimitOverThreeProcessesIsUsable) {
    const Limit limit{"write", 5, 10};
    Platform platform(limit, 3);
    std::vector<Deadline> accepted;
    for (auto now = kStart; now < kStart + seconds(60); now += milliseconds(50))
        for (std::size_t process = 0; process < 3; ++process)
            if (platform.request(process, now, milliseconds(1))) accepted.push_back(now);
    expect_never_above(limit, accepted);
    EXPECT_GE(accepted.size(), 5U * 60U * 9 / 10) << "of 5 a second over a minute";
}

TEST(Limits, AHighLimitAsksSeldom) {
    const Limit limit{"write", 5000, 10'000};
    const auto terms = terms_of(limit);
    Share share;
    Deadline full_at{};
    int asked = 0;
    auto now = kStart;
    for (int i = 0; i < 30'000; ++i) {  // 3,000 a second for 10 seconds.
        now += nanoseconds(333'333);
        auto verdict = judge(share, limit, now);
        if (verdict.ask > 0) {
            ++asked;
            const auto grant = draw(full_at, now, terms.interval, terms.shared_burst, verdict.ask);
            note_grant(share, limit, grant, now);
            verdict = judge(share, limit, now);
        }
        ASSERT_EQ(verdict.step, Step::pass);
        ASSERT_GE(verdict.remaining, 0);
        ASSERT_LE(verdict.remaining, limit.burst);
    }
    EXPECT_LE(asked, 70);
}

TEST(Limits, WithoutADatabaseAProcessGoesOnWithItsPart) {
    const Limit limit{"write", 100, 200};
    Share share;
    EXPECT_EQ(judge(share, limit, kStart).step, Step::wait);
    EXPECT_EQ(judge(share, limit, kStart + kPatience / 2).step, Step::wait) << "somebody asks";
    std::int64_t passed = 0;
    for (auto now = kStart + kPatience; now < kStart + kPatience + seconds(10);
         now += milliseconds(1)) {
        const auto verdict = judge(share, limit, now);
        ASSERT_NE(verdict.step, Step::wait) << "it is known that nobody answers";
        if (verdict.step == Step::refuse) ASSERT_GT(verdict.retry_after.count(), 0);
        passed += verdict.step == Step::pass ? 1 : 0;
    }
    EXPECT_GE(passed, 240);
    EXPECT_LE(passed, 50 + 250) << "a quarter of the burst and of ten seconds";
    note_loss(share, kStart + seconds(11));
    EXPECT_GT(judge(share, limit, kStart + seconds(13)).ask, 0) << "it is tried again";
}

TEST(Limits, AGuessPaysLaterForAll) {
    const Limit limit{"address", 100, 200};
    const auto terms = terms_of(limit);
    Share share;
    Deadline full_at{};
    std::int64_t passed = 0;
    for (int i = 0; i < 1000; ++i) {  // At one instant.
        auto verdict = judge(share, limit, kStart);
        if (verdict.ask > 0) {
            note_grant(share, limit,
                       draw(full_at, kStart, terms.interval, terms.shared_burst, verdict.ask),
                       kStart);
            verdict = judge(share, limit, kStart);
        }
        if (verdict.step != Step::pass) continue;
        ++passed;
        charge(share, limit, 9);
    }
    EXPECT_GE(passed, 8);
    EXPECT_LE(passed, 200 / 10);
    const auto verdict = judge(share, limit, kStart);
    EXPECT_EQ(verdict.step, Step::refuse);
    charge(share, limit, 1'000'000);
    EXPECT_EQ(share.tokens, -terms.shared_burst) << "a debt has an end";
    EXPECT_FALSE(is_idle(share, limit, kStart + seconds(2))) << "and is not forgotten";
    EXPECT_TRUE(is_idle(share, limit, kStart + seconds(4))) << "before it would be paid";
}

TEST(Fields, ReadLikeTheDraft) {
    const Limit limit{"write", 50, 100};
    EXPECT_EQ(policy_field(limit), R"("write";q=100;w=2)");
    EXPECT_EQ(state_field(limit, {Step::pass, 0, 37, {}}), R"("write";r=37;t=1)");
    EXPECT_EQ(state_field(limit, {Step::refuse, 0, 0, milliseconds(1001)}), R"("write";r=0;t=2)");
    EXPECT_EQ(policy_field({"read", 3, 4}), R"("read";q=4;w=2)");
}

TEST(Rooms, AreFullByThemselves) {
    const Rooms rooms{.writes = 2, .reads = 3, .webhooks = 1, .line = 10};
    struct Row {
        std::array<std::size_t, 4> busy;
        std::size_t line;
        bool writes, reads, webhooks;
    };
    const Row rows[] = {
        {{0, 0, 0, 0}, 0, true, true, true},     {{2, 0, 0, 0}, 0, false, true, true},
        {{0, 3, 0, 0}, 0, true, false, true},    {{0, 0, 1, 0}, 0, true, true, false},
        {{1, 2, 0, 9}, 10, true, true, true},    {{0, 0, 0, 0}, 11, false, true, true},
        {{9, 9, 9, 9}, 99, false, false, false},
    };
    for (const auto& row : rows) {
        const Load load{row.busy, row.line};
        EXPECT_EQ(has_room(rooms, load, Room::writes), row.writes);
        EXPECT_EQ(has_room(rooms, load, Room::reads), row.reads);
        EXPECT_EQ(has_room(rooms, load, Room::webhooks), row.webhooks);
        EXPECT_TRUE(has_room(rooms, load, Room::open));
        for (const auto room : {Room::writes, Room::reads, Room::webhooks})
            EXPECT_TRUE(has_room({}, load, room)) << "0 = no limit";
    }
}

}  // namespace
}  // namespace florin::limits
