#include "ledger/snapshot.h"

namespace florin::ledger {
namespace {

constexpr std::string_view kBegin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

}  // namespace

Task<std::unique_ptr<Snapshot>> Snapshot::open(asio::io_context& io, std::string conninfo) {
    auto connection = co_await pg::Connection::open(io, std::move(conninfo),
                                                    deadline_in(std::chrono::seconds(5)));
    std::unique_ptr<Snapshot> snapshot(new Snapshot(std::move(connection)));
    pg::Call begin{kBegin, {}};
    co_await snapshot->ask(std::move(begin));
    co_return snapshot;
}

Task<pg::Rows> Snapshot::ask(pg::Call call) {
    std::vector<pg::Call> calls;
    calls.push_back(std::move(call));
    auto rows = co_await connection_->run(std::move(calls));
    co_return std::move(rows.front());
}

}  // namespace florin::ledger
