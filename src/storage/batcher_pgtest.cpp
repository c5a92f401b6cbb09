// Goal: commands share transactions and nothing else: each gets its own answer, whatever its
// neighbours do. Method: a table that refuses poison, functions that fail on purpose, a database
// that comes late.

#include "storage/batcher.h"

#include "tests/kit/test_database.h"

namespace florin::storage {
namespace {

constexpr std::string_view kInsert =
    "INSERT INTO item SELECT u.* FROM unnest($1::item[]) u RETURNING n";

struct Item : Command {
    std::int32_t n = 0;
    std::string text;
    std::int32_t answer = -1;
};

class Items : public Kind {
public:
    void encode(std::span<Command*> commands, std::vector<pg::Call>& calls) override {
        pg::Records items("item");
        for (const auto* command : commands) {
            const auto& item = static_cast<const Item&>(*command);
            items.add(item.n, item.text);
        }
        largest = std::max(largest, commands.size());
        pg::Params params;
        params.add(std::move(items));
        calls.push_back({kInsert, std::move(params)});
    }
    void decode(std::span<Command*> commands, std::span<const pg::Rows> rows) override {
        for (std::size_t i = 0; i < commands.size(); ++i)
            static_cast<Item&>(*commands[i]).answer = rows[0].int32(i, 0);
    }

    std::size_t largest = 0;
};

// What became of a command.
struct Fate {
    std::string state;  // SQLSTATE, "lost" or "written".
    std::int32_t answer = -1;
};

class BatcherTest : public test::DatabaseTest {
protected:
    BatcherTest() {
        database.execute("CREATE TABLE item (n integer PRIMARY KEY, text text NOT NULL)");
        database.execute("ALTER TABLE item ADD CHECK (text <> 'poison')");
    }

    BatcherOptions options(std::size_t lanes = 2) const {
        return {.conninfo = database.conninfo(), .lanes = lanes};
    }

    static Task<> submit(Batcher& batcher, std::int32_t n, std::string text, Fate& fate) {
        return submit(batcher, n, std::move(text), fate, std::chrono::minutes(1));
    }

    static Task<> submit(Batcher& batcher, std::int32_t n, std::string text, Fate& fate,
                         std::chrono::milliseconds patience) {
        Item item;
        item.deadline = deadline_in(patience);
        item.n = n;
        item.text = std::move(text);
        fate.state = "written";
        try {
            co_await batcher.submit(0, item);
        } catch (const pg::SqlError& e) {
            fate.state = e.state;
        } catch (const pg::Lost&) {
            fate.state = "lost";
        }
        fate.answer = item.answer;
    }

    // All at once; the text of each is made from its number.
    template <class TextOf>
    std::vector<Fate> submit_all(Batcher& batcher, std::int32_t from, std::int32_t to,
                                 TextOf text_of) {
        std::vector<Fate> fates(static_cast<std::size_t>(to - from));
        std::vector<Task<>> tasks;
        for (auto n = from; n < to; ++n)
            tasks.push_back(
                submit(batcher, n, text_of(n), fates[static_cast<std::size_t>(n - from)]));
        test::run_all(io, std::move(tasks));
        return fates;
    }

    std::string count() const { return database.ask("SELECT count(*) FROM item"); }

    static std::string good(std::int32_t n) { return "t" + std::to_string(n); }

    // Lives until the scope is closed.
    Batcher& start(BatcherOptions wanted, std::vector<Kind*> kinds) {
        batcher_ = std::make_unique<Batcher>(io, std::move(wanted), std::move(kinds));
        batcher_->start(scope);
        return *batcher_;
    }

    Items items;

private:
    std::unique_ptr<Batcher> batcher_;
};

TEST_F(BatcherTest, OnePoisonedCommandOfTenThousandFailsAlone) {
    constexpr std::int32_t kAll = 10'000, kPoison = 4'321;
    auto& batcher = start(options(), {&items});
    const auto fates = submit_all(batcher, 0, kAll, [](std::int32_t n) {
        return n == kPoison ? std::string("poison") : good(n);
    });
    for (std::int32_t n = 0; n < kAll; ++n) {
        const auto& fate = fates[static_cast<std::size_t>(n)];
        ASSERT_EQ(fate.state, n == kPoison ? "23514" : "written") << n;
        ASSERT_EQ(fate.answer, n == kPoison ? -1 : n) << n;
    }
    EXPECT_EQ(count(), "9999");
    EXPECT_EQ(batcher.counts().commands, 10'000U);
    EXPECT_EQ(batcher.counts().failures, 1U);
    EXPECT_EQ(batcher.counts().waiting, 0U);
    EXPECT_EQ(batcher.counts().splits, 8U);  // 256 = 2^8: halved until it stands alone.
    EXPECT_LE(items.largest, 256U);
    // Both lanes go on.
    const auto more = submit_all(batcher, kAll, kAll + 1000, good);
    for (const auto& fate : more) EXPECT_EQ(fate.state, "written");
}

TEST_F(BatcherTest, BatchesFormWhileTheLanesAreBusyWithoutATimer) {
    auto& batcher = start(options(), {&items});
    submit_all(batcher, 0, 1000, good);
    // 1,000 commands in batches of at most 256 by two lanes: a handful of transactions.
    EXPECT_LE(batcher.counts().flushes, 12U);
    const auto before = batcher.counts().flushes;
    submit_all(batcher, 1000, 1001, good);
    EXPECT_EQ(batcher.counts().flushes, before + 1);  // One that is alone does not wait for others.
}

TEST_F(BatcherTest, EveryCommandPoisoned) {
    auto& batcher = start(options(), {&items});
    const auto fates = submit_all(batcher, 0, 50, [](std::int32_t) { return "poison"; });
    for (const auto& fate : fates) EXPECT_EQ(fate.state, "23514");
    EXPECT_EQ(count(), "0");
    EXPECT_EQ(batcher.counts().failures, 50U);
}

TEST_F(BatcherTest, TheSameKeyTwiceInOneBatchIsWrittenOnce) {
    auto& batcher = start(options(), {&items});
    std::vector<Fate> fates(40);
    std::vector<Task<>> tasks;
    for (std::size_t i = 0; i < fates.size(); ++i)
        tasks.push_back(submit(batcher, static_cast<std::int32_t>(i % 4), "x", fates[i]));
    test::run_all(io, std::move(tasks));
    EXPECT_EQ(std::ranges::count(fates, "written", &Fate::state), 4);
    EXPECT_EQ(std::ranges::count(fates, "23505", &Fate::state), 36);
    EXPECT_EQ(count(), "4");
}

TEST_F(BatcherTest, WhatWasRefusedForTheMomentIsTriedAgain) {
    database.execute("CREATE SEQUENCE tries");
    database.execute(
        "CREATE FUNCTION flaky() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF nextval('tries') <= 3 THEN RAISE EXCEPTION 'busy' USING ERRCODE = '40001'; END IF; "
        "RETURN NULL; END $$");
    database.execute("CREATE TRIGGER flaky BEFORE INSERT ON item EXECUTE FUNCTION flaky()");
    auto& batcher = start(options(1), {&items});
    const auto fates = submit_all(batcher, 0, 1, good);
    EXPECT_EQ(fates[0].state, "written");
    EXPECT_EQ(batcher.counts().flushes, 4U);
    EXPECT_EQ(batcher.counts().splits, 0U);
}

TEST_F(BatcherTest, WhatIsAlwaysRefusedForTheMomentEnds) {
    database.execute(
        "CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'busy' USING ERRCODE = '40P01'; END $$");
    database.execute("CREATE TRIGGER never BEFORE INSERT ON item EXECUTE FUNCTION never()");
    auto& batcher = start(options(1), {&items});
    const auto fates = submit_all(batcher, 0, 1, good);
    EXPECT_EQ(fates[0].state, "40P01");
    EXPECT_EQ(batcher.counts().flushes, 10U);
}

TEST_F(BatcherTest, ALostBatchIsLostAndTheLaneConnectsAgain) {
    database.execute(
        "CREATE FUNCTION suicide() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF NEW.text = 'kill' THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; "
        "RETURN NEW; END $$");
    database.execute(
        "CREATE TRIGGER suicide BEFORE INSERT ON item FOR EACH ROW EXECUTE FUNCTION suicide()");
    auto& batcher = start(options(1), {&items});
    for (std::int32_t round = 0; round < 3; ++round) {
        const auto killed =
            submit_all(batcher, round * 10, round * 10 + 1, [](std::int32_t) { return "kill"; });
        EXPECT_EQ(killed[0].state, "lost");
        const auto after = submit_all(batcher, round * 10 + 1, round * 10 + 5, good);
        for (const auto& fate : after) EXPECT_EQ(fate.state, "written");
    }
    EXPECT_EQ(count(), "12");
}

TEST_F(BatcherTest, ABackendThatEndedBetweenBatchesCostsNothing) {
    auto& batcher = start(options(), {&items});
    submit_all(batcher, 0, 10, good);
    database.ask(
        "SELECT count(pg_terminate_backend(pid, 30000)) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()");
    const auto fates = submit_all(batcher, 10, 20, good);
    for (const auto& fate : fates) EXPECT_EQ(fate.state, "written");
}

TEST_F(BatcherTest, WithoutADatabaseACommandEndsAtItsOwnDeadline) {
    auto& batcher = start({.conninfo = "host=/nonexistent user=x dbname=x", .lanes = 2}, {&items});
    std::vector<Fate> fates(2);
    const auto before = monotonic_now();
    std::vector<Task<>> tasks;
    tasks.push_back(submit(batcher, 0, "a", fates[0], std::chrono::milliseconds(50)));
    tasks.push_back(submit(batcher, 1, "b", fates[1], std::chrono::milliseconds(400)));
    test::run_all(io, std::move(tasks));
    EXPECT_EQ(fates[0].state, "lost");
    EXPECT_EQ(fates[1].state, "lost");
    EXPECT_GE(monotonic_now() - before, std::chrono::milliseconds(400));
    EXPECT_LT(monotonic_now() - before, std::chrono::seconds(20));
    EXPECT_EQ(batcher.counts().waiting, 0U);
    EXPECT_EQ(batcher.counts().failures, 2U);
}

TEST_F(BatcherTest, ACommandWaitsForADatabaseThatComesBack) {
    const auto name = database.name() + "_back";
    auto& batcher = start({.conninfo = test::conninfo_of(name)}, {&items});
    Fate fate, late;
    const auto come_back = [](std::string from, std::string database_name) -> Task<> {
        co_await sleep_for(std::chrono::milliseconds(1));  // The command is in the line by then.
        test::execute(test::conninfo_of("postgres"),
                      "CREATE DATABASE " + database_name + " TEMPLATE " + from);
    };
    std::vector<Task<>> tasks;
    tasks.push_back(submit(batcher, 1, "a", fate));
    tasks.push_back(come_back(database.name(), name));
    test::run_all(io, std::move(tasks));
    EXPECT_EQ(fate.state, "written");
    test::run(io, scope.close());
    test::execute(test::conninfo_of("postgres"), "DROP DATABASE " + name + " WITH (FORCE)");
}

TEST_F(BatcherTest, TheLineHasAnEnd) {
    auto& batcher =
        start({.conninfo = database.conninfo(), .lanes = 1, .waiting_max = 5}, {&items});
    std::vector<Fate> fates(10);
    std::vector<Task<>> tasks;
    for (std::size_t i = 0; i < fates.size(); ++i)
        tasks.push_back(submit(batcher, static_cast<std::int32_t>(i), "x", fates[i]));
    test::run_all(io, std::move(tasks));
    const auto lost = std::ranges::count(fates, "lost", &Fate::state);
    EXPECT_GE(lost, 1);
    EXPECT_EQ(count(), std::to_string(10 - lost));
    EXPECT_EQ(batcher.counts().waiting, 0U);
}

TEST_F(BatcherTest, ACommandOutlivesTheCancellationOfItsTask) {
    auto& batcher = start(options(1), {&items});
    Fate fate;
    TaskScope callers(io);
    callers.start("test.caller", submit(batcher, 1, "a", fate));
    const auto wait_for_line = [](Batcher& in) -> Task<> {
        while (in.counts().commands == 0) co_await sleep_for(std::chrono::milliseconds(1));
    };
    test::run(io, wait_for_line(batcher));
    test::run(io, callers.close());
    EXPECT_EQ(count(), "1");  // close() returned after the answer, so no lane points at the dead.
    EXPECT_EQ(batcher.counts().failures, 0U);
}

// Two kinds in one transaction: the second refuses, so the first is not written either.
class Refusals : public Kind {
public:
    void encode(std::span<Command*>, std::vector<pg::Call>& calls) override {
        calls.push_back({"SELECT 1 / 0", {}});
    }
    void decode(std::span<Command*>, std::span<const pg::Rows>) override {}
};

TEST_F(BatcherTest, KindsOfOneBatchAreSplitFromEachOther) {
    Refusals refusals;
    auto& batcher = start(options(1), {&items, &refusals});
    std::vector<Fate> fates(3);
    std::string refused;
    const auto refuse = [](Batcher& to, std::string& state) -> Task<> {
        Item item;
        item.deadline = deadline_in(std::chrono::minutes(1));
        try {
            co_await to.submit(1, item);
        } catch (const pg::SqlError& e) {
            state = e.state;
        }
    };
    std::vector<Task<>> tasks;
    for (std::size_t i = 0; i < fates.size(); ++i)
        tasks.push_back(submit(batcher, static_cast<std::int32_t>(i), "x", fates[i]));
    tasks.push_back(refuse(batcher, refused));
    test::run_all(io, std::move(tasks));
    for (const auto& fate : fates) EXPECT_EQ(fate.state, "written");
    EXPECT_EQ(refused, "22012");
    EXPECT_EQ(count(), "3");
}

}  // namespace
}  // namespace florin::storage
