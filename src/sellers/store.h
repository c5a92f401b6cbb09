#pragma once

// Sellers and fee rules as they are stored. A nil merchant in a read means any merchant.

#include <vector>

#include "platform/pg/pool.h"
#include "sellers/rules.h"

namespace florin::sellers {

// What an addition came to: a row that is new, or one that was there and says the same.
template <class T>
struct Added {
    T row;
    bool is_new;
};

// A place in the list of sellers, newest first: what follows is older.
struct SellerCursor {
    Instant created_at = Instant::max();
    SellerId id;
    static SellerCursor after(const Seller& seller) { return {seller.created_at, seller.id}; }
};

struct RuleFilter {
    MerchantId merchant;
    std::optional<FeeKind> kind = {};
    std::optional<SellerId> seller = {};
    std::optional<Currency> currency = {};
    std::optional<FeeRuleId> after = {};  // Older than this one.
    std::int64_t limit = 0;
};

class Store {
public:
    explicit Store(pg::Pool& pool) : pool_(pool) {}

    // The id follows from merchant and reference. Failure: Conflict seller_exists, when its name or
    // country is another.
    Task<Result<Added<Seller>>> add(Seller wanted);
    // Failure: NotFound seller_not_found.
    Task<Result<Seller>> seller(MerchantId merchant, SellerId id);
    // Newest first.
    Task<std::vector<Seller>> sellers(MerchantId merchant, std::optional<SellerState> state,
                                      SellerCursor after, std::int64_t limit);
    // Doing it twice is doing it once. Failure: NotFound seller_not_found.
    Task<Result<Seller>> set_state(MerchantId merchant, SellerId id, SellerState state, Instant at);

    // The id is made here; created_at is the present. A rule that serves() the wish already is the
    // answer to it. Failures: Invalid valid_from_in_past, because what was valid must not change
    // afterwards; Conflict fee_rule_overlaps, whose object is the earliest rule in the way.
    Task<Result<Added<FeeRule>>> add(FeeRule wanted, bool names_valid_from);
    // Failure: NotFound fee_rule_not_found.
    Task<Result<FeeRule>> rule(MerchantId merchant, FeeRuleId id);
    // Newest first.
    Task<std::vector<FeeRule>> rules(RuleFilter filter);
    // The rule ends at `until`, which is not before `at`, the present, and without it at once; or
    // when it begins, if that is later. Doing it twice is doing it once. Failures: NotFound
    // fee_rule_not_found, Conflict fee_rule_ends_sooner.
    Task<Result<FeeRule>> end_rule(MerchantId merchant, FeeRuleId id, std::optional<Instant> until,
                                   Instant at);
    // Those that take the sale; rule_for() chooses.
    Task<std::vector<FeeRule>> rules_of(MerchantId merchant, Sale sale);

private:
    Task<std::optional<FeeRule>> find_same(FeeRule wanted);

    pg::Pool& pool_;
};

}  // namespace florin::sellers
