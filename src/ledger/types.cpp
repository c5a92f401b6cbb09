#include "ledger/types.h"

#include <algorithm>
#include <map>

#include "base/check.h"

namespace florin::ledger {

std::string AccountName::text() const {
    const auto* type = type_of(code);
    check(type != nullptr, "the account's code is in the chart");
    std::string out(type->name);
    if (type->has_owner) out += ':' + owner;
    out += ':';
    out += currency.code();
    return out;
}

std::optional<AccountName> AccountName::parse(std::string_view text) {
    const auto first = text.find(':');
    const auto last = text.rfind(':');
    if (first == std::string_view::npos) return std::nullopt;
    const auto* type = type_named(text.substr(0, first));
    const auto currency = currency_from(text.substr(last + 1));
    if (!type || !currency || type->has_owner == (first == last)) return std::nullopt;
    std::string owner;
    if (type->has_owner) owner = text.substr(first + 1, last - first - 1);
    if (type->has_owner && owner.empty()) return std::nullopt;
    return AccountName{type->code, std::move(owner), *currency};
}

bool is_balanced(const Posting& posting) {
    if (posting.legs.size() < 2) return false;
    std::map<Currency, __int128> sums;
    for (const auto& leg : posting.legs) {
        if (leg.amount == 0) return false;
        sums[leg.account.currency] += leg.amount;
    }
    return std::ranges::all_of(sums, [](const auto& sum) { return sum.second == 0; });
}

std::int64_t Balance::amount() const {
    const auto* type = type_of(account.code);
    check(type != nullptr, "the account's code is in the chart");
    return type->normal == Side::debit ? debits - credits : credits - debits;
}

}  // namespace florin::ledger
