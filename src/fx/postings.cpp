#include "fx/postings.h"

#include "base/check.h"

namespace florin::fx {

std::vector<ledger::Leg> conversion_legs(const Quote& quote, const Amounts& part, Way way,
                                         const Counterpart& counterpart) {
    check(counterpart.account.currency == quote.presentment,
          "a buyer's money is in the currency that he was quoted");
    const std::int64_t sign = way == Way::in ? 1 : -1;
    std::vector<ledger::Leg> legs;
    const auto add = [&](ledger::AccountName account, std::int64_t amount, const Uuid& reference) {
        if (amount != 0) legs.push_back({std::move(account), sign * amount, reference});
    };
    const auto& id = quote.id.uuid();
    add(counterpart.account, part.presentment, counterpart.reference);
    add({ledger::kFxPosition, "", quote.presentment}, -part.presentment, id);
    add({ledger::kFxPosition, "", quote.settlement}, part.gross(), id);
    add({ledger::kFxRevenue, "", quote.settlement}, -part.spread, id);
    return legs;
}

}  // namespace florin::fx
