#include "simulator/scheduler.h"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>

#include "base/check.h"

namespace florin::simulator {
namespace {

thread_local Scheduler* current_scheduler = nullptr;

// Every world begins at this instant.
const Instant kBeginning = std::chrono::sys_days(std::chrono::year(2030) / 1 / 1);

}  // namespace

Scheduler::Scheduler(Dice& dice, std::uint32_t processes)
    : dice_(dice),
      now_(kBeginning),
      epochs_(processes + 1),
      paused_until_(processes + 1),
      skews_(processes + 1),
      first_due_([] { return Instant::max(); }) {
    check(current_scheduler == nullptr, "a thread runs one world at a time");
    current_scheduler = this;
}

Scheduler::~Scheduler() {
    // Whatever still waits is destroyed here, where its world is.
    for (auto& epoch : epochs_) ++epoch;
    auto pollers = std::move(pollers_);
    auto works = std::move(works_);
    pollers.clear();
    works.clear();
    current_scheduler = nullptr;
}

Scheduler& Scheduler::current() {
    return *current_scheduler;
}

std::uint32_t Scheduler::keep(Work work) {
    if (free_works_.empty()) {
        works_.push_back(std::move(work));
        return static_cast<std::uint32_t>(works_.size() - 1);
    }
    const auto place = free_works_.back();
    free_works_.pop_back();
    works_[place] = std::move(work);
    return place;
}

Work Scheduler::take(std::uint32_t place) {
    auto work = std::exchange(works_[place], nullptr);
    free_works_.push_back(place);
    return work;
}

void Scheduler::at(Instant when, Life life, Work work) {
    if (is_over(life)) return;
    const auto tie = dice_.next();
    queue_.push_back({std::max(when, now_), tie, life, keep(std::move(work))});
    std::ranges::push_heap(queue_, IsLater());
}

void Scheduler::poll_at(Instant when, microseconds jitter, Life life, Work work) {
    if (!is_over(life)) pollers_.push_back({when, jitter, life, std::move(work)});
}

Life Scheduler::kill(std::uint32_t process) {
    ++epochs_[process];
    paused_until_[process] = now_;
    const auto ends = [&](const auto& one) { return one.life.process == process; };
    // Moved out first: a coroutine that is destroyed may post, which is_over() then refuses.
    std::vector<Work> dead;
    for (const auto& event : queue_) {
        if (ends(event)) dead.push_back(take(event.work));
    }
    std::erase_if(queue_, ends);
    std::ranges::make_heap(queue_, IsLater());
    std::vector<Poller> dead_pollers;
    for (auto& poller : pollers_) {
        if (ends(poller)) dead_pollers.push_back(std::move(poller));
    }
    std::erase_if(pollers_, ends);
    return life_of(process);
}

Instant Scheduler::time_of(const Poller& poller, Instant first_due) const {
    const auto found = std::max(first_due, Instant()) + poller.jitter;
    return std::max({poller.when, found, paused_until_[poller.life.process]});
}

Instant Scheduler::next_poll() const {
    if (pollers_.empty()) return Instant::max();
    const auto first_due = first_due_();
    if (first_due == Instant::max()) return Instant::max();
    auto first = Instant::max();
    for (const auto& poller : pollers_) first = std::min(first, time_of(poller, first_due));
    return first;
}

void Scheduler::run(Instant when, Life life, Work work, std::uint64_t tie) {
    now_ = std::max(now_, when);
    running_ = life;
    last_process_ = life.process;
    ++events_;
    hash_ =
        (hash_ ^ tie ^ static_cast<std::uint64_t>(when.time_since_epoch().count())) * 0x100000001b3;
    work();
    running_ = kWorld;
}

void Scheduler::run_poller(Instant when) {
    const auto first_due = first_due_();
    const auto next = std::ranges::min_element(
        pollers_, {}, [&](const Poller& one) { return time_of(one, first_due); });
    auto poller = std::move(*next);
    pollers_.erase(next);
    run(when, poller.life, std::move(poller.work), poller.life.process);
}

bool Scheduler::step() {
    const auto poll = next_poll();
    if (queue_.empty() || poll < queue_.front().when) {
        if (poll == Instant::max()) return false;
        run_poller(poll);
        return true;
    }
    std::ranges::pop_heap(queue_, IsLater());
    const auto event = queue_.back();
    queue_.pop_back();
    auto work = take(event.work);
    const auto awake = paused_until_[event.life.process];
    if (awake > event.when) {
        at(awake, event.life, std::move(work));
    } else {
        run(event.when, event.life, std::move(work), event.tie);
    }
    return true;
}

void spawn(Life life, Task<> task) {
    asio::co_spawn(Executor(Scheduler::current(), life), std::move(task),
                   [](const std::exception_ptr& failure) {
                       if (failure) std::rethrow_exception(failure);
                   });
}

}  // namespace florin::simulator
