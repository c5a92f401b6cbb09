// florin-bench: measures Florin. `./dev bench` runs its commands in the right order.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string_view>

#include "commands.h"

namespace florin::bench {

Flags::Flags(int count, char** arguments, std::vector<std::string_view> switches) {
    for (int i = 0; i < count; ++i) {
        const std::string_view flag = arguments[i];
        if (!flag.starts_with("--")) {
            throw std::invalid_argument(fmt::format("'{}' is not a flag; try --help", flag));
        }
        const std::string_view name = flag.substr(2);
        if (std::ranges::find(switches, name) != switches.end()) {
            given_[std::string(name)] = "";
        } else if (i + 1 < count) {
            given_[std::string(name)] = arguments[++i];
        } else {
            throw std::invalid_argument(fmt::format("--{} needs a value", name));
        }
    }
}

std::string Flags::text(std::string_view name, std::string_view otherwise) {
    asked_[std::string(name)] = true;
    const auto found = given_.find(name);
    return found == given_.end() ? std::string(otherwise) : found->second;
}

std::string Flags::required(std::string_view name) {
    std::string value = text(name, "");
    if (value.empty()) throw std::invalid_argument(fmt::format("--{} is missing", name));
    return value;
}

std::int64_t Flags::number(std::string_view name, std::int64_t otherwise, std::int64_t low,
                           std::int64_t high) {
    const std::string given = text(name, "");
    if (given.empty()) return otherwise;
    std::int64_t value = 0;
    const char* end = given.data() + given.size();
    const auto [stop, failed] = std::from_chars(given.data(), end, value);
    if (failed != std::errc() || stop != end || value < low || value > high) {
        throw std::invalid_argument(
            fmt::format("--{} must be a whole number from {} to {}", name, low, high));
    }
    return value;
}

bool Flags::has(std::string_view name) {
    asked_[std::string(name)] = true;
    return given_.contains(name);
}

void Flags::finish() const {
    for (const auto& [name, value] : given_) {
        if (!asked_.contains(name)) {
            throw std::invalid_argument(fmt::format("there is no flag --{}", name));
        }
    }
}

namespace {

struct Command {
    std::string_view name;
    int (*run)(int, char**);
    std::string_view help;
};

const std::array kCommands = {
    Command{"load", load_main,
            "load    payments over HTTP, closed or open loop\n"
            "        --url http://127.0.0.1:8080 --key sk_test_...\n"
            "        [--shape payment|charge|webhook]\n"
            "        [--mode closed|open] [--seconds 10] [--warmup 1] [--seed TEXT] [--json]\n"
            "        closed: [--clients 64]\n"
            "        open:   [--rate 1000] [--arrivals poisson|constant] [--max-connections 512]\n"
            "        shape payment is Florin's API; charge is the provider's, to measure the\n"
            "        sandbox alone; webhook is what the provider tells, --key its secret\n"},
    Command{"copy", copy_main,
            "copy    the limit: a raw COPY of the rows that payments wrote\n"
            "        --database URL --tables payment,payment_order,... [--schema florin]\n"
            "        [--payments 50000] [--batch 200] [--connections 2] [--json]\n"
            "        the first table has one row per payment\n"},
    Command{"engine", engine_main,
            "engine  payments through the engine, without HTTP\n"
            "        --database URL [--story sale|lifecycle] [--seconds 5] [--json]\n"
            "        lifecycle: authorize, two captures in part, a refund in part\n"},
    Command{
        "ledger", ledger_main,
        "ledger  postings alone, in batches of one transaction each\n"
        "        --database URL --shape one_escrow|spread|read|seal\n"
        "        [--seconds 5] [--batch 256] [--lanes 2] [--reads 200] [--json]\n"
        "        captures of two orders on one escrow account or on a thousand; the balance of an\n"
        "        account with 10000 entries since its roll-up; the sealing of captures\n"},
    Command{"payouts", payouts_main,
            "payouts  a run in which every seller is due\n"
            "        --database URL [--sellers 100000] [--json]\n"},
    Command{"wallets", wallets_main,
            "wallets  payments from stored value, without payments and HTTP\n"
            "        --database URL [--wallets 1] [--clients 512] [--seconds 5] [--json]\n"},
};

void print_help() {
    fmt::print("florin-bench COMMAND [FLAGS]\n\n");
    for (const auto& command : kCommands) {
        if (command.run != nullptr) fmt::print("{}\n", command.help);
    }
}

int run(int count, char** arguments) {
    const std::string_view name = count > 1 ? arguments[1] : "--help";
    const std::string_view first = count > 2 ? arguments[2] : "";
    if (name == "--help" || name == "help" || first == "--help") {
        print_help();
        return 0;
    }
    for (const auto& command : kCommands) {
        if (command.name == name && command.run != nullptr) {
            return command.run(count - 2, arguments + 2);
        }
    }
    fmt::print(stderr, "florin-bench: there is no command '{}'; try --help\n", name);
    return 2;
}

}  // namespace
}  // namespace florin::bench

int main(int count, char** arguments) {
    try {
        return florin::bench::run(count, arguments);
    } catch (const std::invalid_argument& mistake) {
        fmt::print(stderr, "florin-bench: {}\n", mistake.what());
        return 2;
    } catch (const std::exception& failure) {
        fmt::print(stderr, "florin-bench: {}\n", failure.what());
        return 1;
    }
}
