#include "platform/pg/pool.h"

namespace florin::pg {

Task<Pool::Seat*> Pool::take() {
    for (auto& seat : seats_) {
        if (seat.taken) continue;
        seat.taken = true;
        co_return &seat;
    }
    if (waiting_.size() >= kWaitingMax) throw Lost("too many queries wait for PostgreSQL");
    auto turn = std::make_shared<OneShot<Seat*>>();
    waiting_.push_back(turn);
    co_return co_await turn->wait();
}

void Pool::give_back(Seat* seat) {
    if (waiting_.empty()) {
        seat->taken = false;
        return;
    }
    const auto turn = waiting_.front();
    waiting_.pop_front();
    turn->set(seat);  // Stays taken: it goes from hand to hand.
}

Task<std::vector<Rows>> Pool::run(std::vector<Call> calls) {
    Seat* seat = co_await take();
    struct Return {
        Pool& pool;
        Seat* seat;
        ~Return() { pool.give_back(seat); }
    } back{*this, seat};
    if (!seat->connection || !seat->connection->is_alive()) {
        seat->connection.reset();
        seat->connection =
            co_await Connection::open(io_, conninfo_, deadline_in(std::chrono::seconds(5)));
    }
    co_return co_await seat->connection->run(std::move(calls));
}

// outlives: the statement is a constant (Call).
Task<Rows> Pool::query(std::string_view sql, Params params) {
    std::vector<Call> calls;
    calls.push_back(Call{sql, std::move(params)});
    auto rows = co_await run(std::move(calls));
    co_return std::move(rows.front());
}

}  // namespace florin::pg
