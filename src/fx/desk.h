#pragma once

// Makes quotes: the rate of now, the spread of the configuration, and a row that stands until it
// expires.

#include <chrono>
#include <string>

#include "fx/rates.h"
#include "fx/rules.h"
#include "fx/store.h"

namespace florin::fx {

struct DeskOptions {
    Spreads spreads;
    std::chrono::seconds quote_time{600};  // How long a quote is good.
};

// What the amount would cost now; nothing is stored, and it has no id and no merchant. Failures:
// those of Rates::find and amounts_of.
Result<Quote> price_of(const Rates& rates, const DeskOptions& options, const Wish& wish,
                       Instant now);

// Who asks, and under which key.
struct Request {
    MerchantId merchant;
    std::string key;  // The client's.
    Hash hash{};      // Of what was asked.
};

class Desk {
public:
    Desk(const Rates& rates, Store& store, DeskOptions options)
        : rates_(rates), store_(store), options_(std::move(options)) {}

    Result<Quote> price(const Wish& wish, Instant now) const {
        return price_of(rates_, options_, wish, now);
    }
    // The quote under the request's key: a new one, or that of the first request. Failures: those
    // of price_of(), and Invalid idempotency_key_reused.
    Task<Result<Kept>> quote(Request request, Wish wish, Instant now);

    const Rates& rates() const { return rates_; }
    Store& store() { return store_; }

private:
    const Rates& rates_;
    Store& store_;
    DeskOptions options_;
};

}  // namespace florin::fx
