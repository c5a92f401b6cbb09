#pragma once

// Latencies in buckets that grow with the value (the idea of HdrHistogram): each power of two is
// cut into 128 equal parts, so a reported value is at most 0.8 % above the true one, at any size.

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace florin::bench {

class Histogram {
public:
    void add(std::chrono::nanoseconds latency) {
        const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(latency.count(), 0));
        ++counts_[bucket(value)];
        ++total_;
        max_ = std::max(max_, value);
    }

    std::uint64_t count() const { return total_; }
    double max_ms() const { return to_ms(max_); }

    // The smallest value that `share` of all values do not exceed: 0.99 for the 99th percentile.
    double percentile_ms(double share) const {
        const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(total_) + 0.5);
        std::uint64_t seen = 0;
        for (std::size_t i = 0; i < counts_.size(); ++i) {
            seen += counts_[i];
            if (seen >= wanted && counts_[i] > 0) return to_ms(std::min(last_in(i), max_));
        }
        return max_ms();
    }

    static constexpr std::size_t bucket(std::uint64_t value) {
        if (value < 2 * kParts) return value;
        const auto shift = static_cast<unsigned>(std::bit_width(value)) - kPartBits - 1;
        return static_cast<std::size_t>(shift * kParts + (value >> shift));
    }

    // The largest value of a bucket.
    static constexpr std::uint64_t last_in(std::size_t bucket) {
        if (bucket < 2 * kParts) return bucket;
        const auto shift = bucket / kParts - 1;
        return ((bucket - shift * kParts + 1) << shift) - 1;
    }

private:
    static constexpr unsigned kPartBits = 7;
    static constexpr std::uint64_t kParts = 1U << kPartBits;
    static constexpr unsigned kOctaves = 65 - kPartBits;

    static double to_ms(std::uint64_t ns) { return static_cast<double>(ns) / 1e6; }

    std::vector<std::uint64_t> counts_ = std::vector<std::uint64_t>(kOctaves * kParts);
    std::uint64_t total_ = 0;
    std::uint64_t max_ = 0;
};

// Proved for values of every size: a value is in its bucket, and the bucket is narrow.
constexpr bool holds(std::uint64_t value) {
    const auto bucket = Histogram::bucket(value);
    const auto last = Histogram::last_in(bucket);
    const bool inside = last >= value && (bucket == 0 || Histogram::last_in(bucket - 1) < value);
    return inside && last - value <= value / 128;
}
static_assert(holds(0) && holds(1) && holds(127) && holds(128) && holds(255) && holds(256));
static_assert(holds(257) && holds(511) && holds(512) && holds(1'000'003) && holds(1ULL << 40));
static_assert(holds((1ULL << 40) - 1) && holds(9'223'372'036'854'775'807ULL));

}  // namespace florin::bench
