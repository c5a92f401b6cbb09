#pragma once

// A PostgreSQL of our own, from the installed binaries: its own data folder, a unix socket only,
// stopped with us. The same durability as any other, without any set-up. PostgreSQL refuses to run
// as root, so root steps down to the user "postgres" (or "nobody") for it.

#include <sys/types.h>

#include <memory>
#include <string>

#include "base/result.h"

namespace florin::pg {

class PrivateServer {
public:
    // Starts it, or joins one that runs in that folder already (then it is not ours to stop).
    // Failures: postgres_not_found, postgres_failed, with what to do. Blocking, a few seconds the
    // first time.
    static Result<std::unique_ptr<PrivateServer>> open(const std::string& data_dir);
    ~PrivateServer();
    PrivateServer(const PrivateServer&) = delete;

    const std::string& conninfo() const { return conninfo_; }
    bool is_ours() const { return process_ > 0; }
    pid_t process() const { return process_; }  // 0 when we have joined another's.

private:
    PrivateServer() = default;

    std::string conninfo_;
    std::string socket_folder_;
    pid_t process_ = 0;
};

}  // namespace florin::pg
