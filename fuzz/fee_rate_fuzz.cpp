// A rate in percent. Any accepted text is between nothing and the whole, and says the same when it
// is written and read again.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "sellers/types.h"

using florin::check;
using florin::sellers::kRateWhole;
using florin::sellers::percent;
using florin::sellers::rate_from;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto rate = rate_from(text);
    if (!rate) return 0;
    check(*rate >= 0 && *rate <= kRateWhole, "within the limits");
    const auto written = percent(*rate);
    check(text.starts_with(written), "nothing but zeros was left out");
    check(rate_from(written) == *rate, "the same value");
    return 0;
}
