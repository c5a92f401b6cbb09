// Goal: a schema that is applied once and never mixed up. Method: fresh databases, two at once, and
// a record of migrations that was tampered with.

#include "storage/migrate.h"

#include <thread>

#include "storage/migrations.h"
#include "tests/kit/test_database.h"

namespace florin::storage {
namespace {

class MigrateTest : public ::testing::Test {
protected:
    std::string count() const { return database.ask("SELECT count(*) FROM florin_migration"); }

    test::Database database{test::Schema::empty};
};

TEST_F(MigrateTest, AppliesAllOnceInOrder) {
    const auto before = migration_states(database.conninfo());
    ASSERT_TRUE(before.has_value());
    ASSERT_EQ(before->size(), kMigrations.size());
    for (const auto& state : *before) EXPECT_FALSE(state.applied) << state.name;

    const auto first = migrate(database.conninfo());
    ASSERT_TRUE(first.has_value()) << first.error().detail;
    ASSERT_EQ(first->size(), kMigrations.size());
    for (std::size_t i = 0; i < first->size(); ++i) EXPECT_EQ((*first)[i], kMigrations[i].first);

    const auto second = migrate(database.conninfo());
    ASSERT_TRUE(second.has_value());
    EXPECT_TRUE(second->empty());
    const auto after = migration_states(database.conninfo());
    ASSERT_TRUE(after.has_value());
    for (const auto& state : *after) EXPECT_TRUE(state.applied) << state.name;
    EXPECT_EQ(database.ask("SELECT count(*) FROM florin.slot_dir"), "1024");
}

TEST_F(MigrateTest, TwoAtOnceApplyEachOnce) {
    std::vector<Result<std::vector<std::string>>> results(4);
    {
        std::vector<std::jthread> processes;
        for (auto& result : results)
            processes.emplace_back([&, this] { result = migrate(database.conninfo()); });
    }
    std::size_t applied = 0;
    for (const auto& result : results) {
        ASSERT_TRUE(result.has_value()) << result.error().detail;
        applied += result->size();
    }
    EXPECT_EQ(applied, kMigrations.size());
    EXPECT_EQ(count(), std::to_string(kMigrations.size()));
}

TEST_F(MigrateTest, GoesOnWhereAnEarlierProgramStopped) {
    ASSERT_TRUE(migrate(database.conninfo()).has_value());
    const std::string last(kMigrations.back().first);
    database.execute("DELETE FROM florin_migration WHERE name = '" + last + "'");
    const auto states = migration_states(database.conninfo());
    ASSERT_TRUE(states.has_value());
    EXPECT_FALSE(states->back().applied);
    EXPECT_TRUE(states->front().applied);
}

TEST_F(MigrateTest, AFailedMigrationLeavesNoTrace) {
    ASSERT_TRUE(migrate(database.conninfo()).has_value());
    const std::string last(kMigrations.back().first);
    database.execute("DELETE FROM florin_migration WHERE name = '" + last + "'");
    EXPECT_THROW((void)migrate(database.conninfo()), pg::SqlError);  // Its tables are there.
    EXPECT_EQ(database.ask("SELECT count(*) FROM florin_migration WHERE name = '" + last + "'"),
              "0");
}

TEST_F(MigrateTest, AChangedTextIsRefused) {
    ASSERT_TRUE(migrate(database.conninfo()).has_value());
    const std::string first(kMigrations.front().first);
    database.execute("UPDATE florin_migration SET hash = 'other' WHERE name = '" + first + "'");
    const auto again = migrate(database.conninfo());
    ASSERT_FALSE(again.has_value());
    EXPECT_EQ(again.error().code, "schema_differs");
    EXPECT_NE(again.error().detail.find(first), std::string::npos);
    const auto states = migration_states(database.conninfo());
    ASSERT_FALSE(states.has_value());
    EXPECT_EQ(states.error().code, "schema_differs");
}

TEST_F(MigrateTest, ANewerSchemaIsRefused) {
    ASSERT_TRUE(migrate(database.conninfo()).has_value());
    database.execute("INSERT INTO florin_migration (name, hash) VALUES ('9999_future', 'x')");
    const auto again = migrate(database.conninfo());
    ASSERT_FALSE(again.has_value());
    EXPECT_EQ(again.error().code, "schema_is_newer");
    EXPECT_NE(again.error().detail.find("9999_future"), std::string::npos);
    const auto states = migration_states(database.conninfo());
    ASSERT_FALSE(states.has_value());
    EXPECT_EQ(states.error().code, "schema_is_newer");
}

TEST_F(MigrateTest, NoServerIsLost) {
    EXPECT_THROW((void)migrate("host=/nonexistent dbname=florin"), pg::Lost);
}

}  // namespace
}  // namespace florin::storage
