#include "app/database.h"

#include <algorithm>

#include "base/log.h"
#include "storage/migrate.h"

namespace florin::app {

Result<Database> Database::open(const Config& config) {
    Database database;
    database.conninfo_ = config.database_url;
    if (config.database_url.empty()) {
        TRY(database.server_, pg::PrivateServer::open(config.data_dir));
        database.conninfo_ = database.server_->conninfo();
    }
    return database;
}

Result<void> ensure_schema(const Database& database) {
    if (database.is_private()) {
        TRY(const auto applied, storage::migrate(database.conninfo()));
        for (const auto& name : applied) log::info("migrate.applied", {{"migration", name}});
        return {};
    }
    TRY(const auto states, storage::migration_states(database.conninfo()));
    const auto missing = std::ranges::find(states, false, &storage::MigrationState::applied);
    if (missing == states.end()) return {};
    return fail(Fault::conflict, "schema_missing",
                "the database lacks migration " + missing->name + ": run `florin migrate` first");
}

}  // namespace florin::app
