#pragma once

// Keeps the rates of a source: the last good ones, however often the source fails since.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "fx/table.h"
#include "platform/async/task.h"

namespace florin::fx {

// Who tells rates: a file, a bank's service. Adding one is a class.
class RateSource {
public:
    virtual ~RateSource() = default;
    virtual std::string_view name() const = 0;  // Stands in quotes: "file".
    // All rates as they are now; nothing = as they were when it was asked last. Any failure is told
    // again until it is over.
    virtual Task<Result<std::optional<RateTable>>> changed(Instant now) = 0;
};

struct RatesOptions {
    std::chrono::milliseconds period{1'000};  // From one look to the next.
    std::chrono::seconds max_age{86'400};     // Older rates are not quoted.
    Derive derive;
};

class Rates {
public:
    // Without a source there are none. It outlives this.
    Rates(RateSource* source, RatesOptions options) : source_(source), options_(options) {}

    // Those of a table, for ever.
    Rates(RateTable table, RatesOptions options)
        : source_(nullptr), options_(options), table_(std::move(table)) {}

    // Looks until it is cancelled.
    Task<> run();
    Task<> look(Instant now);

    // Codes of failure: Conflict fx_not_configured; Unavailable fx_rates_unavailable, when the
    // source has not told any yet; Invalid fx_rate_unknown; Unavailable fx_rate_stale.
    Result<Found> find(const Pair& pair, Instant now) const;

    std::string_view source() const { return source_ ? source_->name() : ""; }
    const RateTable& table() const { return table_; }
    const RatesOptions& options() const { return options_; }
    // Since the newest of the rates was so; 0 = there are none.
    std::chrono::seconds age(Instant now) const;
    // What is wrong with the source since the last good look; empty = nothing.
    const std::string& trouble() const { return trouble_; }

private:
    RateSource* source_;
    RatesOptions options_;
    RateTable table_;
    std::string trouble_;
};

}  // namespace florin::fx
