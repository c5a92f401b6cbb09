#include "audit/types.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "domain/currencies.h"

namespace florin::audit {

std::string_view name(Severity severity) {
    constexpr std::array<std::string_view, 3> kNames = {"halt", "page", "warn"};
    return kNames[static_cast<std::size_t>(severity)];
}

std::int64_t Report::count() const {
    std::int64_t sum = 0;
    for (const auto& verdict : verdicts) sum += verdict.count;
    return sum;
}

std::string add_digits(std::string_view a, std::string_view b) {
    if (a.size() < b.size()) std::swap(a, b);
    std::string out;
    int carry = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const int digit =
            (a[a.size() - 1 - i] - '0') + carry + (i < b.size() ? b[b.size() - 1 - i] - '0' : 0);
        out += static_cast<char>('0' + digit % 10);
        carry = digit / 10;
    }
    if (carry) out += '1';
    std::ranges::reverse(out);
    return out;
}

std::string in_major_units(std::string digits, std::string_view currency) {
    const auto known = currency_from(currency);
    if (!known || known->exponent() == 0) return digits;
    const auto decimals = static_cast<std::size_t>(known->exponent());
    if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
    digits.insert(digits.size() - decimals, ".");
    return digits;
}

void merge(Verdict& into, Verdict more, std::size_t limit) {
    into.count += more.count;
    for (const auto& [currency, digits] : more.at_stake) {
        auto& sum = into.at_stake[currency];
        sum = add_digits(sum, digits);
    }
    for (auto& finding : more.findings) {
        if (into.findings.size() < limit) into.findings.push_back(std::move(finding));
    }
}

Stride::Stride(std::int64_t rows, int most)
    : most_(most),
      size_(static_cast<int>(std::clamp<std::int64_t>(
          kRowsAtFirst * kSlots / std::max<std::int64_t>(rows, 1), 1, most))) {}

void Stride::took(double seconds) {
    if (seconds < kStepSeconds / 2) size_ = std::min(size_ * 2, most_);
    if (seconds > kStepSeconds) size_ = std::max(size_ / 2, 1);
}

bool Stride::shrink() {
    if (size_ == 1) return false;
    size_ = std::max(size_ / 4, 1);
    return true;
}

}  // namespace florin::audit
