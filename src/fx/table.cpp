#include "fx/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace florin::fx {
namespace {

using namespace std::string_view_literals;

constexpr std::chrono::minutes kClocksDiffer{5};
constexpr auto kHeader = "base,quote,rate,as_of"sv;

struct Line {
    Pair pair;
    RateTable::Stated stated;
};

std::unexpected<Error> refuse(std::string detail) {
    return fail(Fault::invalid, "fx_rates_malformed", detail);
}

std::vector<std::string_view> fields_of(std::string_view line) {
    std::vector<std::string_view> fields;
    for (std::size_t comma = 0; comma != std::string_view::npos; line.remove_prefix(comma + 1)) {
        comma = line.find(',');
        fields.push_back(line.substr(0, comma));
        if (comma == std::string_view::npos) break;
    }
    return fields;
}

Result<Currency> read_currency(std::string_view code) {
    const auto currency = currency_from(code);
    if (currency && currency->payable()) return *currency;
    return refuse(fmt::format("'{}' is no active ISO 4217 code in capitals", shorten(code, 16)));
}

Result<Line> read_line(std::string_view text, Instant now) {
    const auto fields = fields_of(text);
    if (fields.size() != 4)
        return refuse(
            fmt::format("there are {} fields, not the four of {}", fields.size(), kHeader));
    TRY(const auto base, read_currency(fields[0]));
    TRY(const auto quote, read_currency(fields[1]));
    TRY(const auto rate, Rate::parse(fields[2]));
    const auto as_of = instant_from(fields[3]);
    if (base == quote) return refuse("a rate is between two currencies");
    if (!as_of) return refuse("as_of must be a time like 2026-11-20T12:00:00Z");
    if (*as_of > now + kClocksDiffer) return refuse("as_of is in the future");
    return Line{{base, quote}, {rate, *as_of}};
}

}  // namespace

Result<RateTable> RateTable::parse(std::string_view csv, Instant now) {
    RateTable table;
    if (csv.size() > kRatesBytesMax)
        return refuse(fmt::format("there are more than {} bytes", kRatesBytesMax));
    for (std::size_t number = 1; !csv.empty(); ++number) {
        const auto end = std::min(csv.find('\n'), csv.size());
        auto text = csv.substr(0, end);
        csv.remove_prefix(std::min(end + 1, csv.size()));
        if (text.ends_with('\r')) text.remove_suffix(1);
        const auto at_line = [&](std::string_view why) {
            return refuse(fmt::format("line {}: {}", number, why));
        };
        if (number == 1) {
            if (text != kHeader) return at_line(fmt::format("must be {}", kHeader));
            continue;
        }
        const auto line = read_line(text, now);
        if (!line) return at_line(line.error().detail);
        if (table.stated_.size() == kPairsMax)
            return at_line(fmt::format("there are more than {} rates", kPairsMax));
        if (!table.stated_.emplace(line->pair, line->stated).second)
            return at_line(fmt::format("{} and {} stand there twice", line->pair.base.code(),
                                       line->pair.quote.code()));
        table.newest_ = std::max(table.newest_, line->stated.as_of);
    }
    if (table.stated_.empty()) return refuse("there are no rates in it");
    return table;
}

std::optional<Found> RateTable::find(const Pair& pair, const Derive& derive) const {
    const auto stated = [&](Currency base, Currency quote) {
        const auto found = stated_.find({base, quote});
        return found == stated_.end() ? nullptr : &found->second;
    };
    if (const auto* found = stated(pair.base, pair.quote))
        return Found{found->rate, Derivation::stated, found->as_of};
    const auto* other = derive.inverse ? stated(pair.quote, pair.base) : nullptr;
    if (other) {
        const auto rate = quotient(Rate(), other->rate);
        if (rate) return Found{*rate, Derivation::inverse, other->as_of};
    }
    if (!derive.pivot) return std::nullopt;
    const auto* base = stated(*derive.pivot, pair.base);
    const auto* quote = stated(*derive.pivot, pair.quote);
    if (!base || !quote) return std::nullopt;
    const auto rate = quotient(quote->rate, base->rate);
    if (!rate) return std::nullopt;
    return Found{*rate, Derivation::cross, std::min(base->as_of, quote->as_of)};
}

}  // namespace florin::fx
