#pragma once

// The commands of florin-bench, and how they read their flags. A command prints its result on
// stdout, everything else on stderr, and returns the process's exit code.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace florin::bench {

// `--name value` and `--name`. A flag that no command asked for is a mistake, not a wish.
class Flags {
public:
    // `switches` are the names that stand alone. Throws std::invalid_argument.
    Flags(int count, char** arguments, std::vector<std::string_view> switches);

    std::string text(std::string_view name, std::string_view otherwise);
    std::string required(std::string_view name);
    // A whole number within [low, high].
    std::int64_t number(std::string_view name, std::int64_t otherwise, std::int64_t low,
                        std::int64_t high);
    bool has(std::string_view name);
    // Call after the last question: throws for a flag that nobody asked for.
    void finish() const;

private:
    std::map<std::string, std::string, std::less<>> given_;
    std::map<std::string, bool, std::less<>> asked_;
};

int load_main(int count, char** arguments);
int copy_main(int count, char** arguments);
int ledger_main(int count, char** arguments);
// Weak: a build without the engine's benchmark still has the others.
[[gnu::weak]] int engine_main(int count, char** arguments);
[[gnu::weak]] int wallets_main(int count, char** arguments);
int payouts_main(int count, char** arguments);

}  // namespace florin::bench
