#pragma once

// The database that the configuration means: the server at database_url, or a private one.

#include <memory>
#include <string>

#include "base/result.h"
#include "platform/config/config.h"
#include "platform/pg/private_server.h"

namespace florin::app {

class Database {
public:
    static Result<Database> open(const Config& config);

    const std::string& conninfo() const { return conninfo_; }
    bool is_private() const { return server_ != nullptr; }
    const pg::PrivateServer* server() const { return server_.get(); }

private:
    std::string conninfo_;
    std::unique_ptr<pg::PrivateServer> server_;
};

// Applies the migrations to a private database; asks the operator to do it for any other.
// Failures: those of storage::migrate, and schema_missing.
Result<void> ensure_schema(const Database& database);

}  // namespace florin::app
