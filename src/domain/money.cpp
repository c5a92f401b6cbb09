#include "domain/money.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace florin {
namespace {

// A product of two 64-bit numbers fits.
__extension__ using Wide = __int128;

bool is_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// An amount with all decimals of its currency, to show in a message what is meant.
std::string example(Currency currency) {
    return Money(1099, currency).decimal();
}

std::unexpected<Error> malformed(Currency currency) {
    return fail(Fault::invalid, "amount_malformed",
                fmt::format("Send the amount in major units as digits with a point before the "
                            "decimals and nothing else, such as \"{}\" for {}.",
                            example(currency), currency.code()));
}

std::unexpected<Error> too_many_decimals(Currency currency) {
    const auto allowed = currency.exponent() == 0
                             ? std::string("no decimals")
                             : fmt::format("at most {} decimals", currency.exponent());
    return fail(Fault::invalid, "amount_too_many_decimals",
                fmt::format("{} has {}: send an amount such as \"{}\".", currency.code(), allowed,
                            example(currency)));
}

std::unexpected<Error> too_large(Currency currency) {
    return fail(Fault::invalid, "amount_too_large",
                fmt::format("Send an amount of at most \"{}\" {}.",
                            Money(kAmountMax, currency).decimal(), currency.code()));
}

}  // namespace

Result<Money> Money::parse(std::string_view text, Currency currency) {
    const auto point = text.find('.');
    const auto whole = text.substr(0, point);
    const auto decimals =
        point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
    if (!is_digits(whole) || (whole.size() > 1 && whole.front() == '0')) return malformed(currency);
    if (point != std::string_view::npos && !is_digits(decimals)) return malformed(currency);
    const auto exponent = static_cast<std::size_t>(currency.exponent());
    if (decimals.size() > exponent) return too_many_decimals(currency);

    std::string digits(whole);
    digits += decimals;
    digits.append(exponent - decimals.size(), '0');
    std::int64_t minor = 0;
    for (const char digit : digits) {
        minor = minor * 10 + (digit - '0');
        if (minor > kAmountMax) return too_large(currency);
    }
    return Money(minor, currency);
}

std::string Money::decimal() const {
    const bool negative = minor_ < 0;
    // Unsigned, because the least int64 has no positive counterpart.
    auto magnitude = static_cast<std::uint64_t>(minor_);
    if (negative) magnitude = 0 - magnitude;
    const auto exponent = static_cast<std::size_t>(currency_.exponent());
    auto digits = fmt::format("{:0{}}", magnitude, exponent + 1);
    if (exponent > 0) digits.insert(digits.size() - exponent, 1, '.');
    return negative ? '-' + digits : digits;
}

std::optional<Money> checked_add(Money a, Money b) {
    check(a.currency_ == b.currency_, "amounts of one currency are added");
    std::int64_t sum = 0;
    if (__builtin_add_overflow(a.minor_, b.minor_, &sum)) return std::nullopt;
    return Money(sum, a.currency_);
}

std::optional<Money> checked_sub(Money a, Money b) {
    check(a.currency_ == b.currency_, "amounts of one currency are subtracted");
    std::int64_t difference = 0;
    if (__builtin_sub_overflow(a.minor_, b.minor_, &difference)) return std::nullopt;
    return Money(difference, a.currency_);
}

Money operator+(Money a, Money b) {
    const auto sum = checked_add(a, b);
    check(sum.has_value(), "a sum of money fits into 64 bits");
    return *sum;
}

Money operator-(Money a, Money b) {
    const auto difference = checked_sub(a, b);
    check(difference.has_value(), "a difference of money fits into 64 bits");
    return *difference;
}

bool operator==(Money a, Money b) {
    return (a <=> b) == 0;
}

std::strong_ordering operator<=>(Money a, Money b) {
    check(a.currency_ == b.currency_, "amounts of one currency are compared");
    return a.minor_ <=> b.minor_;
}

std::vector<Money> split(Money whole, std::span<const std::int64_t> weights) {
    Wide total = 0;
    for (const auto weight : weights) {
        check(weight >= 0, "no weight of a split is negative");
        total += weight;
    }
    check(total > 0, "a split has a weight above zero");

    // Shares round towards zero, so the remainders and the rest have the sign of the whole.
    const std::int64_t unit = whole.is_negative() ? -1 : 1;
    std::vector<std::int64_t> shares;
    std::vector<std::pair<Wide, std::size_t>> order;  // The largest remainder first.
    auto rest = whole.minor();
    for (const auto weight : weights) {
        const Wide product = Wide{whole.minor()} * weight;
        order.emplace_back(-unit * (product % total), shares.size());
        shares.push_back(static_cast<std::int64_t>(product / total));
        rest -= shares.back();
    }
    std::ranges::sort(order);
    for (std::size_t i = 0; rest != 0; ++i, rest -= unit) shares[order[i].second] += unit;

    std::vector<Money> parts;
    parts.reserve(shares.size());
    for (const auto share : shares) parts.emplace_back(share, whole.currency());
    return parts;
}

}  // namespace florin
