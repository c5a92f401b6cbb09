#pragma once

// For tests of what is sealed: bookings without a payment, in transactions that stay open as long
// as the test wants.

#include <fmt/format.h>

#include <memory>
#include <random>
#include <set>
#include <string>

#include "ledger/sealer.h"
#include "tests/kit/test_database.h"

namespace florin::test {

inline const Instant kBookingNoon = *instant_from("2026-11-20T12:00:00Z");

// A booking of two legs, as a script.
inline std::string booking(const Uuid& id, Instant at) {
    const auto slot = slot_of(id);
    const auto account = [&](char digit) {
        auto text = to_text(make_uuid7(kBookingNoon, slot, 0));
        text.back() = digit;
        return text;
    };
    const auto micros = at.time_since_epoch().count();
    return fmt::format(
        "INSERT INTO florin.ledger_transaction (slot, id, merchant_id, source_id, kind, "
        "recorded_at)"
        " VALUES ({0}, '{1}', '{2}', '{1}', 'capture',"
        " timestamptz 'epoch' + interval '{3} microseconds');"
        "INSERT INTO florin.ledger_entry (slot, account_id, transaction_id, leg, amount,"
        " reference_id) VALUES ({0}, '{4}', '{1}', 0, 100, '{1}'), ({0}, '{5}', '{1}', 1, -100,"
        " '{1}')",
        slot, to_text(id), to_text(make_uuid7(kBookingNoon, 0, 7 << 2)), micros, account('a'),
        account('b'));
}

// A transaction of the database that is open until its test ends it.
class Session {
public:
    Session(asio::io_context& io, const std::string& conninfo, std::mt19937_64& random)
        : io_(&io), random_(&random) {
        connection_ =
            run(io, pg::Connection::open(io, conninfo, deadline_in(std::chrono::seconds(30))));
        say("BEGIN");
    }

    Uuid add(Slot slot, Instant at) {
        const auto id = make_uuid7(at, slot, (*random_)());
        const auto script = booking(id, at);
        const auto middle = script.find(';');
        say(script.substr(0, middle));
        say(script.substr(middle + 1));
        return id;
    }
    void commit() { say("COMMIT"); }
    void rollback() { say("ROLLBACK"); }

    void say(const std::string& statement) {
        static std::set<std::string> texts;  // They have to live for ever (pg::Call).
        std::vector<pg::Call> calls;
        calls.push_back({*texts.insert(statement).first, {}});
        run(*io_, connection_->run(std::move(calls)));
    }

private:
    asio::io_context* io_;
    std::mt19937_64* random_;
    std::unique_ptr<pg::Connection> connection_;
};

inline Task<> seal_once(ledger::Sealer& sealer) {
    co_await sealer.seal(Instant::max());
}

class SealTest : public DatabaseTest {
protected:
    Session begin() { return {io, database.conninfo(), random}; }
    Uuid add(Slot slot, Instant at) {
        const auto id = make_uuid7(at, slot, random());
        database.execute(booking(id, at));
        return id;
    }
    std::string ask(const std::string& sql) { return database.ask(sql); }

    std::mt19937_64 random{seed()};
};

}  // namespace florin::test
