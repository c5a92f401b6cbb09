// A file of rates. What is accepted is within the limits, each rate survives its own text, and what
// is derived of it is a rate again.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "fx/table.h"

using florin::check;
using florin::fx::Rate;

namespace {

void check_rate(const Rate& rate) {
    const auto again = Rate::parse(rate.text());
    check(again.has_value() && *again == rate, "text and back is the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto now = *florin::instant_from("2026-11-20T12:00:00Z");
    const auto table = florin::fx::RateTable::parse(input, now);
    if (!table) return 0;
    check(!table->stated().empty() && table->stated().size() <= florin::fx::kPairsMax,
          "within the limit");
    for (const auto& [pair, stated] : table->stated()) {
        check_rate(stated.rate);
        for (const auto& [other, second] : table->stated())
            if (const auto derived = florin::fx::quotient(stated.rate, second.rate))
                check_rate(*derived);
    }
    return 0;
}
