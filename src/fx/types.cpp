#include "fx/types.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "fx/wide.h"
#include "platform/crypto/hash.h"

namespace florin::fx {
namespace {

constexpr std::int64_t kCoefficientEnd = 1'000'000'000'000;  // 10^kRateDigits.
constexpr int kWholeDigitsMax = 9;                           // Up to 10^9, and down to 10^-9.

Rate shortened(Rate rate) {
    while (rate.scale > 0 && rate.coefficient % 10 == 0) {
        rate.coefficient /= 10;
        --rate.scale;
    }
    return rate;
}

bool is_in_range(const Rate& rate) {
    const Wide scaled = Wide{rate.coefficient} * power_of_ten(kWholeDigitsMax);
    return scaled >= power_of_ten(rate.scale) &&
           rate.coefficient <= power_of_ten(kWholeDigitsMax) * power_of_ten(rate.scale);
}

bool is_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Result<Rate> Rate::parse(std::string_view text) {
    const auto point = text.find('.');
    const bool has_point = point != std::string_view::npos;
    const auto whole = text.substr(0, point);
    auto decimals = has_point ? text.substr(point + 1) : std::string_view();
    if (text.size() > 64 || !is_digits(whole) || (whole.size() > 1 && whole.front() == '0') ||
        (has_point && !is_digits(decimals)))
        return fail(Fault::invalid, "fx_rate_malformed",
                    "a rate is digits with a point before the decimals and nothing else, such as "
                    "\"1.087\"");
    while (decimals.ends_with('0')) decimals.remove_suffix(1);
    if (whole.size() > kWholeDigitsMax + 1)
        return fail(Fault::invalid, "fx_rate_out_of_range", "a rate is at most 1000000000");
    std::string digits(whole);
    digits += decimals;
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
    if (digits.size() > kRateDigits || decimals.size() > kRateScaleMax)
        return fail(Fault::invalid, "fx_rate_too_precise",
                    fmt::format("a rate has at most {} significant digits and {} decimals",
                                kRateDigits, kRateScaleMax));
    Rate rate{0, static_cast<int>(decimals.size())};
    for (const char digit : digits) rate.coefficient = rate.coefficient * 10 + (digit - '0');
    if (rate.coefficient == 0 || !is_in_range(rate))
        return fail(Fault::invalid, "fx_rate_out_of_range",
                    "a rate is from 0.000000001 to 1000000000");
    return rate;
}

std::string Rate::text() const {
    const auto decimals = static_cast<std::size_t>(scale);
    auto digits = fmt::format("{:0{}}", coefficient, decimals + 1);
    if (decimals > 0) digits.insert(digits.size() - decimals, 1, '.');
    return digits;
}

std::optional<Rate> quotient(Rate dividend, Rate divisor) {
    const auto decimals = dividend.scale - divisor.scale;
    int shift = 0;
    while (Wide{dividend.coefficient} * power_of_ten(shift) / divisor.coefficient <
           kCoefficientEnd / 10)
        ++shift;
    shift = std::min(shift, kRateScaleMax - decimals);
    const auto coefficient =
        half_to_even(Wide{dividend.coefficient} * power_of_ten(shift), divisor.coefficient);
    Rate rate{static_cast<std::int64_t>(coefficient), shift + decimals};
    if (coefficient == kCoefficientEnd) rate = {kCoefficientEnd / 10, rate.scale - 1};
    if (rate.coefficient == 0 || rate.scale < 0 || !is_in_range(rate)) return std::nullopt;
    return shortened(rate);
}

Result<std::int64_t> spread_from(std::string_view percent) {
    if (percent == "0") return 0;
    constexpr int kDecimals = 4;
    const auto rate = Rate::parse(percent);
    if (rate && rate->scale <= kDecimals) {
        const auto millionths = Wide{rate->coefficient} * power_of_ten(kDecimals - rate->scale);
        if (millionths <= kSpreadMax) return static_cast<std::int64_t>(millionths);
    }
    return fail(Fault::invalid, "fx_spread_malformed",
                "a spread is percent from 0 to 50 with at most four decimals, such as \"1.5\"");
}

std::string spread_text(std::int64_t spread_rate) {
    return shortened(Rate{spread_rate, 4}).text();
}

std::string_view name(Derivation derivation) {
    constexpr std::array<std::string_view, 3> kNames = {"stated", "inverse", "cross"};
    return kNames.at(static_cast<std::size_t>(derivation) - 1);
}

std::string_view name(QuoteState state) {
    constexpr std::array<std::string_view, 3> kNames = {"open", "used", "expired"};
    return kNames.at(static_cast<std::size_t>(state));
}

QuoteState Quote::state(Instant at) const {
    if (is_used()) return QuoteState::used;
    return at < expires_at ? QuoteState::open : QuoteState::expired;
}

FxQuoteId quote_id(const MerchantId& merchant, std::string_view key) {
    const auto whose = view(merchant.uuid());
    auto named = "fx_quote:" + std::string(whose);
    named += key;
    return FxQuoteId(uuid_from_hash(view(crypto::sha256(named)), slot_of(whose, key)));
}

}  // namespace florin::fx
