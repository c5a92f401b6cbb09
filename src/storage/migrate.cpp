#include "storage/migrate.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "platform/crypto/hash.h"
#include "platform/pg/connection.h"
#include "storage/migrations.h"

namespace florin::storage {
namespace {

// Lives outside the schema "florin" so that it is there before the first migration.
constexpr const char* kCreateTable =
    "CREATE TABLE IF NOT EXISTS public.florin_migration ("
    "name text PRIMARY KEY, hash text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())";

std::string hash_of(std::string_view text) {
    return to_hex(view(crypto::sha256(text)));
}

// name -> hash, from one text value: "name hash\n..."
std::map<std::string, std::string> applied(const std::string& conninfo) {
    const auto text = pg::ask(conninfo,
                              "SELECT coalesce(string_agg(name || ' ' || hash, E'\\n'), '') FROM "
                              "public.florin_migration");
    std::map<std::string, std::string> out;
    std::string_view rest = text;
    while (!rest.empty()) {
        const auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        const auto space = line.find(' ');
        out[std::string(line.substr(0, space))] = line.substr(space + 1);
    }
    return out;
}

Result<void> compare(const std::map<std::string, std::string>& theirs) {
    for (const auto& [name, hash] : theirs) {
        const auto* ours = std::ranges::find(kMigrations, name,
                                             [](const auto& m) { return std::string(m.first); });
        if (ours == kMigrations.end())
            return fail(Fault::conflict, "schema_is_newer",
                        "the database has migration " + name +
                            ", which this program does not know: install the newer florin");
        if (hash_of(ours->second) != hash)
            return fail(Fault::conflict, "schema_differs",
                        "migration " + name +
                            " was applied with another text: use the program that made this "
                            "database, or a fresh database");
    }
    return {};
}

}  // namespace

Result<std::vector<MigrationState>> migration_states(const std::string& conninfo) {
    const bool exists = pg::ask(conninfo, "SELECT to_regclass('public.florin_migration')") != "";
    const auto theirs = exists ? applied(conninfo) : std::map<std::string, std::string>();
    TRY_OK(compare(theirs));
    std::vector<MigrationState> out;
    for (const auto& [name, text] : kMigrations)
        out.push_back({std::string(name), theirs.contains(std::string(name))});
    return out;
}

Result<std::vector<std::string>> migrate(const std::string& conninfo) {
    // The lock ends with the transaction; it only keeps two starting processes apart.
    constexpr const char* kLock = "SELECT pg_advisory_xact_lock(7261460114)";
    pg::run_script(conninfo, fmt::format("{};{}", kLock, kCreateTable));
    std::vector<std::string> done;
    for (const auto& [name, text] : kMigrations) {
        const auto theirs = applied(conninfo);
        TRY_OK(compare(theirs));
        if (theirs.contains(std::string(name))) continue;
        // The insert comes first: a process that lost the race fails on it and looks again.
        const auto script = fmt::format(
            "{};INSERT INTO public.florin_migration (name, hash) VALUES ('{}', '{}');{}", kLock,
            name, hash_of(text), text);
        try {
            pg::run_script(conninfo, script);
        } catch (const pg::SqlError& e) {
            if (e.state != "23505") throw;
            continue;
        }
        done.emplace_back(name);
    }
    return done;
}

}  // namespace florin::storage
