// Goal: who waits hears of every step, whoever wrote it, and nobody is asked for nothing. Method: a
// watcher on a real database whose rows somebody else changes.

#include "payments/watcher.h"

#include "payments/engine.h"
#include "payments/test_payment.h"
#include "tests/kit/test_database.h"

namespace florin::payments {
namespace {

using std::chrono::milliseconds;

class WatcherTest : public test::DatabaseTest {
protected:
    void SetUp() override {
        engine.start(scope);
        other.start(scope);
        scope.start("test.watcher", watcher.run());
    }

    Payment create(std::uint64_t random) {
        auto payment = open(testing::wanted(), {"stripe", "k" + std::to_string(random)},
                            testing::kTiming, random);
        ClientKey key{.key = payment.id.text()};
        const auto earlier = test::run(
            io, engine.create(payment, std::move(key), deadline_in(std::chrono::minutes(1))));
        EXPECT_FALSE(earlier);
        return payment;
    }

    // Waits for the version after, while `by` writes it.
    static Task<> step(Engine& by, Payment payment) {
        auto change = settle(payment, testing::yes(), testing::kNoon, random_for(payment));
        co_await by.advance(std::move(*change), deadline_in(std::chrono::minutes(1)));
    }
    static std::uint64_t random_for(const Payment& payment) {
        return static_cast<std::uint64_t>(std::hash<PaymentId>()(payment.id));
    }
    static Task<> expect_news(Watcher& watcher, Payment payment, int& told) {
        Watch watch(watcher, payment.merchant, payment.id);
        EXPECT_TRUE(co_await watch.above(payment.version, deadline_in(std::chrono::minutes(1))));
        EXPECT_FALSE(co_await watch.above(payment.version + 1, monotonic_now()));
        ++told;
    }

    Engine engine{io, {.conninfo = database.conninfo()}};
    Engine other{io, {.conninfo = database.conninfo()}};  // Another process.
    Store store{pool};
    Watcher watcher{io, store, milliseconds(5)};
};

TEST_F(WatcherTest, EverybodyHearsOfTheStepsOfOthers) {
    std::vector<Task<>> tasks;
    int told = 0;
    std::vector<Payment> payments;
    for (std::uint64_t i = 0; i < 30; ++i) payments.push_back(create(i + 1));
    for (const auto& payment : payments) {
        for (int i = 0; i < 2; ++i) tasks.push_back(expect_news(watcher, payment, told));
        tasks.push_back(step(other, payment));
    }
    test::run_all(io, std::move(tasks));
    EXPECT_EQ(told, 60);
    EXPECT_EQ(watcher.size(), 0U);
}

TEST_F(WatcherTest, OwnStepsAreToldWithoutAQuestion) {
    Watcher alone(io, store, milliseconds(5));  // Nobody runs it.
    engine.on_step([&](PaymentId payment, std::int32_t version) { alone.tell(payment, version); });
    const auto payment = create(1);
    int told = 0;
    std::vector<Task<>> tasks;
    tasks.push_back(expect_news(alone, payment, told));
    tasks.push_back(step(engine, payment));
    test::run_all(io, std::move(tasks));
    EXPECT_EQ(told, 1);
    EXPECT_EQ(alone.looks(), 0U);
}

TEST_F(WatcherTest, WhatHappenedBeforeIsHeardToo) {
    const auto payment = create(1);
    test::run(io, step(other, payment));
    int told = 0;
    test::run(io, expect_news(watcher, payment, told));
    EXPECT_EQ(told, 1);
}

TEST_F(WatcherTest, NobodyIsAskedForNothing) {
    const auto idle = []() -> Task<> { co_await sleep_for(milliseconds(50)); };
    const auto payment = create(1);
    test::run(io, idle());
    EXPECT_EQ(watcher.looks(), 0U);
    const auto in_vain = [](Watcher& watched, Payment of) -> Task<> {
        Watch watch(watched, of.merchant, of.id);
        EXPECT_FALSE(co_await watch.above(of.version, deadline_in(milliseconds(50))));
    };
    test::run(io, in_vain(watcher, payment));
    const auto looks = watcher.looks();
    EXPECT_GT(looks, 0U);
    test::run(io, idle());
    EXPECT_LE(watcher.looks(), looks + 1);
}

TEST_F(WatcherTest, AStopEndsAllWaiting) {
    const auto payment = create(1);
    const auto wait = [](Watcher& watched, Payment of) -> Task<> {
        Watch watch(watched, of.merchant, of.id);
        EXPECT_FALSE(co_await watch.above(of.version, deadline_in(std::chrono::minutes(10))));
        EXPECT_TRUE(watch.stopped());
    };
    const auto stop = [](Watcher& watched) -> Task<> {
        watched.stop();
        co_return;
    };
    std::vector<Task<>> tasks;
    tasks.push_back(wait(watcher, payment));
    tasks.push_back(stop(watcher));
    tasks.push_back(wait(watcher, payment));  // Who comes later does not wait either.
    test::run_all(io, std::move(tasks));
}

}  // namespace
}  // namespace florin::payments
