#pragma once

// The nouns of currencies: exact rates, and quotes, in which a buyer is told what an order costs in
// another currency. Amounts are minor units, spreads millionths.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "domain/ids.h"
#include "domain/money.h"

namespace florin::fx {

// A decimal above zero, coefficient / 10^scale: exact, so that whoever reads it computes what we
// computed. It has no zeros at its end; one value is one Rate.
struct Rate {
    std::int64_t coefficient = 1;
    int scale = 0;

    // "1.087": digits, and a point with digits behind it; no sign, no exponent, no leading zeros.
    // Codes of failure: fx_rate_malformed; fx_rate_too_precise, beyond kRateDigits or
    // kRateScaleMax; fx_rate_out_of_range, below 0.000000001 or above 1000000000.
    static Result<Rate> parse(std::string_view text);
    std::string text() const;

    friend bool operator==(const Rate&, const Rate&) = default;
};
inline constexpr int kRateDigits = 12;    // Significant ones.
inline constexpr int kRateScaleMax = 18;  // Decimals.

// dividend / divisor, rounded half to even to kRateDigits significant digits (fewer where it would
// need more than kRateScaleMax decimals); nothing when that is out of a rate's range.
std::optional<Rate> quotient(Rate dividend, Rate divisor);

// One unit of `base` costs `rate` of `quote`: EUR, USD, 1.087.
struct Pair {
    Currency base;
    Currency quote;
    friend auto operator<=>(const Pair&, const Pair&) = default;
};

// How a rate was found: as the source states it, as 1 / the stated one, or over a third currency.
enum class Derivation : std::int16_t { stated = 1, inverse = 2, cross = 3 };  // Stored.
std::string_view name(Derivation derivation);

// A rate that can be quoted.
struct Found {
    Rate rate;
    Derivation derivation = Derivation::stated;
    Instant as_of;  // Of a derived one, the older of its two.
};

inline constexpr std::int64_t kMillion = 1'000'000;
inline constexpr std::int64_t kSpreadMax = kMillion / 2;  // Millionths: 50 %.

// From percent as decimal text: "1.5", 0 to 50 with at most four decimals. Code of failure:
// fx_spread_malformed.
Result<std::int64_t> spread_from(std::string_view percent);
std::string spread_text(std::int64_t spread_rate);

// In which currency an amount is given, from which the other one follows.
enum class Side : std::int16_t { settlement = 1, presentment = 2 };  // Stored.

// What a quote converts: all of it, or a part. gross() is what the buyer's money is worth.
struct Amounts {
    std::int64_t presentment = 0;  // What the buyer pays.
    std::int64_t settlement = 0;   // What the order gets.
    std::int64_t spread = 0;       // In the settlement currency, on top of that; ours.

    std::int64_t gross() const { return settlement + spread; }
    friend bool operator==(const Amounts&, const Amounts&) = default;
};

enum class QuoteState { open, used, expired };
std::string_view name(QuoteState state);

// A price in the buyer's currency that stands until it expires. But for its use it never changes.
struct Quote {
    FxQuoteId id;  // quote_id() of merchant and idempotency key.
    MerchantId merchant;
    Currency settlement;   // The order's.
    Currency presentment;  // The buyer's.
    Side fixed = Side::settlement;
    Amounts amounts;
    Rate rate;  // The middle one: 1 unit of presentment is so many of settlement.
    Derivation derivation = Derivation::stated;
    std::string source;            // Whose rate it is: "file".
    Instant rate_as_of;            // When the source says it was so.
    std::int64_t spread_rate = 0;  // Millionths of Amounts::settlement.
    Instant created_at;
    Instant expires_at;  // Good before it.
    Hash request_hash{};
    PaymentId payment = {};  // That has used it; nil = none.
    Instant used_at = {};

    bool is_used() const { return payment != PaymentId(); }
    QuoteState state(Instant at) const;
};

// A function of what it names, so a repeated request meets its quote. Its slot is that of a new
// payment under the same key.
FxQuoteId quote_id(const MerchantId& merchant, std::string_view key);

}  // namespace florin::fx
