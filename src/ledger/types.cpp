#include "ledger/types.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "base/check.h"
#include "platform/crypto/hash.h"

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

Slot home_of(const MerchantId& merchant, std::string_view owner) {
    return slot_of(view(merchant.uuid()), owner);
}

namespace {

// The id of a transaction's part in another slot: its time, that slot, and a hash.
OperationId part_in(Slot slot, const OperationId& whole) {
    const auto hash = crypto::sha256(std::string(view(whole.uuid())) + std::to_string(slot));
    std::uint64_t random;
    std::memcpy(&random, hash.data(), sizeof random);
    return OperationId::make(whole.created_at(), slot, random);
}

// Moves the legs' sum over to the other side, per currency.
void balance_against(Slot peer, const OperationId& whole, const std::vector<Leg>& legs, int sign,
                     Posting& posting) {
    std::map<Currency, std::int64_t> sums;
    for (const auto& leg : legs) {
        auto& sum = sums[leg.account.currency];
        check(!__builtin_add_overflow(sum, leg.amount, &sum), "what passes between slots fits");
    }
    for (const auto& [currency, sum] : sums) {
        AccountName between{kInterslot, std::to_string(peer), currency};
        if (sum != 0) posting.legs.push_back({std::move(between), sign * sum, whole.uuid()});
    }
}

}  // namespace

std::vector<Posting> spread(Posting posting) {
    const auto whole = posting.id;
    std::map<Slot, std::vector<Leg>> away;
    std::vector<Leg> here;
    for (auto& leg : posting.legs) {
        const auto slot = is_strict(leg.account.code) ? home_of(posting.merchant, leg.account.owner)
                                                      : whole.slot();
        (slot == whole.slot() ? here : away[slot]).push_back(std::move(leg));
    }
    posting.legs = std::move(here);
    std::vector<Posting> parts;
    for (auto& [slot, legs] : away) {
        balance_against(slot, whole, legs, 1, posting);
        Posting part = posting;
        part.id = part_in(slot, whole);
        part.legs = std::move(legs);
        balance_against(whole.slot(), whole, std::vector<Leg>(part.legs), -1, part);
        parts.push_back(std::move(part));
    }
    if (!posting.legs.empty()) parts.insert(parts.begin(), std::move(posting));
    return parts;
}

std::int64_t Balance::amount() const {
    const auto* type = type_of(account.code);
    check(type != nullptr, "the account's code is in the chart");
    return type->normal == Side::debit ? debits - credits : credits - debits;
}

}  // namespace florin::ledger
