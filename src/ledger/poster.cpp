#include "ledger/poster.h"

#include <cstring>

#include "base/check.h"
#include "ledger/sql.h"
#include "platform/crypto/hash.h"

namespace florin::ledger {

std::size_t Poster::HashUuid::operator()(const Uuid& id) const {
    // Both halves are a hash already; only the first tells one slot from another.
    std::uint64_t halves[2];
    std::memcpy(halves, id.bytes.data(), sizeof halves);
    return halves[0] ^ halves[1];
}

Uuid account_id(const MerchantId& merchant, Slot slot, const AccountName& account) {
    const auto hash = crypto::sha256(std::string(view(merchant.uuid())) + account.text());
    return uuid_from_hash(view(hash), slot);
}

// As florin.new_entry wants it: 0 = tallied.
std::int16_t strict_side(const Posting& posting, const AccountName& account) {
    const auto* type = type_of(account.code);
    if (type->policy == Policy::tallied) return 0;
    check(home_of(posting.merchant, account.owner) == posting.id.slot(),
          "a strict account is booked in the slot of its owner");
    return static_cast<std::int16_t>(type->normal);
}

void Poster::encode(std::span<const Posting* const> postings, std::vector<pg::Call>& calls) {
    if (postings.empty()) return;
    pg::Records accounts("florin.ledger_account"), transactions("florin.new_transaction"),
        entries("florin.new_entry");
    std::unordered_set<Uuid, HashUuid> added;
    for (const auto* posting : postings) {
        check(is_balanced(*posting), "a posting balances");
        const auto slot = static_cast<std::int16_t>(posting->id.slot());
        transactions.add(slot, posting->id.uuid().bytes, posting->merchant.uuid().bytes,
                         posting->source.bytes, posting->kind, posting->at);
        Uuid id;
        for (std::size_t n = 0; n < posting->legs.size(); ++n) {
            const auto& [account, amount, reference] = posting->legs[n];
            // Legs of one account stand together more often than not.
            if (n == 0 || account != posting->legs[n - 1].account)
                id = account_id(posting->merchant, posting->id.slot(), account);
            entries.add(slot, id.bytes, posting->id.uuid().bytes, static_cast<std::int16_t>(n),
                        account.currency.code(), amount, reference.bytes,
                        strict_side(*posting, account));
            if (!known_.contains(id) && added.insert(id).second)
                accounts.add(slot, id.bytes, posting->merchant.uuid().bytes, account.code,
                             account.owner, account.currency.code());
        }
    }
    if (!accounts.empty()) {
        pg::Params params;
        params.add(std::move(accounts));
        calls.push_back({sql::ensure_accounts, std::move(params)});
    }
    pg::Params params;
    params.add(std::move(transactions)).add(std::move(entries));
    calls.push_back({sql::post, std::move(params)});
}

void Poster::decode(std::span<const Posting* const> postings, std::span<const pg::Rows> rows) {
    const bool had_new_accounts = rows.size() > 1;
    if (!had_new_accounts) return;
    if (known_.size() > kKnownMax) known_.clear();
    for (const auto* posting : postings) {
        for (const auto& leg : posting->legs)
            known_.insert(account_id(posting->merchant, posting->id.slot(), leg.account));
    }
}

}  // namespace florin::ledger
