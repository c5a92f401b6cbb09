#pragma once

// The only source of chance in a simulated world: the same seed gives the same throws for ever.

#include <chrono>
#include <cstdint>

namespace florin::simulator {

using std::chrono::microseconds;

class Dice {
public:
    explicit Dice(std::uint64_t seed) : state_(seed) {}

    // splitmix64: passes the usual tests, and three lines can be read.
    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }

    // 0 to below `count`; the bias of the remainder is of no importance here.
    std::uint64_t below(std::uint64_t count) { return next() % count; }
    std::int64_t between(std::int64_t low, std::int64_t high) {
        return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low + 1)));
    }
    microseconds between(microseconds low, microseconds high) {
        return microseconds(between(low.count(), high.count()));
    }
    // A probability of `per_million` in a million. No floats: the same on every machine.
    bool chance(std::uint32_t per_million) {
        return per_million > 0 && below(1'000'000) < per_million;
    }

private:
    std::uint64_t state_;
};

}  // namespace florin::simulator
