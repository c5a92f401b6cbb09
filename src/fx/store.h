#pragma once

// Quotes and lists of currencies as they are stored. A nil merchant in a read means any merchant.

#include <optional>
#include <vector>

#include "fx/lists.h"
#include "fx/types.h"
#include "platform/pg/pool.h"

namespace florin::fx {

// A quote and what made it: now, or when its key was used first.
struct Kept {
    Quote quote;
    bool is_new;
};

// What a quote is used for.
struct Use {
    FxQuoteId quote;
    MerchantId merchant;
    PaymentId payment;
    Instant at;
};

// The call that uses a quote, for the transaction that writes its payment; it gives one row without
// a meaning. SqlError kQuoteNotUsable refuses the whole transaction: read the quote to tell why
// (check_use). Doing it twice for one payment is doing it once.
pg::Call use_call(const Use& use);
inline constexpr std::string_view kQuoteNotUsable = "FL006";

// Why a quote cannot be used. Codes of failure: Conflict fx_quote_used, fx_quote_expired.
Result<void> check_use(const Quote& quote, const Use& use);

class Store {
public:
    explicit Store(pg::Pool& pool) : pool_(pool) {}

    // What stands under the id afterwards.
    Task<Kept> add(Quote wanted);
    // Failure: NotFound fx_quote_not_found.
    Task<Result<Quote>> quote(MerchantId merchant, FxQuoteId id);
    // use_call() in a transaction of its own. Failures: NotFound fx_quote_not_found and those of
    // check_use().
    Task<Result<Quote>> use(Use use);

    // In order of their keys.
    Task<std::vector<CurrencyList>> lists(MerchantId merchant);
    // Failure: NotFound currency_list_not_found.
    Task<Result<CurrencyList>> list(MerchantId merchant, ListKey key);
    // In place of one with that key. Failure: Conflict currency_lists_full.
    Task<Result<void>> put(CurrencyList wanted);
    // Doing it twice is doing it once.
    Task<> drop(MerchantId merchant, ListKey key);

private:
    pg::Pool& pool_;
};

}  // namespace florin::fx
