#pragma once

// The schema comes with the program. Migrations only go forward; each runs once, in one
// transaction, and is remembered with the hash of its text.

#include <string>
#include <vector>

#include "base/result.h"

namespace florin::storage {

struct MigrationState {
    std::string name;
    bool applied = false;
};

// Applies what is missing and returns the names. Fails with code "schema_differs" when an applied
// migration has another text than this program's, and "schema_is_newer" when the database has
// migrations that this program does not know. Throws pg::Lost and pg::SqlError. Blocking; safe when
// several processes do it at the same time.
Result<std::vector<std::string>> migrate(const std::string& conninfo);
Result<std::vector<MigrationState>> migration_states(const std::string& conninfo);

}  // namespace florin::storage
