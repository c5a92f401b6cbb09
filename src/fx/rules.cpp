#include "fx/rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "fx/wide.h"

namespace florin::fx {
namespace {

// Multiplies by 10^n on the side where it makes no fraction.
void scale(Wide& numerator, Wide& denominator, int n) {
    (n > 0 ? numerator : denominator) *= power_of_ten(n > 0 ? n : -n);
}

// `minor` units of pair.base are worth so many of pair.quote, at 1 base = rate quote.
Wide times(std::int64_t minor, const Rate& rate, const Pair& pair) {
    Wide numerator = Wide{minor} * rate.coefficient, denominator = 1;
    scale(numerator, denominator, pair.quote.exponent() - pair.base.exponent() - rate.scale);
    return half_to_even(numerator, denominator);
}

// The way back: `minor` units of pair.quote cost so many of pair.base.
Wide divided(std::int64_t minor, const Rate& rate, const Pair& pair) {
    Wide numerator = minor, denominator = rate.coefficient;
    scale(numerator, denominator, pair.base.exponent() - pair.quote.exponent() + rate.scale);
    return half_to_even(numerator, denominator);
}

// `share` of `whole`, for `part` of it.
std::int64_t in_proportion(std::int64_t share, std::int64_t part, std::int64_t whole) {
    return static_cast<std::int64_t>(half_to_even(Wide{share} * part, whole));
}

// What the first `done` of a whole come to.
Amounts until(const Amounts& whole, Side given, std::int64_t done) {
    if (given == Side::settlement)
        return {in_proportion(whole.presentment, done, whole.settlement), done,
                in_proportion(whole.spread, done, whole.settlement)};
    const auto gross = in_proportion(whole.gross(), done, whole.presentment);
    const auto spread = in_proportion(whole.spread, gross, whole.gross());
    return {done, gross - spread, spread};
}

}  // namespace

std::int64_t Spreads::of(const Pair& pair) const {
    const auto found = by_pair.find(pair);
    return found == by_pair.end() ? preset : found->second;
}

Result<Amounts> amounts_of(const Wish& wish, const Rate& rate, std::int64_t spread_rate) {
    const auto given = wish.amount.minor();
    check(given > 0 && given <= kAmountMax, "an amount within the limits is converted");
    check(spread_rate >= 0 && spread_rate <= kSpreadMax, "a spread is within its limits");
    Wide presentment = given, settlement = given, spread = 0;
    if (wish.fixed == Side::settlement) {
        spread = half_to_even(Wide{given} * spread_rate, kMillion);
        presentment = divided(static_cast<std::int64_t>(settlement + spread), rate, wish.pair());
    } else {
        settlement = times(given, rate, wish.pair());
        spread = half_to_even(std::min<Wide>(settlement, kAmountMax) * spread_rate,
                              kMillion + spread_rate);
        settlement -= spread;
    }
    if (presentment == 0 || settlement == 0)
        return fail(
            Fault::invalid, "fx_amount_too_small",
            fmt::format("{} {} is less than the smallest amount of {}: send more",
                        wish.amount.decimal(), wish.amount.currency().code(), wish.other.code()));
    if (std::max(presentment, settlement + spread) > kAmountMax)
        return fail(Fault::invalid, "amount_too_large",
                    fmt::format("{} {} is more than {} {}: send less", wish.amount.decimal(),
                                wish.amount.currency().code(),
                                Money(kAmountMax, wish.other).decimal(), wish.other.code()));
    return Amounts{static_cast<std::int64_t>(presentment), static_cast<std::int64_t>(settlement),
                   static_cast<std::int64_t>(spread)};
}

Amounts part_of(const Amounts& whole, Side given, std::int64_t before, std::int64_t part) {
    const auto all = given == Side::settlement ? whole.settlement : whole.presentment;
    check(before >= 0 && part >= 0 && part <= all - before,
          "a part of a quote is what is left of it at most");
    const auto from = until(whole, given, before), to = until(whole, given, before + part);
    return {to.presentment - from.presentment, to.settlement - from.settlement,
            to.spread - from.spread};
}

}  // namespace florin::fx
