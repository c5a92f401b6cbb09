#pragma once

// The fault knobs: what goes wrong with which request, by rates from a printed seed, by one-shot
// orders, or by a header of the request.

#include <array>
#include <cstdint>
#include <deque>
#include <expected>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>

namespace florin::sandbox {

enum class Fault {
    drop_request,  // Close the connection, execute nothing.
    drop_reply,    // Execute, then close the connection without a byte.
    error_500,     // Answer 500, execute nothing.
    error_500_after,
    rate_limit_429,
    delay,
    duplicate_webhook,
    reorder_webhook,
};
inline constexpr std::array<std::string_view, 8> kFaultNames = {
    "drop_request",   "drop_reply", "error_500",         "error_500_after",
    "rate_limit_429", "delay",      "duplicate_webhook", "reorder_webhook",
};
std::optional<Fault> fault_named(std::string_view name);

// What happens to one request.
struct Fate {
    std::array<bool, kFaultNames.size()> hit{};
    std::int64_t delay_ms = 0;
    bool has(Fault fault) const { return hit[static_cast<std::size_t>(fault)]; }
};

class Faults {
public:
    static constexpr std::size_t kNextMax = 10'000;

    explicit Faults(std::uint64_t seed, std::int64_t every_delay_ms = 0)
        : seed_(seed), random_(seed), every_delay_ms_(every_delay_ms) {}

    // Replaces the rates, delay_ms and search_lag_ms (what is not named becomes zero), appends to
    // the one-shot orders, and starts the draws anew when "seed" is named. On a mistake nothing
    // changes and the sentence says what to send.
    std::expected<void, std::string> configure(const std::string& json);
    std::string show() const;

    // Draws for one request. `header` is the Sandbox-Fault header.
    Fate decide(std::string_view method, std::string_view path, std::string_view header);
    bool draw(Fault fault);
    std::int64_t search_lag_ms() const { return settings_.search_lag_ms; }

private:
    struct Order {
        Fault fault;
        std::string path;    // Empty: any. "/v1/payment_intents/*": any that begins so.
        std::string method;  // Empty: any.
        bool matches(std::string_view wanted_method, std::string_view wanted_path) const;
    };
    struct Settings {
        std::array<double, kFaultNames.size()> rates{};  // Chances, never money.
        std::int64_t delay_from_ms = 50;
        std::int64_t delay_to_ms = 400;
        std::int64_t search_lag_ms = 0;
    };
    struct Wish;  // What a configuration says.

    static std::expected<Wish, std::string> read(const std::string& json);
    void count(Fault fault) { ++counts_[static_cast<std::size_t>(fault)]; }

    std::uint64_t seed_;
    std::mt19937_64 random_;
    std::int64_t every_delay_ms_;
    Settings settings_;
    std::deque<Order> next_;
    std::array<std::uint64_t, kFaultNames.size()> counts_{};
};

}  // namespace florin::sandbox
