#include "platform/pg/private_server.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "platform/crypto/hash.h"
#include "platform/pg/connection.h"

namespace florin::pg {
namespace {

namespace fs = std::filesystem;

constexpr int kVersionMin = 15;
constexpr auto kStartTime = std::chrono::seconds(60);

std::unexpected<Error> failed(std::string_view code, const std::string& detail) {
    return fail(Fault::unavailable, code, detail);
}

// Debian and Ubuntu keep the versions side by side; elsewhere the binaries are on the PATH.
std::string find_binaries() {
    std::error_code ignored;
    int best = 0;
    for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
        const auto name = entry.path().filename().string();
        int version = 0;
        std::from_chars(name.data(), name.data() + name.size(), version);
        if (version > best && fs::exists(entry.path() / "bin/postgres")) best = version;
    }
    if (best >= kVersionMin) return "/usr/lib/postgresql/" + std::to_string(best) + "/bin";
    for (const auto* folder : {"/usr/local/pgsql/bin", "/usr/local/bin", "/usr/bin"}) {
        if (fs::exists(fs::path(folder) / "postgres", ignored)) return folder;
    }
    return "";
}

struct User {
    uid_t uid;
    gid_t gid;
    std::string name;
};

User user_to_run_as() {
    if (geteuid() != 0) return {geteuid(), getegid(), "florin"};
    for (const auto* name : {"postgres", "nobody"}) {
        if (const auto* found = getpwnam(name)) return {found->pw_uid, found->pw_gid, name};
    }
    return {65534, 65534, "nobody"};
}

// Between fork and exec: only calls that are safe there.
[[noreturn]] void become(const User& user, const std::vector<std::string>& command,
                         const std::string& log) {
    const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (out >= 0) {
        dup2(out, STDOUT_FILENO);
        dup2(out, STDERR_FILENO);
    }
    if (geteuid() == 0) {
        if (setgroups(0, nullptr) != 0 || setgid(user.gid) != 0 || setuid(user.uid) != 0)
            _exit(126);
    }
    setsid();                         // A Ctrl-C at our terminal is ours to handle.
    prctl(PR_SET_PDEATHSIG, SIGINT);  // If we die, it shuts down fast and cleanly.
    if (chdir("/") != 0) _exit(126);
    std::vector<char*> arguments;
    for (const auto& part : command) arguments.push_back(const_cast<char*>(part.c_str()));
    arguments.push_back(nullptr);
    execv(arguments[0], arguments.data());
    _exit(127);
}

pid_t start(const User& user, const std::vector<std::string>& command, const std::string& log) {
    const pid_t process = fork();
    check(process >= 0, "there is room for one more process");
    if (process == 0) become(user, command, log);
    return process;
}

bool run(const User& user, const std::vector<std::string>& command, const std::string& log) {
    const pid_t process = start(user, command, log);
    int status = 0;
    waitpid(process, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::string last_lines(const std::string& file) {
    std::ifstream in(file);
    std::string line, out;
    std::vector<std::string> lines;
    while (std::getline(in, line)) lines.push_back(line);
    for (std::size_t i = lines.size() > 8 ? lines.size() - 8 : 0; i < lines.size(); ++i)
        out += "\n  " + lines[i];
    return out;
}

// A socket's path has at most 107 characters, so it does not live in the data folder.
fs::path socket_folder(const fs::path& data, const User& user) {
    const auto hash = crypto::base32(view(crypto::sha256(data.string())), 12);
    return fs::temp_directory_path() / ("florin-" + std::to_string(user.uid) + "-" + hash);
}

bool make_folder(const fs::path& folder, const User& user) {
    std::error_code error;
    fs::create_directories(folder.parent_path(), error);
    if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return false;
    if (geteuid() == 0 && chown(folder.c_str(), user.uid, user.gid) != 0) return false;
    struct stat found{};
    // Somebody else's folder in /tmp would let him answer in PostgreSQL's place.
    return lstat(folder.c_str(), &found) == 0 && S_ISDIR(found.st_mode) && found.st_uid == user.uid;
}

// Settings for one machine; docs/adr/0003 says why. Durability is never traded.
constexpr const char* kSettings = R"(
# Written by florin. Durability is on, as everywhere.
listen_addresses = ''
unix_socket_permissions = 0700
fsync = on
synchronous_commit = on
full_page_writes = on
wal_compression = lz4
max_wal_size = 4GB
checkpoint_timeout = 15min
shared_buffers = 256MB
wal_buffers = 64MB
jit = off
max_connections = 100
log_min_messages = warning
)";

bool answers(const std::string& conninfo) {
    try {
        return ask(conninfo, "SELECT 1") == "1";
    } catch (const std::runtime_error&) {
        return false;
    }
}

bool answers_as_postgres(const std::string& conninfo, const std::string& database) {
    return answers(conninfo + " dbname=" + database);
}

Result<void> prepare(const fs::path& data, const User& user, const std::string& binaries,
                     const std::string& log) {
    if (!make_folder(data, user))
        return failed("postgres_failed", "cannot use the data folder " + data.string() +
                                             ": choose another with --data-dir");
    const auto cluster = data / "postgres";
    if (fs::exists(cluster / "PG_VERSION")) return {};
    // Made beside its place and moved there whole, so that a crash leaves no half cluster.
    const auto half = data / "postgres.new";
    std::error_code ignored;
    fs::remove_all(half, ignored);
    const std::vector<std::string> command = {
        binaries + "/initdb", "-D", half.string(), "-U",         "florin",
        "--auth=trust",       "-E", "UTF8",        "--locale=C", "--data-checksums",
        "--no-instructions"};
    if (!run(user, command, log))
        return failed("postgres_failed", "initdb failed:" + last_lines(log));
    std::ofstream(half / "postgresql.conf", std::ios::app) << kSettings;
    fs::rename(half, cluster, ignored);
    if (ignored) return failed("postgres_failed", "cannot move " + half.string() + " into place");
    return {};
}

}  // namespace

Result<std::unique_ptr<PrivateServer>> PrivateServer::open(const std::string& data_dir) {
    const auto user = user_to_run_as();
    const auto data = fs::absolute(data_dir);
    const auto socket = socket_folder(data, user);
    const auto log = (data / "postgres.log").string();
    std::unique_ptr<PrivateServer> server(new PrivateServer());
    server->socket_folder_ = socket.string();
    const auto base = "host=" + socket.string() + " port=5432 user=florin connect_timeout=5";
    server->conninfo_ = base + " dbname=florin";
    if (fs::exists(socket / ".s.PGSQL.5432") && answers(server->conninfo_)) return server;

    const auto binaries = find_binaries();
    if (binaries.empty())
        return failed("postgres_not_found",
                      "PostgreSQL 15 or newer is not installed: `apt install postgresql`, or set "
                      "database_url to a server");
    TRY_OK(prepare(data, user, binaries, log));
    if (!make_folder(socket, user))
        return failed("postgres_failed",
                      "the folder " + socket.string() + " belongs to somebody else: remove it");
    const std::vector<std::string> command = {binaries + "/postgres", "-D",
                                              (data / "postgres").string(), "-k", socket.string()};
    const auto end = monotonic_now() + kStartTime;
    while (true) {
        if (server->process_ == 0) server->process_ = start(user, command, log);
        if (answers_as_postgres(base, "postgres")) break;
        // One that is still shutting down holds its lock a little longer: try again.
        int status = 0;
        if (waitpid(server->process_, &status, WNOHANG) == server->process_) server->process_ = 0;
        if (monotonic_now() > end)
            return failed("postgres_failed", "PostgreSQL did not start:" + last_lines(log));
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    if (!answers(server->conninfo_)) {
        try {
            ask(base + " dbname=postgres", "CREATE DATABASE florin");
        } catch (const SqlError& e) {
            if (e.state != "42P04" && !e.state.empty())
                return failed("postgres_failed",
                              std::string("CREATE DATABASE failed: ") + e.what());
        }
    }
    return server;
}

PrivateServer::~PrivateServer() {
    if (process_ <= 0) return;
    kill(process_, SIGINT);  // Fast shutdown: what is committed is safe, sessions end.
    waitpid(process_, nullptr, 0);
    std::error_code ignored;
    fs::remove(socket_folder_, ignored);  // Empty by now.
}

}  // namespace florin::pg
