#pragma once

// Prometheus metrics (text format 0.0.4). One event loop, so plain numbers.

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace florin::metrics {

// Seconds, in buckets from half a millisecond to half a minute.
class Histogram {
public:
    static constexpr std::array kBounds = {0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1,
                                           0.2,    0.5,   1.0,   2.0,   5.0,  10.0, 30.0};
    void observe(double seconds);

private:
    friend class Registry;
    std::array<std::uint64_t, kBounds.size()> counts_{};
    std::uint64_t count_ = 0;
    double sum_ = 0;
};

// References stay valid. `labels` reads `route="/v1/payments",status="201"`, or is empty.
class Registry {
public:
    std::uint64_t& counter(std::string_view name, std::string_view help,
                           const std::string& labels = {});
    // A number that goes up and down, by label.
    std::uint64_t& gauge(std::string_view name, std::string_view help,
                         const std::string& labels = {});
    // All labels of a gauge to zero: what is not set again has gone.
    void reset_gauges(std::string_view name);
    Histogram& histogram(std::string_view name, std::string_view help,
                         const std::string& labels = {});
    // Asked at every scrape; a gauge goes up and down, a counter only up.
    void observe(std::string_view name, std::string_view help, std::string_view type,
                 std::function<double()> read, const std::string& labels = {});

    std::string render() const;

private:
    struct Family {
        std::string help, type;
        std::map<std::string, std::uint64_t> counters;
        std::map<std::string, Histogram> histograms;
        std::map<std::string, std::function<double()>> reads;
    };
    std::map<std::string, Family, std::less<>> families_;

    Family& family(std::string_view name, std::string_view help, std::string_view type);
};

}  // namespace florin::metrics
