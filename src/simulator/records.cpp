#include "simulator/records.h"

#include <functional>

#include "payments/show.h"
#include "simulator/connector.h"
#include "simulator/world.h"

namespace florin::simulator {

using namespace payments;
using namespace std::chrono_literals;

namespace {

// How long a query without a deadline of its own waits for a connection.
constexpr auto kPatience = 5s;

// Until there is a connection. Throws pg::Lost when there is none in time.
Task<> connect(World& world, Instant deadline) {
    if (world.scheduler.now() < world.database_back) {
        const bool in_time = world.database_back < deadline;
        co_await sleep_until(std::min(world.database_back, deadline));
        if (!in_time) throw pg::Lost("the database is not there");
    }
    if (!world.dice.chance(world.faults.database_refused)) co_return;
    co_await sleep_until(world.scheduler.now() + 1ms);
    throw pg::Lost("the connection broke before anything was sent");
}

microseconds latency(World& world) {
    return world.dice.chance(world.faults.database_slow) ? world.dice.between(100ms, 8s)
                                                         : world.dice.between(100us, 2ms);
}

// A transaction that writes: it commits in the world, whoever waits for the answer.
template <class Apply>
Task<std::invoke_result_t<Apply>> write(World& world, Instant deadline, Apply apply) {
    co_await connect(world, deadline);
    auto& dice = world.dice;
    const auto there = world.scheduler.now() + latency(world);
    const bool is_late = dice.chance(world.faults.database_late);
    const bool is_lost = is_late || dice.chance(world.faults.database_lost);
    const bool is_written = is_late || !is_lost || dice.below(2) == 0;
    auto result = std::make_shared<std::optional<std::invoke_result_t<Apply>>>();
    if (is_written) {
        const auto when = is_late ? there + dice.between(1s, 40s) : there;
        auto commit = [result, a = std::move(apply)]() mutable { result->emplace(a()); };
        world.scheduler.at(when, kWorld, std::move(commit));
    }
    co_await sleep_until(there + latency(world));
    if (is_lost) {
        world.trace("database: no answer ({}written)", is_written ? "" : "not ");
        throw pg::Lost("the answer did not come");
    }
    co_return std::move(**result);
}

// A read sees the moment at which it is answered.
Task<> read(World& world) {
    co_await connect(world, world.scheduler.now() + kPatience);
    co_await sleep_until(world.scheduler.now() + latency(world));
    if (world.dice.chance(world.faults.database_lost)) throw pg::Lost("the answer did not come");
}

void refuse_sometimes(World& world) {
    if (world.dice.chance(world.faults.database_conflict))
        throw pg::SqlError("40P01", "deadlock detected");
}

void pass(SqlState state) {
    if (state != kCommitted) throw pg::SqlError(std::string(state), "refused");
}

// A read of what is due, and a transaction that takes it over: two members of the database.
template <class Find, class Claim>
Task<std::invoke_result_t<Find, Database&, Instant, std::int64_t>> claim_due(
    World& world, Find find, Claim claim, Instant now, Instant until, std::int64_t limit) {
    co_await read(world);
    auto due = std::invoke(find, world.database, now, limit);
    if (due.empty()) co_return due;
    refuse_sometimes(world);
    const auto deadline = world.scheduler.now() + kPatience;
    auto apply = [&world, claim, due = std::move(due), until] {
        return std::invoke(claim, world.database, due, until);
    };
    co_return co_await write(world, deadline, std::move(apply));
}

struct Created {
    SqlState state;
    std::optional<Earlier> earlier;
};

}  // namespace

Task<std::optional<Earlier>> SimulatedRecords::create(Payment payment, ClientKey key,
                                                      Deadline deadline) {
    if (world_.traced)
        world_.trace("commits the intent {} {} for {}", payment.id.text(),
                     payment.operation.provider_key, key.key);
    auto apply = [&world = world_, payment = std::move(payment), key = std::move(key)] {
        Created created{};
        created.state = world.database.create(payment, key, created.earlier);
        return created;
    };
    const auto created = co_await write(world_, instant_of(deadline), std::move(apply));
    pass(created.state);
    co_return created.earlier;
}

Task<std::optional<std::string>> SimulatedRecords::advance(Change change, Deadline deadline) {
    // Only the event that ends an operation is ever read again.
    const auto& op = change.after.operation;
    std::string data;
    if (op.ended_version == change.after.version) data = show_subject(change);
    if (world_.traced)
        world_.trace("commits {} version {} {} {}", change.after.id.text(), change.after.version,
                     change.event_type, op.provider_key);
    auto apply = [&world = world_, change = std::move(change), data] {
        return world.database.advance(change, data);
    };
    const auto state = co_await write(world_, instant_of(deadline), std::move(apply));
    if (state == kStale || state == kUniqueBroken || state == kOverdrawn) co_return std::nullopt;
    pass(state);
    co_return std::move(data);
}

Task<std::optional<Payment>> SimulatedRecords::load(MerchantId merchant, PaymentId id,
                                                    OperationId operation) {
    co_await read(world_);
    co_return world_.database.load(merchant, id, operation);
}

Task<std::vector<Part>> SimulatedRecords::parts(PaymentId id) {
    co_await read(world_);
    co_return world_.database.parts(id);
}

Task<std::optional<Answered>> SimulatedRecords::answered(PaymentId payment, OperationId operation) {
    co_await read(world_);
    co_return world_.database.answered(payment, operation);
}

Task<std::optional<KeyUse>> SimulatedRecords::key_use(MerchantId merchant, PaymentId, Scope scope,
                                                      std::string key) {
    co_await read(world_);
    co_return world_.database.key_use(merchant, scope, key);
}

Task<std::vector<Due>> SimulatedRecords::due(Instant now, std::int64_t limit) {
    co_await read(world_);
    co_return world_.database.due(now, limit);
}

Task<std::vector<Due>> SimulatedRecords::claim(std::vector<Due> wanted, Instant until) {
    refuse_sometimes(world_);
    const auto deadline = world_.scheduler.now() + kPatience;
    auto apply = [&world = world_, wanted, until] {
        world.judge.watch_claim(wanted, world.scheduler.now());
        return world.database.claim(wanted, until);
    };
    co_return co_await write(world_, deadline, std::move(apply));
}

Task<> SimulatedRecords::postpone(Due claimed, Instant at) {
    refuse_sometimes(world_);
    const auto deadline = world_.scheduler.now() + kPatience;
    auto apply = [&world = world_, claimed, at] {
        world.database.postpone(claimed, at);
        return true;
    };
    co_await write(world_, deadline, std::move(apply));
}

Task<std::vector<DuePayment>> SimulatedRecords::claim_chores(Instant now, Instant until,
                                                             std::int64_t limit) {
    return claim_due(world_, &Database::chores, &Database::claim_chores, now, until, limit);
}

Task<std::vector<Dispute>> SimulatedRecords::disputes(PaymentId payment) {
    co_await read(world_);
    co_return world_.database.disputes(payment);
}

Task<std::vector<DueDispute>> SimulatedRecords::claim_disputes(Instant now, Instant until,
                                                               std::int64_t limit) {
    return claim_due(world_, &Database::due_disputes, &Database::claim_disputes, now, until, limit);
}

Task<std::vector<ProviderEvent>> SimulatedRecords::claim_events(Instant now, Instant until,
                                                                std::int64_t limit) {
    return claim_due(world_, &Database::due_events, &Database::claim_events, now, until, limit);
}

Task<std::vector<DueRelease>> SimulatedRecords::claim_releases(Instant now, Instant until,
                                                               std::int64_t limit) {
    return claim_due(world_, &Database::due_releases, &Database::claim_releases, now, until, limit);
}

Task<> SimulatedRecords::put_off_release(DueRelease claimed, Instant at) {
    refuse_sometimes(world_);
    const auto deadline = world_.scheduler.now() + kPatience;
    auto apply = [&world = world_, claimed, at] {
        world.database.put_off_release(claimed, at);
        return true;
    };
    co_await write(world_, deadline, std::move(apply));
}

Task<Payables> SimulatedRecords::payables(Payment payment) {
    co_await read(world_);
    co_return world_.database.payables(payment);
}

// A tenth is ours, five minor units the carrier's; what is left, if anything, the seller's.
Task<std::optional<sellers::Fees>> SimulatedRecords::fees_of(Payment payment, std::size_t order) {
    co_await read(world_);
    const auto amount = payment.orders[order].amount;
    sellers::Fees fees{.commission = amount / 10};
    fees.logistics = std::min<std::int64_t>(amount - fees.commission, 5);
    fees.seller = amount - fees.commission - fees.logistics;
    co_return fees;
}

// Nobody answers disputes here.
Task<std::string> SimulatedRecords::event_body(std::string, std::string) {
    co_return std::string();
}

Task<> SimulatedRecords::finish_event(ProviderEvent event, EventState state, std::string why,
                                      Instant due_at) {
    refuse_sometimes(world_);
    const auto deadline = world_.scheduler.now() + kPatience;
    auto apply = [&world = world_, event = std::move(event), state, why = std::move(why), due_at] {
        world.database.finish_event(event, state, why, due_at);
        return true;
    };
    co_await write(world_, deadline, std::move(apply));
}

Task<std::optional<std::int32_t>> SimulatedRecords::receive(std::string provider,
                                                            connectors::Hint hint, std::string,
                                                            Instant now) {
    refuse_sometimes(world_);
    const auto deadline = world_.scheduler.now() + kPatience;
    auto apply = [&world = world_, provider, hint, now] {
        return world.database.receive(provider, hint, now);
    };
    co_return co_await write(world_, deadline, std::move(apply));
}

}  // namespace florin::simulator
