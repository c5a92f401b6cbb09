// florin-simulator: the decisions of payments in worlds that are made of seeds.

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "base/log.h"
#include "simulator/simulation.h"

namespace florin::simulator {
namespace {

constexpr std::string_view kUsage =
    R"(usage: florin-simulator [option ...]
  --payments N   simulate worlds until they held N payments (100000)
  --seed N       with --payments: the first seed (1); alone: this world only
  --jobs N       threads (1)
  --trace        print the schedule of the world of --seed
  --fault NAME   plant a design fault
  --faults       plant each in turn, and fail unless every one is found
  --json         print the figures as JSON
)";

constexpr std::uint64_t kSeedsPerFault = 20'000;
constexpr double kProgressSeconds = 10;

struct Options {
    std::uint64_t payments = 0, seed = 0, jobs = 1;
    bool trace = false, faults = false, json = false;
    Planted planted = Planted::none;
};

[[noreturn]] void stop(std::string_view why) {
    fmt::print(stderr, "florin-simulator: {}\n{}", why, kUsage);
    std::exit(2);
}

std::uint64_t number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value == 0)
        stop(fmt::format("'{}' is not a number above zero", text));
    return value;
}

Options read_options(std::span<char*> arguments) {
    Options options;
    for (std::size_t i = 1; i < arguments.size(); ++i) {
        const std::string_view flag = arguments[i];
        const auto value = [&]() -> std::string_view {
            if (++i == arguments.size()) stop(fmt::format("{} wants a value", flag));
            return arguments[i];
        };
        if (flag == "--payments") {
            options.payments = number(value());
        } else if (flag == "--seed") {
            options.seed = number(value());
        } else if (flag == "--jobs") {
            options.jobs = std::min<std::uint64_t>(number(value()), 256);
        } else if (flag == "--trace") {
            options.trace = true;
        } else if (flag == "--faults") {
            options.faults = true;
        } else if (flag == "--json") {
            options.json = true;
        } else if (flag == "--fault") {
            const auto name = value();
            const auto fault = planted_from(name);
            if (!fault) stop(fmt::format("there is no fault '{}'", name));
            options.planted = *fault;
        } else {
            stop(fmt::format("there is no option {}", flag));
        }
    }
    return options;
}

// A broken check() in the product ends the program: say in which world it was.
thread_local std::uint64_t running_seed = 0;

void tell_seed(int) {
    const auto text =
        fmt::format("florin-simulator: it ended in the world of --seed {}\n", running_seed);
    if (write(STDERR_FILENO, text.data(), text.size()) < 0) std::_Exit(3);
    std::_Exit(1);
}

Verdict run_seed(std::uint64_t seed, const Options& options) {
    running_seed = seed;
    return simulate(seed, options.planted, options.trace);
}

void print_faults(std::uint64_t seed, const Verdict& verdict) {
    for (const auto& fault : verdict.faults) fmt::print("seed {}: {}\n", seed, fault);
    fmt::print("seed {} is broken; look at it with: florin-simulator --seed {} --trace\n", seed,
               seed);
}

void print_tally(const Tally& tally, double seconds, bool json) {
    const auto virtual_s = static_cast<double>(tally.virtual_time.count()) / 1e6;
    const auto rate = static_cast<double>(tally.payments) / seconds;
    if (json) {
        fmt::print(
            R"({{"payments":{},"operations":{},"effects":{},"unknowns":{},"crashes":{},)"
            R"("late_successes":{},"for_a_person":{},"lapsed":{},"returned":{},"disputes":{},"events":{},"seconds":{:.3f},)"
            R"("payments_per_s":{:.0f},"virtual_per_real":{:.0f},"hash":"{:016x}"}})"
            "\n",
            tally.payments, tally.operations, tally.effects, tally.unknowns, tally.crashes,
            tally.late_successes, tally.for_a_person, tally.lapsed, tally.returned, tally.disputes,
            tally.events, seconds, rate, virtual_s / seconds, tally.hash);
        return;
    }
    fmt::print(
        "{} payments with {} operations; {} effects at the provider; {} times nobody knew; "
        "{} crashes\n",
        tally.payments, tally.operations, tally.effects, tally.unknowns, tally.crashes);
    fmt::print("{} late successes, flagged; {} not found past the key's window, for a person\n",
               tally.late_successes, tally.for_a_person);
    fmt::print("{} authorizations lapsed; {} refunds came back; {} disputes\n", tally.lapsed,
               tally.returned, tally.disputes);
    fmt::print(
        "{:.1f} s, {:.0f} payments/s, {:.0f} virtual seconds a second, {} events, hash "
        "{:016x}\n",
        seconds, rate, virtual_s / seconds, tally.events, tally.hash);
}

double seconds_since(std::chrono::nanoseconds began) {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    const auto now = std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
    return std::chrono::duration<double>(now - began).count();
}

int run_one(const Options& options) {
    const double began = seconds_since({});
    const auto verdict = run_seed(options.seed, options);
    if (!verdict.faults.empty()) print_faults(options.seed, verdict);
    print_tally(verdict.tally, seconds_since({}) - began, options.json);
    return verdict.faults.empty() ? 0 : 1;
}

// Seeds in a row until enough payments were simulated, or one is broken.
int run_many(const Options& options) {
    std::atomic<std::uint64_t> next{std::max<std::uint64_t>(options.seed, 1)}, payments{0};
    std::atomic<bool> broken{false};
    std::mutex mutex;
    Tally total;
    const double began = seconds_since({});
    double told = began;
    const auto tell_progress = [&] {
        const double now = seconds_since({});
        if (now - told < kProgressSeconds) return;
        told = now;
        const auto rate = static_cast<double>(payments) / (now - began);
        fmt::print(stderr, "  {} of {} payments, {:.0f}/s\n", payments.load(), options.payments,
                   rate);
    };
    const auto work = [&](bool tells) {
        Tally mine;
        while (payments < options.payments && !broken) {
            const auto seed = next++;
            const auto verdict = run_seed(seed, options);
            mine.add(verdict.tally);
            payments += verdict.tally.payments;
            if (tells) tell_progress();
            if (verdict.faults.empty()) continue;
            broken = true;
            const std::lock_guard lock(mutex);
            print_faults(seed, verdict);
        }
        const std::lock_guard lock(mutex);
        total.add(mine);
    };
    std::vector<std::thread> threads;
    for (std::uint64_t i = 1; i < options.jobs; ++i) threads.emplace_back(work, false);
    work(true);
    for (auto& thread : threads) thread.join();
    print_tally(total, seconds_since({}) - began, options.json);
    return broken ? 1 : 0;
}

// In a process of its own, because a check() of the product may end it; that is finding it, too.
bool is_found(const PlantedName& planted) {
    const double began = seconds_since({});
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child < 0) return false;
    if (child == 0) {
        Options options;
        options.planted = planted.fault;
        Tally total;
        for (std::uint64_t seed = 1; seed <= kSeedsPerFault; ++seed) {
            const auto verdict = run_seed(seed, options);
            total.add(verdict.tally);
            if (verdict.faults.empty()) continue;
            fmt::print("found {:<22} {}\n      in seed {} after {} payments, {:.1f} s: {}\n",
                       planted.name, planted.story, seed, total.payments, seconds_since({}) - began,
                       verdict.faults.front());
            std::fflush(nullptr);
            std::_Exit(1);
        }
        std::_Exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    const bool found = WIFEXITED(status) && WEXITSTATUS(status) == 1;
    if (!found) fmt::print("MISSED {:<21} {}\n", planted.name, planted.story);
    return found;
}

int run_faults() {
    int missed = 0;
    for (const auto& planted : planted_faults()) missed += is_found(planted) ? 0 : 1;
    fmt::print("{} planted faults, {} missed\n", planted_faults().size(), missed);
    return missed == 0 ? 0 : 1;
}

int run(std::span<char*> arguments) {
    log::set_level(log::Level::off);
    std::signal(SIGABRT, tell_seed);
    std::signal(SIGSEGV, tell_seed);
    const auto options = read_options(arguments);
    if (options.faults) return run_faults();
    if (options.seed > 0 && options.payments == 0) return run_one(options);
    auto many = options;
    if (many.payments == 0) many.payments = 100'000;
    return run_many(many);
}

}  // namespace
}  // namespace florin::simulator

int main(int count, char** arguments) {
    return florin::simulator::run({arguments, static_cast<std::size_t>(count)});
}
