#pragma once

// Reads single parameters and says what is wrong with them, before anything is executed.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/params.h"
#include "sandbox/problem.h"
#include "sandbox/render.h"

namespace florin::sandbox {

constexpr std::int64_t kAmountMax = 99'999'999;

Checked<void> check_known(const Params& params, std::span<const std::string_view> known);
Checked<std::string> check_required(const Params& params, std::string_view name);
// From `least` to kAmountMax; nothing when it is not there.
Checked<std::optional<std::int64_t>> check_amount(const Params& params, std::string_view name,
                                                  std::int64_t least = 1);
Checked<std::int64_t> check_integer(const Params& params, std::string_view name, std::int64_t from,
                                    std::int64_t to, std::int64_t when_absent);
Checked<std::string> check_currency(const Params& params);
Checked<bool> check_bool(const Params& params, std::string_view name, bool when_absent);
Checked<std::string> check_choice(const Params& params, std::string_view name,
                                  std::span<const std::string_view> choices);
Checked<std::string> check_text(const Params& params, std::string_view name,
                                std::size_t characters_max);
Checked<std::string> check_url(const Params& params, std::string_view name);
Checked<Pairs> check_metadata(const Params& params);
// What a payment refers to, and what hangs on a charge does.
inline constexpr std::string_view kIntentRefs[] = {"latest_charge", "payment_method"};
inline constexpr std::string_view kChargeRefs[] = {"charge", "payment_intent"};
// `below` is "data." in lists.
Checked<Expand> check_expand(const Params& params, std::span<const std::string_view> known,
                             std::string_view below = "");

// created=5, created[gte]=5 and their sisters, in seconds.
struct Range {
    std::int64_t from = INT64_MIN;
    std::int64_t to = INT64_MAX;
    bool holds(std::int64_t value) const { return value >= from && value <= to; }
    // Narrows by ">=", ">", "<=", "<" or "=".
    void narrow(std::string_view relation, std::int64_t bound);
};
Checked<Range> check_created(const Params& params);
std::optional<std::int64_t> whole_number(std::string_view text);

}  // namespace florin::sandbox
