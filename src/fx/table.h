#pragma once

// The rates of a source as they are at one time, and what may be derived from them.

#include <map>
#include <optional>
#include <string_view>

#include "fx/types.h"

namespace florin::fx {

inline constexpr std::size_t kRatesBytesMax = 1'000'000;
inline constexpr std::size_t kPairsMax = 10'000;

// What is quoted beside the rates that are stated.
struct Derive {
    bool inverse = false;                // 1 / the stated rate of the other direction.
    std::optional<Currency> pivot = {};  // Two rates that are stated from it, one by the other.
};

class RateTable {
public:
    // CSV in UTF-8, lines that end with \n or \r\n:
    //     base,quote,rate,as_of
    //     EUR,USD,1.0870,2026-11-20T12:00:00Z
    // All or nothing. Code of failure: fx_rates_malformed, with the line and the reason; a time
    // that is later than `now` by more than five minutes is one.
    static Result<RateTable> parse(std::string_view csv, Instant now);

    // As stated, else the inverse, else over the pivot; nothing = not among them.
    std::optional<Found> find(const Pair& pair, const Derive& derive) const;

    struct Stated {
        Rate rate;
        Instant as_of;
    };
    const std::map<Pair, Stated>& stated() const { return stated_; }
    // When the source says that the newest of its rates was so. Not of an empty table.
    Instant newest() const { return newest_; }

private:
    std::map<Pair, Stated> stated_;
    Instant newest_ = Instant::min();
};

}  // namespace florin::fx
