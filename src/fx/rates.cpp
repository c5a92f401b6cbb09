#include "fx/rates.h"

#include <fmt/format.h>

#include "base/log.h"
#include "platform/async/scope.h"

namespace florin::fx {

Task<> Rates::run() {
    while (source_) {
        co_await look(now());
        co_await sleep_for(options_.period);
    }
}

Task<> Rates::look(Instant now) {
    auto found = co_await source_->changed(now);
    if (found && *found) {
        table_ = std::move(**found);
        log::info("fx.rates", {{"source", std::string(source_->name())},
                               {"pairs", std::to_string(table_.stated().size())},
                               {"newest", to_text(table_.newest())}});
    }
    auto trouble = found ? std::string() : std::move(found.error().detail);
    // Told when it begins and when it changes, not with each look.
    if (trouble != trouble_ && !trouble.empty())
        log::error("fx.rates_refused", {{"source", std::string(source_->name())},
                                        {"why", trouble},
                                        {"kept", std::to_string(table_.stated().size())},
                                        {"age_s", std::to_string(age(now).count())}});
    trouble_ = std::move(trouble);
}

Result<Found> Rates::find(const Pair& pair, Instant now) const {
    if (!source_ && table_.stated().empty())
        return fail(Fault::conflict, "fx_not_configured",
                    "there are no rates here: an operator has to set fx_rates_file");
    if (table_.stated().empty())
        return fail(Fault::unavailable, "fx_rates_unavailable",
                    "there are no good rates yet: try again later, or offer the order's own "
                    "currency");
    const auto found = table_.find(pair, options_.derive);
    if (!found)
        return fail(Fault::invalid, "fx_rate_unknown",
                    fmt::format("there is no rate from {} to {}: see /v1/currencies for those "
                                "that there are",
                                pair.base.code(), pair.quote.code()));
    if (now - found->as_of > options_.max_age)
        return fail(Fault::unavailable, "fx_rate_stale",
                    fmt::format("the rate from {} to {} is of {}, which is too old to be quoted: "
                                "try again when there is a newer one",
                                pair.base.code(), pair.quote.code(), to_text(found->as_of)));
    return *found;
}

std::chrono::seconds Rates::age(Instant now) const {
    if (table_.stated().empty()) return std::chrono::seconds(0);
    return std::chrono::duration_cast<std::chrono::seconds>(now - table_.newest());
}

}  // namespace florin::fx
