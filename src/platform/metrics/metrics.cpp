#include "platform/metrics/metrics.h"

#include <fmt/format.h>

namespace florin::metrics {
namespace {

std::string with(const std::string& labels) {
    return labels.empty() ? "" : '{' + labels + '}';
}

std::string with_bound(const std::string& labels, std::string_view bound) {
    return fmt::format("{{{}{}le=\"{}\"}}", labels, labels.empty() ? "" : ",", bound);
}

}  // namespace

void Histogram::observe(double seconds) {
    for (std::size_t i = 0; i < kBounds.size(); ++i) {
        if (seconds <= kBounds[i]) {
            ++counts_[i];
            break;
        }
    }
    ++count_;
    sum_ += seconds;
}

Registry::Family& Registry::family(std::string_view name, std::string_view help,
                                   std::string_view type) {
    auto found = families_.find(name);
    if (found == families_.end()) {
        Family fresh{std::string(help), std::string(type), {}, {}, {}};
        found = families_.emplace(std::string(name), std::move(fresh)).first;
    }
    return found->second;
}

std::uint64_t& Registry::counter(std::string_view name, std::string_view help,
                                 const std::string& labels) {
    return family(name, help, "counter").counters[labels];
}

std::uint64_t& Registry::gauge(std::string_view name, std::string_view help,
                               const std::string& labels) {
    return family(name, help, "gauge").counters[labels];
}

void Registry::reset_gauges(std::string_view name) {
    const auto found = families_.find(name);
    if (found == families_.end()) return;
    for (auto& [labels, value] : found->second.counters) value = 0;
}

Histogram& Registry::histogram(std::string_view name, std::string_view help,
                               const std::string& labels) {
    return family(name, help, "histogram").histograms[labels];
}

void Registry::observe(std::string_view name, std::string_view help, std::string_view type,
                       std::function<double()> read, const std::string& labels) {
    family(name, help, type).reads[labels] = std::move(read);
}

std::string Registry::render() const {
    std::string out;
    for (const auto& [name, family] : families_) {
        out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, family.help, name, family.type);
        for (const auto& [labels, read] : family.reads)
            out += fmt::format("{}{} {}\n", name, with(labels), read());
        for (const auto& [labels, value] : family.counters)
            out += fmt::format("{}{} {}\n", name, with(labels), value);
        for (const auto& [labels, histogram] : family.histograms) {
            std::uint64_t below = 0;
            for (std::size_t i = 0; i < Histogram::kBounds.size(); ++i) {
                below += histogram.counts_[i];
                out +=
                    fmt::format("{}_bucket{} {}\n", name,
                                with_bound(labels, fmt::to_string(Histogram::kBounds[i])), below);
            }
            out +=
                fmt::format("{}_bucket{} {}\n", name, with_bound(labels, "+Inf"), histogram.count_);
            out += fmt::format("{}_sum{} {}\n", name, with(labels), histogram.sum_);
            out += fmt::format("{}_count{} {}\n", name, with(labels), histogram.count_);
        }
    }
    return out;
}

}  // namespace florin::metrics
