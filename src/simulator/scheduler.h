#pragma once

// Virtual time. Everything that happens is an event in one queue, ordered by time and then by a
// throw of the dice; nothing else moves the clock. Every event belongs to a life: the world, which
// never ends, or one life of a process, whose coroutines are destroyed when it is killed.

#include <boost/asio/async_result.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "platform/async/task.h"
#include "simulator/dice.h"

namespace florin::simulator {

using Work = std::move_only_function<void()>;

// Which process, and which of its lives. Process 0 is the world.
struct Life {
    std::uint32_t process = 0;
    std::uint32_t epoch = 0;
    friend bool operator==(const Life&, const Life&) = default;
};

inline constexpr Life kWorld{};

class Scheduler {
public:
    // `processes` are numbered from 1.
    Scheduler(Dice& dice, std::uint32_t processes);
    ~Scheduler();
    Scheduler(const Scheduler&) = delete;

    // The scheduler of this thread's world, for the seams (seam.cpp).
    static Scheduler& current();

    Instant now() const { return now_; }
    // As the clock of the process that runs shows it.
    Instant local_now() const { return now_ + skews_[running_.process]; }
    void skew(std::uint32_t process, microseconds by) { skews_[process] = by; }
    Dice& dice() { return dice_; }
    Life running() const { return running_; }
    // Whose event was the last.
    std::uint32_t last_process() const { return last_process_; }
    Life life_of(std::uint32_t process) const { return {process, epochs_[process]}; }
    std::uint64_t random() { return dice_.next(); }

    // Work of a life that has ended is destroyed instead.
    void at(Instant when, Life life, Work work);
    // For a loop that polls: continues at `when`, or when there is something to find for it
    // (wake_pollers_at), whichever is later. It does nothing else than a loop that polls in vain.
    void poll_at(Instant when, microseconds jitter, Life life, Work work);
    // When the first poll would find something; Instant::max() = never.
    void wake_pollers_at(std::function<Instant()> when) { first_due_ = std::move(when); }

    // Ends the process's life: its coroutines are destroyed where they wait. Gives its next life.
    Life kill(std::uint32_t process);
    // Nothing of the process runs before `until`.
    void pause(std::uint32_t process, Instant until) { paused_until_[process] = until; }

    // Runs the next event. False = there is none.
    bool step();
    // Nothing but polling loops is left.
    bool is_quiet() const { return queue_.empty(); }
    bool has_more() const { return !queue_.empty() || next_poll() != Instant::max(); }

    std::uint64_t hash() const { return hash_; }
    std::uint64_t events() const { return events_; }

    asio::execution_context& context() { return context_; }

private:
    // What is sorted is small; the work stays where it is.
    struct Event {
        Instant when;
        std::uint64_t tie;
        Life life;
        std::uint32_t work;  // Its place in works_.
    };
    struct Poller {
        Instant when;
        microseconds jitter;
        Life life;
        Work work;
    };
    struct IsLater {
        bool operator()(const Event& a, const Event& b) const {
            return a.when != b.when ? a.when > b.when : a.tie > b.tie;
        }
    };
    std::uint32_t keep(Work work);
    Work take(std::uint32_t place);
    bool is_over(Life life) const { return epochs_[life.process] != life.epoch; }
    Instant time_of(const Poller& poller, Instant first_due) const;
    Instant next_poll() const;
    void run(Instant when, Life life, Work work, std::uint64_t tie);
    void run_poller(Instant when);

    Dice& dice_;
    asio::execution_context context_;
    Instant now_;
    Life running_;
    std::vector<std::uint32_t> epochs_;
    std::vector<Instant> paused_until_;
    std::vector<microseconds> skews_;
    std::uint32_t last_process_ = 0;
    std::vector<Event> queue_;  // A heap.
    std::vector<Work> works_;
    std::vector<std::uint32_t> free_works_;
    std::vector<Poller> pollers_;
    std::function<Instant()> first_due_;
    std::uint64_t hash_ = 0;
    std::uint64_t events_ = 0;
};

// Runs coroutines of one life on the scheduler.
class Executor {
public:
    Executor(Scheduler& scheduler, Life life) : scheduler_(&scheduler), life_(life) {}

    template <class F>
    void execute(F work) const {
        scheduler_->at(scheduler_->now(), life_,
                       [w = std::move(work)]() mutable { std::move(w)(); });
    }
    asio::execution_context& query(asio::execution::context_t) const noexcept {
        return scheduler_->context();
    }
    static constexpr asio::execution::blocking_t query(asio::execution::blocking_t) noexcept {
        return asio::execution::blocking.never;
    }
    Executor require(asio::execution::blocking_t::never_t) const { return *this; }
    friend bool operator==(const Executor& a, const Executor& b) noexcept {
        return a.scheduler_ == b.scheduler_ && a.life_ == b.life_;
    }

private:
    Scheduler* scheduler_;
    Life life_;
};

// Suspends the coroutine that runs until virtual `when`.
inline Task<> sleep_until(Instant when) {
    auto start = [when](auto handler) {
        auto& scheduler = Scheduler::current();
        scheduler.at(when, scheduler.running(),
                     [h = std::move(handler)]() mutable { std::move(h)(); });
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(std::move(start),
                                                                          asio::use_awaitable);
}

// Counts what runs beside a coroutine, and wakes it when all of it has ended.
class Join {
public:
    void begin() { ++running_; }
    void end() {
        if (--running_ == 0 && resume_) std::exchange(resume_, nullptr)();
    }
    Task<> wait() {
        if (running_ == 0) co_return;
        auto start = [this](auto handler) {
            resume_ = [h = std::move(handler)]() mutable { std::move(h)(); };
        };
        co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(std::move(start),
                                                                              asio::use_awaitable);
    }

private:
    int running_ = 0;
    Work resume_;
};

// Starts a coroutine of `life`. It must not throw.
void spawn(Life life, Task<> task);

}  // namespace florin::simulator
