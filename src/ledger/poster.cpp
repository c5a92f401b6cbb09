#include "ledger/poster.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "ledger/sql.h"
#include "platform/crypto/hash.h"

namespace florin::ledger {

std::size_t Poster::HashUuid::operator()(const Uuid& id) const {
    std::size_t hash;  // The last eight bytes are a hash already.
    std::memcpy(&hash, id.bytes.data() + 8, sizeof hash);
    return hash;
}

Uuid account_id(const MerchantId& merchant, Slot slot, const AccountName& account) {
    const auto hash = crypto::sha256(std::string(view(merchant.uuid())) + account.text());
    Uuid id;
    std::copy_n(hash.begin(), id.bytes.size(), id.bytes.begin());
    // The slot and the version stand where make_uuid7 puts them.
    id.bytes[6] = static_cast<std::uint8_t>(0x70 | (slot >> 8));
    id.bytes[7] = static_cast<std::uint8_t>(slot & 0xff);
    id.bytes[8] = static_cast<std::uint8_t>(0x80 | (id.bytes[8] & 0x3f));
    check(slot_of(id) == slot, "an account's id names its slot");
    return id;
}

namespace {

struct AccountRows {
    std::vector<std::int16_t> slot, code;
    std::vector<pg::UuidBytes> id, merchant;
    std::vector<std::string> owner, currency;

    void add(const Posting& posting, const Uuid& account, const AccountName& name) {
        slot.push_back(static_cast<std::int16_t>(posting.id.slot()));
        id.push_back(account.bytes);
        merchant.push_back(posting.merchant.uuid().bytes);
        code.push_back(name.code);
        owner.push_back(name.owner);
        currency.emplace_back(name.currency.code());
    }
};

struct TransactionRows {
    std::vector<std::int16_t> slot;
    std::vector<pg::UuidBytes> id, merchant, source;
    std::vector<std::string> kind;
    std::vector<Instant> at;

    void add(const Posting& posting) {
        slot.push_back(static_cast<std::int16_t>(posting.id.slot()));
        id.push_back(posting.id.uuid().bytes);
        merchant.push_back(posting.merchant.uuid().bytes);
        source.push_back(posting.source.bytes);
        kind.push_back(posting.kind);
        at.push_back(posting.at);
    }
};

struct EntryRows {
    std::vector<std::int16_t> slot, leg;
    std::vector<pg::UuidBytes> account, transaction, reference;
    std::vector<std::string> currency;
    std::vector<std::int64_t> amount;

    void add(const Posting& posting, std::size_t n, const Uuid& account_uuid) {
        const auto& from = posting.legs[n];
        slot.push_back(static_cast<std::int16_t>(posting.id.slot()));
        leg.push_back(static_cast<std::int16_t>(n));
        account.push_back(account_uuid.bytes);
        transaction.push_back(posting.id.uuid().bytes);
        reference.push_back(from.reference.bytes);
        currency.emplace_back(from.account.currency.code());
        amount.push_back(from.amount);
    }
};

}  // namespace

void Poster::encode(std::span<const Posting* const> postings, std::vector<pg::Call>& calls) {
    if (postings.empty()) return;
    AccountRows accounts;
    TransactionRows transactions;
    EntryRows entries;
    std::unordered_set<Uuid, HashUuid> added;
    for (const auto* posting : postings) {
        check(is_balanced(*posting), "a posting balances");
        transactions.add(*posting);
        Uuid id;
        for (std::size_t n = 0; n < posting->legs.size(); ++n) {
            const auto& name = posting->legs[n].account;
            // Legs of one account stand together more often than not.
            if (n == 0 || name != posting->legs[n - 1].account)
                id = account_id(posting->merchant, posting->id.slot(), name);
            entries.add(*posting, n, id);
            if (!known_.contains(id) && added.insert(id).second) accounts.add(*posting, id, name);
        }
    }
    if (!accounts.id.empty()) {
        pg::Params params;
        params.add(accounts.slot).add(accounts.id).add(accounts.merchant).add(accounts.code);
        params.add(accounts.owner).add(accounts.currency);
        calls.push_back({sql::ensure_accounts, std::move(params)});
    }
    pg::Params params;
    params.add(transactions.slot).add(transactions.id).add(transactions.merchant);
    params.add(transactions.source).add(transactions.kind).add(transactions.at);
    params.add(entries.slot).add(entries.account).add(entries.currency).add(entries.transaction);
    params.add(entries.leg).add(entries.amount).add(entries.reference);
    calls.push_back({sql::post, std::move(params)});
}

void Poster::remember(std::span<const Posting* const> postings) {
    if (known_.size() > kKnownMax) known_.clear();
    for (const auto* posting : postings) {
        for (const auto& leg : posting->legs)
            known_.insert(account_id(posting->merchant, posting->id.slot(), leg.account));
    }
}

}  // namespace florin::ledger
