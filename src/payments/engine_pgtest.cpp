// Goal: each payment begins once, each version is written by one, and what belongs together is
// written together. Method: many rounds of races between two engines on one database.

#include "payments/engine.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "payments/show.h"
#include "payments/store.h"
#include "payments/test_payment.h"
#include "tests/kit/test_database.h"

namespace florin::payments {
namespace {

constexpr auto kPatience = std::chrono::minutes(1);

struct Attempt {
    Payment payment;
    ClientKey key;
    std::optional<Earlier> earlier;
};

Task<> create(Engine& engine, Attempt& attempt) {
    attempt.earlier = co_await engine.create(attempt.payment, attempt.key, deadline_in(kPatience));
}

Task<> advance(Engine& engine, Change change, int& winners) {
    if (co_await engine.advance(std::move(change), deadline_in(kPatience))) ++winners;
}

// What became of an event: how many it woke; nothing = it was here before.
struct Told {
    std::optional<std::int32_t> woken;
    bool refused = false;
};

Task<> receive(Engine& engine, connectors::Hint hint, Instant at, Told& told) {
    try {
        told.woken = co_await engine.receive("stripe", std::move(hint), "{}", at);
    } catch (const pg::SqlError&) {
        told.refused = true;
    }
}

class EngineTest : public test::DatabaseTest {
protected:
    void SetUp() override {
        engine.start(scope);
        other.start(scope);
    }

    Attempt attempt(std::string key, std::uint8_t hash = 0, bool capture_later = false) {
        auto wanted = testing::wanted(capture_later);
        wanted.key = {.key = std::move(key), .request_hash = {hash}};
        auto client_key = wanted.key;
        auto payment = open(std::move(wanted), {"stripe", "k"}, testing::kTiming, random());
        return {std::move(payment), std::move(client_key), std::nullopt};
    }

    Payment created(const std::string& key, bool capture_later = false) {
        auto one = attempt(key, 0, capture_later);
        test::run(io, create(engine, one));
        EXPECT_FALSE(one.earlier);
        return one.payment;
    }

    bool write(Change change) {
        int winners = 0;
        test::run(io, advance(engine, std::move(change), winners));
        return winners == 1;
    }

    // A payment that was authorized: version 2.
    Payment authorized(const std::string& key) {
        auto change = *settle(created(key, true), testing::yes(), testing::kNoon, random());
        auto after = change.after;
        EXPECT_TRUE(write(std::move(change)));
        return after;
    }

    Change capture_of(const Payment& payment, std::string key) {
        return *begin(payment, {}, {.action = Action::capture}, {"stripe", "k2"},
                      {.key = std::move(key)}, testing::kTiming, random());
    }

    Payment load(const Payment& payment) {
        auto found = test::run(io, store.load(payment.merchant, payment.id));
        EXPECT_TRUE(found.has_value());
        return std::move(*found);
    }

    Told told(connectors::Hint hint) {
        Told told;
        test::run(io, receive(engine, std::move(hint), testing::kNoon, told));
        return told;
    }

    // Its outcome is not known, and nobody looks at it before a time after noon.
    Payment in_doubt(const std::string& key) {
        auto change = *lose(created(key), testing::kNoon, random());
        auto after = change.after;
        EXPECT_GT(after.operation.due_at, testing::kNoon);
        EXPECT_TRUE(write(std::move(change)));
        return after;
    }

    std::string count(const std::string& table, const Payment& payment) {
        const std::string column = table == "payment" ? "id" : "payment_id";
        return database.ask("SELECT count(*) FROM florin." + table + " WHERE " + column + " = '" +
                            to_text(payment.id.uuid()) + "'");
    }
    std::string count(const std::string& table) {
        return database.ask("SELECT count(*) FROM florin." + table);
    }

    std::mt19937_64 random{test::seed()};
    Engine engine{io, {.conninfo = database.conninfo(), .lanes = 2}};
    Engine other{io, {.conninfo = database.conninfo(), .lanes = 2}};  // Another process.
    Store store{pool};
};

TEST_F(EngineTest, APaymentBeginsAsItWasDecided) {
    const auto payment = created("a");
    EXPECT_EQ(show(load(payment)), show(payment));
    EXPECT_EQ(count("payment_order", payment), "3");
    EXPECT_EQ(count("operation", payment), "1");
    const auto events = test::run(io, store.events(payment, 0, 10));
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].type, "payment.created");
    EXPECT_EQ(events[0].data, show(payment));
    EXPECT_EQ(events[0].operation, payment.operation.id);
}

TEST_F(EngineTest, OneOfManyWithTheSameKeyBegins) {
    constexpr std::size_t kRounds = 60, kSame = 16;
    for (std::size_t round = 0; round < kRounds; ++round) {
        std::vector<Attempt> attempts;
        const auto name = std::to_string(round);
        for (std::size_t i = 0; i < kSame; ++i)
            attempts.push_back(attempt("same-" + name, i % 3 == 0 ? 1 : 2));
        for (std::size_t i = 0; i < 4; ++i)  // They share the batches and must not notice.
            attempts.push_back(attempt("alone-" + name + "-" + std::to_string(i)));
        std::ranges::shuffle(attempts, random);
        std::vector<Task<>> tasks;
        for (auto& one : attempts) tasks.push_back(create(random() % 2 ? engine : other, one));
        test::run_all(io, std::move(tasks));

        const Attempt* winner = nullptr;
        std::size_t written = 0;
        for (const auto& one : attempts) {
            if (one.earlier) continue;
            ++written;
            if (one.key.key.starts_with("same")) winner = &one;
        }
        ASSERT_EQ(written, 5U) << "round " << round;
        ASSERT_TRUE(winner);
        EXPECT_EQ(count("payment", winner->payment), "1");
        for (const auto& one : attempts) {
            if (!one.earlier) continue;
            EXPECT_EQ(one.earlier->payment, winner->payment.id);
            EXPECT_EQ(one.earlier->operation, winner->payment.operation.id);
            EXPECT_EQ(one.earlier->same_request, one.key.request_hash == winner->key.request_hash);
        }
    }
    const auto payments = std::to_string(kRounds * 5);
    EXPECT_EQ(count("payment"), payments);
    EXPECT_EQ(count("operation"), payments);
    EXPECT_EQ(count("event"), payments);
    EXPECT_EQ(count("idempotency"), payments);
    EXPECT_EQ(count("payment_order"), std::to_string(kRounds * 15));
}

TEST_F(EngineTest, AKeyBelongsToItsMerchant) {
    auto first = attempt("key"), second = attempt("key");
    second.payment.merchant = MerchantId::make(testing::kNoon, 0, 8);
    std::vector<Task<>> both;
    both.push_back(create(engine, first));
    both.push_back(create(engine, second));
    test::run_all(io, std::move(both));
    EXPECT_FALSE(first.earlier);
    EXPECT_FALSE(second.earlier);
}

TEST_F(EngineTest, StateBooksAndEventAreOneTransaction) {
    const auto payment = created("sale");
    auto change = *settle(payment, testing::yes(), testing::kNoon, random());
    const auto after = change.after;
    ASSERT_EQ(change.postings.size(), 1U);
    ASSERT_TRUE(write(std::move(change)));
    EXPECT_EQ(show(load(payment)), show(after));
    EXPECT_EQ(count("ledger_transaction"), "1");
    EXPECT_EQ(count("ledger_entry"), "4");
    EXPECT_EQ(database.ask("SELECT sum(amount) FROM florin.ledger_entry"), "0");
    EXPECT_EQ(database.ask("SELECT count(*) FROM florin.ledger_transaction t JOIN florin.event e "
                           "ON e.xid = t.xid AND e.version = 2 AND t.source_id = e.payment_id"),
              "1");
}

TEST_F(EngineTest, AStaleStepWritesNothing) {
    const auto first = created("stale");
    auto unknown = *lose(first, testing::kNoon, random());
    const auto now_is = unknown.after;
    ASSERT_TRUE(write(std::move(unknown)));
    // Decided on version 1 too, with a posting.
    auto late = *settle(first, testing::yes(), testing::kNoon, random());
    ASSERT_EQ(late.postings.size(), 1U);
    EXPECT_FALSE(write(std::move(late)));
    EXPECT_EQ(show(load(first)), show(now_is));
    EXPECT_EQ(count("event", first), "2");
    EXPECT_EQ(count("ledger_transaction"), "0");
    EXPECT_EQ(count("ledger_entry"), "0");

    const auto held = authorized("held");
    ASSERT_TRUE(write(capture_of(held, "capture-1")));
    EXPECT_FALSE(write(capture_of(held, "capture-2")));
    EXPECT_EQ(count("operation", held), "2");
    EXPECT_EQ(count("event", held), "3");
    EXPECT_EQ(database.ask("SELECT count(*) FROM florin.idempotency WHERE key = 'capture-2'"), "0");
    EXPECT_EQ(database.ask("SELECT count(*) FROM florin.idempotency WHERE key = 'capture-1'"), "1");
}

TEST_F(EngineTest, AVersionOfTheFutureWritesNothing) {
    const auto payment = created("future");
    auto change = *lose(payment, testing::kNoon, random());
    change.after.version = 7;
    EXPECT_FALSE(write(std::move(change)));
    EXPECT_EQ(count("event", payment), "1");
    auto nobody = *lose(attempt("never written").payment, testing::kNoon, random());
    EXPECT_FALSE(write(std::move(nobody)));
    EXPECT_EQ(count("payment"), "1");
}

TEST_F(EngineTest, AStaleStepDoesNotHoldItsNeighboursUp) {
    std::vector<Payment> payments;
    for (int i = 0; i < 60; ++i) payments.push_back(created("n" + std::to_string(i)));
    auto stale = *settle(payments[17], testing::no(), testing::kNoon, random());
    ASSERT_TRUE(write(*lose(payments[17], testing::kNoon, random())));
    std::vector<int> wins(payments.size(), 0);
    std::vector<Task<>> tasks;
    for (std::size_t i = 0; i < payments.size(); ++i) {
        auto change =
            i == 17 ? stale : *settle(payments[i], testing::yes(), testing::kNoon, random());
        tasks.push_back(advance(engine, std::move(change), wins[i]));
    }
    test::run_all(io, std::move(tasks));
    for (std::size_t i = 0; i < wins.size(); ++i) EXPECT_EQ(wins[i], i == 17 ? 0 : 1) << i;
    EXPECT_EQ(count("ledger_transaction"), "59");
}

TEST_F(EngineTest, OneOfManyStepsIsWritten) {
    for (int round = 0; round < 60; ++round) {
        const auto payment = created("race-" + std::to_string(round));
        std::vector<Change> changes;
        for (int i = 0; i < 4; ++i) {
            changes.push_back(*settle(payment, testing::yes(), testing::kNoon, random()));
            changes.push_back(*settle(payment, testing::no(), testing::kNoon, random()));
            changes.push_back(*lose(payment, testing::kNoon, random()));
        }
        std::ranges::shuffle(changes, random);
        int winners = 0;
        std::vector<Task<>> tasks;
        for (auto& change : changes)
            tasks.push_back(advance(random() % 2 ? engine : other, change, winners));
        test::run_all(io, std::move(tasks));
        ASSERT_EQ(winners, 1) << "round " << round;
        ASSERT_EQ(count("event", payment), "2");
        const auto found = show(load(payment));
        EXPECT_EQ(std::ranges::count_if(
                      changes, [&](const Change& c) { return show(c.after) == found; }) > 0,
                  true);
    }
    // Booked exactly where the captured money is.
    EXPECT_EQ(database.ask("SELECT coalesce(sum(amount), 0) FROM florin.ledger_entry e JOIN "
                           "florin.ledger_account a ON a.slot = e.slot AND a.id = e.account_id "
                           "WHERE a.code = 1100"),
              database.ask("SELECT coalesce(sum(captured), 0) FROM florin.payment"));
}

TEST_F(EngineTest, TwoCapturesAtOnceReserveOnce) {
    for (int round = 0; round < 30; ++round) {
        const auto held = authorized("held-" + std::to_string(round));
        int winners = 0;
        std::vector<Task<>> tasks;
        tasks.push_back(advance(engine, capture_of(held, "a"), winners));
        tasks.push_back(advance(other, capture_of(held, "b"), winners));
        test::run_all(io, std::move(tasks));
        ASSERT_EQ(winners, 1);
        EXPECT_EQ(load(held).counters.capture_reserved, 10'000);
        EXPECT_EQ(count("operation", held), "2");
        EXPECT_EQ(count("idempotency", held), "2");  // Of the creation and of the winner.
    }
}

TEST_F(EngineTest, TheDatabaseRefusesMoreThanIsAuthorized) {
    const auto held = authorized("check");
    const auto before = show(load(held));
    auto change = capture_of(held, "greedy");
    change.after.counters.capture_reserved = 10'001;
    try {
        write(std::move(change));
        ADD_FAILURE() << "the database took it";
    } catch (const pg::SqlError& e) {
        EXPECT_EQ(e.state, "23514");
    }
    EXPECT_EQ(show(load(held)), before);
    EXPECT_EQ(count("event", held), "2");
    const auto refuse = [&](const std::string& set) {
        try {
            database.execute("UPDATE florin.payment SET " + set);
            ADD_FAILURE() << set;
        } catch (const pg::SqlError& e) {
            EXPECT_EQ(e.state, "23514") << set;
        }
    };
    for (const auto* set : {"captured = 10001", "captured = 6000, voided = 4001",
                            "captured = 6000, capture_reserved = 4001", "voided = -1",
                            "authorized = 10001", "refunded = 1", "captured = 5, refunded = 6",
                            "captured = 5, refunded = 3, disputed = 3", "amount = 0"})
        refuse(set);
    database.execute("UPDATE florin.payment SET captured = 6000, voided = 4000");
}

TEST_F(EngineTest, TheStatusForSearchesIsThatOfEachStep) {
    auto payment = created("a", true);
    std::set<std::string> seen;
    const auto expect_column = [&] {
        const auto status = database.ask("SELECT status FROM florin.payment");
        EXPECT_EQ(status, name(status_of(payment)));
        seen.insert(status);
    };
    expect_column();
    for (const Counters counters : {Counters{}, Counters{.authorized = 10'000},
                                    Counters{.authorized = 10'000, .captured = 6'000},
                                    Counters{.authorized = 10'000, .captured = 10'000},
                                    Counters{.authorized = 10'000, .voided = 10'000}}) {
        for (const auto doing : {std::optional<Action>(), std::optional(Action::authorize),
                                 std::optional(Action::capture), std::optional(Action::cancel)}) {
            for (const auto* waiting_for : {"", "customer"}) {
                Change change{.after = payment,
                              .event = EventId::make(testing::kNoon, payment.id.slot(), random()),
                              .event_type = "payment.tested"};
                ++change.after.version;
                change.after.counters = counters;
                change.after.doing = doing;
                change.after.waiting_for = waiting_for;
                payment = change.after;
                ASSERT_TRUE(write(std::move(change)));
                expect_column();
            }
        }
    }
    EXPECT_EQ(seen.size(), 8U);  // Every status there is.
}

TEST_F(EngineTest, CreationsAndStepsShareTransactions) {
    std::vector<Payment> payments;
    for (int i = 0; i < 100; ++i) payments.push_back(created("old-" + std::to_string(i)));
    std::vector<Attempt> attempts;
    for (int i = 0; i < 100; ++i) attempts.push_back(attempt("new-" + std::to_string(i)));
    const auto before = engine.counts().flushes;
    int winners = 0;
    std::vector<Task<>> tasks;
    for (std::size_t i = 0; i < 100; ++i) {
        auto change = *settle(payments[i], testing::yes(), testing::kNoon, random());
        tasks.push_back(advance(engine, std::move(change), winners));
        tasks.push_back(create(engine, attempts[i]));
    }
    test::run_all(io, std::move(tasks));
    EXPECT_EQ(winners, 100);
    for (const auto& one : attempts) EXPECT_FALSE(one.earlier);
    EXPECT_LE(engine.counts().flushes - before, 6U);
}

connectors::Hint hint(std::string id, std::string payment = "") {
    return {.id = std::move(id), .type = "refund.updated", .payment = std::move(payment)};
}

TEST_F(EngineTest, AnEventWakesWhatIsOpenOfItsPaymentAndNothingElse) {
    const auto open = in_doubt("open"), other_open = in_doubt("other"), sending = created("busy");
    EXPECT_EQ(told(hint("evt_1", open.id.text())).woken, 1);
    EXPECT_EQ(load(open).operation.due_at, testing::kNoon);
    EXPECT_GT(load(other_open).operation.due_at, testing::kNoon);
    EXPECT_EQ(told(hint("evt_2", open.id.text())).woken, 0) << "it is due already";
    const auto lease_ends = load(sending).operation.due_at;
    EXPECT_EQ(told(hint("evt_3", sending.id.text())).woken, 0) << "its answer is on the way";
    EXPECT_EQ(load(sending).operation.due_at, lease_ends);
    EXPECT_EQ(told(hint("evt_4", attempt("never written").payment.id.text())).woken, 0);
    EXPECT_EQ(told(hint("evt_5")).woken, 0);
    EXPECT_EQ(told(hint("evt_1", other_open.id.text())).woken.has_value(),
              open.id.slot() != other_open.id.slot());
    EXPECT_EQ(database.ask("SELECT count(*) FROM florin.provider_event WHERE state = 1 AND "
                           "due_at = 'infinity' AND body = '{}'"),
              open.id.slot() == other_open.id.slot() ? "5" : "6");
}

TEST_F(EngineTest, AnEventThatTellsOfMoreWaitsInTheQueue) {
    auto dispute = hint("evt_1");
    dispute.about = connectors::About::dispute;
    dispute.object = "dp_1";
    EXPECT_EQ(told(dispute).woken, 0);
    EXPECT_FALSE(told(dispute).woken.has_value());
    const auto until = testing::kNoon + std::chrono::minutes(1);
    const auto claimed = test::run(io, store.claim_events(testing::kNoon, until, 10));
    ASSERT_EQ(claimed.size(), 1U);
    EXPECT_EQ(claimed[0].id, "evt_1");
    EXPECT_EQ(claimed[0].about, "dispute");
    EXPECT_EQ(claimed[0].object, "dp_1");
    EXPECT_EQ(claimed[0].due_at, until);
    EXPECT_EQ(claimed[0].tries, 1);
    EXPECT_TRUE(test::run(io, store.claim_events(testing::kNoon, until, 10)).empty());
}

TEST_F(EngineTest, AnEventIsNewOnceHoweverOftenItComes) {
    constexpr std::size_t kRounds = 30, kEvents = 20, kTimes = 4;
    for (std::size_t round = 0; round < kRounds; ++round) {
        const auto payment = in_doubt("round-" + std::to_string(round));
        std::vector<connectors::Hint> hints;
        for (std::size_t i = 0; i < kEvents * kTimes; ++i) {
            const auto id = fmt::format("evt_{}_{}", round, i % kEvents);
            hints.push_back(hint(id, i % kEvents < 2 ? payment.id.text() : ""));
        }
        std::ranges::shuffle(hints, random);
        std::vector<Told> all(hints.size());
        std::vector<Task<>> tasks;
        const bool one_batch = round % 2 == 0;
        for (std::size_t i = 0; i < hints.size(); ++i)
            tasks.push_back(receive(one_batch || random() % 2 ? engine : other, hints[i],
                                    testing::kNoon, all[i]));
        test::run_all(io, std::move(tasks));
        std::map<std::string, int> news;
        std::int32_t woken = 0;
        for (std::size_t i = 0; i < hints.size(); ++i) {
            ASSERT_FALSE(all[i].refused);
            if (!all[i].woken) continue;
            ++news[hints[i].id];
            woken = std::max(woken, *all[i].woken);
        }
        ASSERT_EQ(news.size(), kEvents) << "round " << round;
        for (const auto& [id, times] : news) EXPECT_EQ(times, 1) << id;
        EXPECT_EQ(woken, 1);
        EXPECT_EQ(load(payment).operation.due_at, testing::kNoon);
    }
    EXPECT_EQ(count("provider_event"), std::to_string(kRounds * kEvents));
}

TEST_F(EngineTest, AnEventThatTheDatabaseRefusesDoesNotHoldTheOthersUp) {
    std::vector<Told> all(40);
    std::vector<Task<>> tasks;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto id = "evt_" + std::to_string(i);
        tasks.push_back(
            receive(engine, hint(i == 7 ? id + std::string(1, '\0') : id), testing::kNoon, all[i]));
    }
    const auto before = engine.counts();
    test::run_all(io, std::move(tasks));
    for (std::size_t i = 0; i < all.size(); ++i) {
        EXPECT_EQ(all[i].refused, i == 7) << i;
        EXPECT_EQ(all[i].woken.has_value(), i != 7) << i;
    }
    EXPECT_EQ(count("provider_event"), "39");
    EXPECT_LT(engine.counts().flushes - before.flushes, 20U);
}

TEST_F(EngineTest, EventsShareTransactions) {
    std::vector<Told> all(200);
    std::vector<Task<>> tasks;
    for (std::size_t i = 0; i < all.size(); ++i)
        tasks.push_back(receive(engine, hint("evt_" + std::to_string(i)), testing::kNoon, all[i]));
    const auto before = engine.counts().flushes;
    test::run_all(io, std::move(tasks));
    for (const auto& told : all) EXPECT_EQ(told.woken, 0);
    EXPECT_LE(engine.counts().flushes - before, 4U);
}

}  // namespace
}  // namespace florin::payments
