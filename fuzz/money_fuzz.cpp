// The first three bytes are a currency, the rest an amount. Any accepted text is within the limit
// and writes back to a text of equal value; any number of minor units survives its own text.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/check.h"
#include "domain/money.h"

using florin::check;
using florin::Money;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3) return 0;
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto currency = florin::currency_from(input.substr(0, 3));
    if (!currency) return 0;
    const auto text = input.substr(3);
    if (const auto money = Money::parse(text, *currency)) {
        check(!money->is_negative() && money->minor() <= florin::kAmountMax, "within the limit");
        const auto written = money->decimal();
        check(written.starts_with(text), "nothing but zeros was added");
        check(Money::parse(written, *currency) == *money, "the same value");
    }
    std::int64_t minor = 0;
    if (text.size() < sizeof minor) return 0;
    std::memcpy(&minor, text.data(), sizeof minor);
    const auto written = Money(minor, *currency).decimal();
    const auto again = Money::parse(written, *currency);
    check(again.has_value() == (minor >= 0 && minor <= florin::kAmountMax), "accepted if allowed");
    if (again) check(again->minor() == minor, "text and back is the same");
    return 0;
}
