// Goal: the text that Prometheus reads. Method: one golden text.

#include "platform/metrics/metrics.h"

#include <gtest/gtest.h>

namespace florin::metrics {
namespace {

TEST(Metrics, AnEmptyRegistryIsAnEmptyText) {
    EXPECT_EQ(Registry().render(), "");
}

TEST(Metrics, CountersAndGauges) {
    Registry registry;
    registry.counter("b_total", "Things.", "kind=\"x\"") += 2;
    registry.counter("b_total", "Things.", "kind=\"y\"") += 1;
    registry.counter("b_total", "Things.", "kind=\"x\"") += 1;
    registry.observe("a_waiting", "Now.", "gauge", [] { return 0.5; });
    registry.observe("c_state", "Of each.", "gauge", [] { return 2; }, "account=\"x\"");
    registry.observe("c_state", "Of each.", "gauge", [] { return 0; }, "account=\"y\"");
    EXPECT_EQ(registry.render(),
              "# HELP a_waiting Now.\n# TYPE a_waiting gauge\na_waiting 0.5\n"
              "# HELP b_total Things.\n# TYPE b_total counter\n"
              "b_total{kind=\"x\"} 3\nb_total{kind=\"y\"} 1\n"
              "# HELP c_state Of each.\n# TYPE c_state gauge\n"
              "c_state{account=\"x\"} 2\nc_state{account=\"y\"} 0\n");
}

TEST(Metrics, GaugesWithLabelsGoUpAndDown) {
    Registry registry;
    registry.reset_gauges("standing");
    registry.gauge("standing", "Now.", "kind=\"x\"") = 3;
    registry.gauge("standing", "Now.", "kind=\"y\"") = 4;
    registry.reset_gauges("standing");
    registry.gauge("standing", "Now.", "kind=\"y\"") = 1;
    EXPECT_EQ(registry.render(),
              "# HELP standing Now.\n# TYPE standing gauge\n"
              "standing{kind=\"x\"} 0\nstanding{kind=\"y\"} 1\n");
}

TEST(Metrics, BucketsOfAHistogramAddUp) {
    Registry registry;
    auto& histogram = registry.histogram("h_seconds", "Time.", "route=\"/\"");
    histogram.observe(0.0005);  // A bound belongs to its bucket.
    histogram.observe(0.7);
    histogram.observe(1e6);  // Beyond the last bound.
    const auto text = registry.render();
    const auto has = [&](std::string_view line) {
        return text.find("\n" + std::string(line) + "\n") != std::string::npos;
    };
    EXPECT_TRUE(has("# TYPE h_seconds histogram"));
    EXPECT_TRUE(has(R"(h_seconds_bucket{route="/",le="0.0005"} 1)"));
    EXPECT_TRUE(has(R"(h_seconds_bucket{route="/",le="0.5"} 1)"));
    EXPECT_TRUE(has(R"(h_seconds_bucket{route="/",le="1"} 2)"));
    EXPECT_TRUE(has(R"(h_seconds_bucket{route="/",le="30"} 2)"));
    EXPECT_TRUE(has(R"(h_seconds_bucket{route="/",le="+Inf"} 3)"));
    EXPECT_TRUE(has(R"(h_seconds_count{route="/"} 3)"));
    EXPECT_TRUE(has(R"(h_seconds_sum{route="/"} 1000000.7005)"));
}

TEST(Metrics, ReferencesStayValid) {
    Registry registry;
    auto& first = registry.counter("first_total", "First.");
    for (int i = 0; i < 1000; ++i) registry.counter("c" + std::to_string(i), "Others.");
    first += 1;
    EXPECT_NE(registry.render().find("\nfirst_total 1\n"), std::string::npos);
}

}  // namespace
}  // namespace florin::metrics
