#include "simulator/simulation.h"

#include "simulator/clients.h"
#include "simulator/world.h"

namespace florin::simulator {

using namespace std::chrono_literals;

namespace {

// Nobody needs longer than this to find out, once all is well again.
constexpr auto kPatience = std::chrono::days(20);

constexpr auto kHookRetry = 1min;
constexpr int kHookAttemptsMax = 5;
constexpr int kHookAttemptsAlways = 100'000;

// A request on its way: the client waits for the first of reply, reset and time-out.
struct Call {
    Work resume;
    std::optional<Reply> reply;

    void end(Reply with) {
        if (reply) return;
        reply = std::move(with);
        if (resume) std::exchange(resume, nullptr)();
    }
};

// Tells the client that the connection broke when the process dies with the request in its hands.
class Connection {
public:
    Connection(World& world, std::shared_ptr<Call> call) : world_(world), call_(std::move(call)) {}
    Connection(const Connection&) = delete;
    ~Connection() { answer({}); }

    void answer(Reply reply) {
        if (!call_) return;
        const auto when = world_.scheduler.now() + world_.dice.between(1ms, 50ms);
        world_.scheduler.at(
            when, kWorld,
            [call = std::exchange(call_, nullptr), r = std::move(reply)] { call->end(r); });
    }

private:
    World& world_;
    std::shared_ptr<Call> call_;
};

// A webhook in the hands of a process: nobody takes it when the process dies.
class Delivery {
public:
    explicit Delivery(Work again) : again_(std::move(again)) {}
    Delivery(Delivery&& other) noexcept : again_(std::exchange(other.again_, nullptr)) {}
    ~Delivery() {
        if (again_) again_();
    }

    void is_taken() { again_ = nullptr; }

private:
    Work again_;
};

class Simulation : public Cluster {
public:
    Simulation(std::uint64_t seed, Planted planted, bool is_traced)
        : world_(seed, planted, is_traced), clients_(world_, *this) {
        processes_.resize(world_.profile.processes + 1);
        world_.deliver_hook = [this](connectors::Hint hint) { tell(std::move(hint)); };
    }

    Verdict run();
    Task<Reply> send(Order order, microseconds patience) override;

private:
    void start(std::uint32_t process);
    void disturb();
    void plan_outages();
    void tell(connectors::Hint hint);
    void post(connectors::Hint hint, bool is_forged, microseconds after, int attempts);
    Task<> deliver(std::uint32_t process, connectors::Hint hint, bool is_forged, Delivery delivery);
    Task<> serve(std::uint32_t process, Order order, std::shared_ptr<Call> call);
    std::uint32_t any_process();
    void come_to_rest();
    bool only_a_person_can_help() const;

    asio::io_context io_;  // Never runs: the resolver's scope wants one to exist.
    World world_;
    Clients clients_;
    std::vector<std::unique_ptr<Process>> processes_;  // 0 is nobody.
    std::uint64_t crashes_ = 0;
};

void Simulation::start(std::uint32_t process) {
    world_.trace("process {} starts", process);
    processes_[process] = std::make_unique<Process>(world_, io_);
    processes_[process]->start(world_.scheduler.life_of(process));
}

// Between two events of a process: it may die here, or stand still for a while.
void Simulation::disturb() {
    const auto process = world_.scheduler.last_process();
    if (process == 0 || !processes_[process]) return;
    const auto now = world_.scheduler.now();
    auto& dice = world_.dice;
    if (dice.chance(world_.faults.crash)) {
        world_.trace("process {} is killed", process);
        world_.scheduler.kill(process);
        processes_[process].reset();
        ++crashes_;
        world_.scheduler.at(now + dice.between(100ms, 60s), kWorld,
                            [this, process] { start(process); });
    } else if (dice.chance(world_.faults.pause)) {
        const auto until = now + dice.between(1ms, world_.profile.pause_max);
        world_.trace("process {} stands still until {}", process, to_text(until));
        world_.scheduler.pause(process, until);
    }
}

void Simulation::plan_outages() {
    auto& dice = world_.dice;
    for (int i = 0; i < world_.faults.outages; ++i) {
        const auto begin = world_.scheduler.now() + dice.between(0s, world_.profile.duration);
        const auto end = begin + dice.between(1s, world_.profile.outage_max);
        auto& back = dice.below(2) == 0 ? world_.database_back : world_.provider_back;
        world_.scheduler.at(begin, kWorld, [&back, end] { back = std::max(back, end); });
    }
}

std::uint32_t Simulation::any_process() {
    const auto count = processes_.size() - 1;
    const auto first = world_.dice.below(count);
    for (std::size_t i = 0; i < count; ++i) {
        const auto process = static_cast<std::uint32_t>((first + i) % count + 1);
        if (processes_[process]) return process;
    }
    return 0;
}

Task<> Simulation::serve(std::uint32_t process, Order order, std::shared_ptr<Call> call) {
    Connection connection(world_, std::move(call));
    auto reply = co_await processes_[process]->handle(std::move(order));
    connection.answer(std::move(reply));
}

Task<Reply> Simulation::send(Order order, microseconds patience) {
    const auto process = any_process();
    const auto now = world_.scheduler.now();
    if (process == 0) {
        co_await sleep_until(now + 10ms);
        co_return Reply{};
    }
    auto call = std::make_shared<Call>();
    const auto life = world_.scheduler.life_of(process);
    world_.scheduler.at(now + patience, kWorld, [call] { call->end({}); });
    spawn(life, serve(process, std::move(order), call));
    auto wait = [call](auto handler) {
        call->resume = [h = std::move(handler)]() mutable { std::move(h)(); };
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(std::move(wait),
                                                                          asio::use_awaitable);
    co_return std::move(*call->reply);
}

// A webhook as the provider sends it: lost, late, twice, and others that it never sent.
void Simulation::tell(connectors::Hint hint) {
    auto& dice = world_.dice;
    const auto& faults = world_.faults;
    const auto copies = dice.chance(faults.hook_twice) ? 2 : 1;
    // What nobody would ask about is sent until it is taken.
    const bool insists = hint.about != connectors::About::nothing_more;
    for (int i = 0; i < copies; ++i) {
        if (!insists && dice.chance(faults.hook_lost)) continue;
        const auto after =
            dice.chance(faults.hook_late) ? dice.between(1min, 5h) : dice.between(1ms, 2s);
        post(hint, false, after, insists ? kHookAttemptsAlways : kHookAttemptsMax);
    }
    const auto invent = [&](Rate rate, std::string_view id, bool is_forged) {
        if (!dice.chance(rate)) return;
        const auto lie = dice.below(2) == 0 ? ".succeeded" : ".failed";
        const auto type = hint.type.substr(0, hint.type.find('.')) + lie;
        post({std::string(id) + hint.id, type, hint.payment, hint.about, hint.object}, is_forged,
             dice.between(1ms, 20s), 1);
    };
    invent(faults.hook_forged, "forged_", true);
    invent(faults.hook_lies, "lie_", false);
}

void Simulation::post(connectors::Hint hint, bool is_forged, microseconds after, int attempts) {
    auto send = [this, h = std::move(hint), is_forged, attempts] {
        const auto process = any_process();
        if (process == 0) return post(h, is_forged, kHookRetry, attempts);
        Delivery delivery([this, h, is_forged, attempts] {
            if (attempts > 1) post(h, is_forged, kHookRetry, attempts - 1);
        });
        spawn(world_.scheduler.life_of(process),
              deliver(process, h, is_forged, std::move(delivery)));
    };
    world_.scheduler.at(world_.scheduler.now() + after, kWorld, std::move(send));
}

Task<> Simulation::deliver(std::uint32_t process, connectors::Hint hint, bool is_forged,
                           Delivery delivery) {
    if (co_await processes_[process]->hear_hook(std::move(hint), is_forged)) delivery.is_taken();
}

// What is open can only be ended by a settlement file or a person.
bool Simulation::only_a_person_can_help() const {
    for (const auto& record : world_.database.records()) {
        for (const auto& op : record.operations) {
            if (!operation::is_settled(op.state) &&
                !world_.judge.is_for_a_person(record.payment, op))
                return false;
        }
    }
    return true;
}

// No more faults: everybody gets the time to find out.
void Simulation::come_to_rest() {
    world_.trace("no more faults");
    const auto at_rest = world_.profile.forgets_declines;
    const auto declined = world_.faults.declined;
    world_.faults = {};
    world_.faults.declined = at_rest ? declined : 0;
    world_.database_back = world_.provider_back = world_.scheduler.now();
    const auto end = world_.scheduler.now() + kPatience;
    while (world_.scheduler.now() < end) {
        if (world_.scheduler.is_quiet() && world_.database.has_only_operations() &&
            only_a_person_can_help())
            return;
        if (!world_.scheduler.step()) return;
    }
}

Verdict Simulation::run() {
    const auto began = world_.scheduler.now();
    for (std::uint32_t process = 1; process < processes_.size(); ++process) start(process);
    plan_outages();
    clients_.start();
    while (!clients_.are_done() && world_.scheduler.step()) disturb();
    come_to_rest();
    Verdict verdict;
    verdict.faults = world_.judge.judge(verdict.tally);
    verdict.tally.crashes = crashes_;
    verdict.tally.virtual_time = world_.scheduler.now() - began;
    // The coroutines go before what they use.
    for (std::uint32_t process = 1; process < processes_.size(); ++process)
        world_.scheduler.kill(process);
    return verdict;
}

}  // namespace

World::World(std::uint64_t seed, Planted planted_fault, bool is_traced)
    : dice(seed),
      profile(draw_profile(dice)),
      faults(profile.faults),
      planted(planted_fault),
      traced(is_traced),
      scheduler(dice, profile.processes),
      provider(scheduler, profile, faults,
               [this](connectors::Hint hint) {
                   if (hint.about == connectors::About::lapse) judge.watch_lapse(hint);
                   deliver_hook(std::move(hint));
               }),
      judge(*this),
      database_back(scheduler.now()),
      provider_back(scheduler.now()),
      merchant(MerchantId::make(scheduler.now(), 0, dice.next())) {
    scheduler.wake_pollers_at([this] { return database.first_due(); });
    for (std::uint32_t process = 1; process <= profile.processes; ++process)
        scheduler.skew(process, dice.between(-profile.skew_max, profile.skew_max));
}

Verdict simulate(std::uint64_t seed, Planted planted, bool is_traced) {
    return Simulation(seed, planted, is_traced).run();
}

}  // namespace florin::simulator
