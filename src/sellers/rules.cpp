#include "sellers/rules.h"

#include <algorithm>
#include <tuple>

#include "base/check.h"

namespace florin::sellers {
namespace {

// An amount times a rate or another amount fits.
__extension__ using Wide = __int128;

// The whole number next to the fraction, the even one of two that are equally near.
std::int64_t half_to_even(Wide numerator, Wide denominator) {
    const Wide below = numerator / denominator;
    const Wide twice = numerator % denominator * 2;
    const bool up = twice > denominator || (twice == denominator && below % 2 == 1);
    return static_cast<std::int64_t>(below + (up ? 1 : 0));
}

// `share` of `whole`, for `part` of it.
std::int64_t in_proportion(std::int64_t share, std::int64_t part, std::int64_t whole) {
    return whole == 0 ? 0 : half_to_even(Wide{share} * part, whole);
}

bool takes(const FeeRule& rule, FeeKind kind, const Sale& sale) {
    return rule.kind == kind && rule.currency == sale.currency && rule.valid_from <= sale.at &&
           sale.at < rule.valid_until && (!rule.seller || *rule.seller == sale.seller) &&
           (rule.category.empty() || rule.category == sale.category);
}

bool is_before(const FeeRule& a, const FeeRule& b) {
    const auto rank = [](const FeeRule& rule) {
        return std::tuple(!rule.seller.has_value(), rule.category.empty(), rule.id);
    };
    return rank(a) < rank(b);
}

// The fees of the first `done` of an order. The fees together follow the order, and the commission
// follows the fees: so each grows by at most what is under it, step by step.
Fees until(const Fees& whole, std::int64_t done) {
    const auto all_fees = whole.commission + whole.logistics;
    const auto fees = in_proportion(all_fees, done, whole.total());
    const auto commission = in_proportion(whole.commission, fees, all_fees);
    return {done - fees, commission, fees - commission};
}

}  // namespace

const FeeRule* rule_for(std::span<const FeeRule> rules, FeeKind kind, const Sale& sale) {
    const FeeRule* best = nullptr;
    for (const auto& rule : rules) {
        if (takes(rule, kind, sale) && (!best || is_before(rule, *best))) best = &rule;
    }
    return best;
}

std::int64_t fee_of(const FeeRule& rule, std::int64_t amount) {
    check(amount >= 0 && amount <= kAmountMax, "fees are taken of an amount within the limits");
    Wide sum = 0;
    for (std::size_t i = 0; i < rule.tiers.size(); ++i) {
        const bool is_last = i + 1 == rule.tiers.size();
        const auto end = is_last ? amount : std::min(amount, rule.tiers[i + 1].from);
        sum += Wide{std::max<std::int64_t>(end - rule.tiers[i].from, 0)} * rule.tiers[i].rate;
    }
    const auto fee = std::max(half_to_even(sum, kRateWhole) + rule.fixed, rule.minimum);
    return std::min(fee, rule.maximum.value_or(fee));
}

Fees fees_of(std::int64_t amount, const FeeRule* commission, const FeeRule* logistics) {
    Fees fees{.seller = amount};
    const auto take = [&](const FeeRule* rule) {
        const auto fee = rule ? std::min(fee_of(*rule, amount), fees.seller) : 0;
        fees.seller -= fee;
        return fee;
    };
    fees.commission = take(commission);
    fees.logistics = take(logistics);
    return fees;
}

Fees part_of(const Fees& fees, std::int64_t done_before, std::int64_t part) {
    check(done_before >= 0 && part >= 0 && part <= fees.total() - done_before,
          "a part of an order is what is left of it at most");
    const auto before = until(fees, done_before), after = until(fees, done_before + part);
    return {after.seller - before.seller, after.commission - before.commission,
            after.logistics - before.logistics};
}

bool serves(const FeeRule& rule, const FeeRule& wanted, bool names_valid_from) {
    const auto figures = [](const FeeRule& one) {
        return std::tie(one.merchant, one.kind, one.seller, one.category, one.currency, one.tiers,
                        one.fixed, one.minimum, one.maximum, one.valid_until);
    };
    return figures(rule) == figures(wanted) &&
           (names_valid_from ? rule.valid_from == wanted.valid_from
                             : rule.valid_from <= wanted.valid_from);
}

}  // namespace florin::sellers
