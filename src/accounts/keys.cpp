#include "accounts/keys.h"

#include <algorithm>

#include "accounts/sql.h"
#include "base/check.h"
#include "base/random.h"
#include "platform/crypto/hash.h"

namespace florin::accounts {
namespace {

constexpr std::string_view kTest = "sk_test_", kLive = "sk_live_";
constexpr std::size_t kIdLength = 26, kSecretLength = 43, kCheckLength = 7;
constexpr std::size_t kLength = kTest.size() + kIdLength + 1 + kSecretLength + kCheckLength;

std::string check_of(std::string_view text) {
    return crypto::base32(view(crypto::sha256(text)), kCheckLength);
}

std::vector<std::string> words(std::string_view text) {
    std::vector<std::string> out;
    while (!text.empty()) {
        const auto word = text.substr(0, text.find(' '));
        out.emplace_back(word);
        text.remove_prefix(std::min(text.size(), word.size() + 1));
    }
    return out;
}

bool is_scope(std::string_view scope) {
    return std::ranges::find(kScopes, scope) != std::end(kScopes) ||
           std::ranges::find(kScopesByName, scope) != std::end(kScopesByName);
}

}  // namespace

bool Caller::may(std::string_view scope) const {
    return std::ranges::find(scopes, scope) != scopes.end();
}

std::optional<KeyId> id_of_key(std::string_view text) {
    if (text.size() != kLength) return std::nullopt;
    if (!text.starts_with(kTest) && !text.starts_with(kLive)) return std::nullopt;
    const auto body = text.substr(0, kLength - kCheckLength);
    if (check_of(body) != text.substr(kLength - kCheckLength)) return std::nullopt;
    return KeyId::parse("key_" + std::string(text.substr(kTest.size(), kIdLength)));
}

Task<Result<CreatedKey>> Keys::create(NewKey wanted) {
    if (wanted.scopes.empty()) wanted.scopes.assign(std::begin(kScopes), std::end(kScopes));
    for (const auto& scope : wanted.scopes) {
        if (!is_scope(scope))
            co_return fail(Fault::invalid, "scope_unknown",
                           "there is no scope '" + scope +
                               "': use payments:read, payments:write, ledger:read, sellers:read, "
                               "sellers:write, wallets:read, wallets:write, payouts:read, "
                               "payouts:write, fx:read, fx:write, refunds:approve or "
                               "payouts:approve");
    }
    const auto time = now();
    const auto id = KeyId::make(time, 0, random_u64());
    std::string text(wanted.livemode ? kLive : kTest);
    text += id.text().substr(4) + '_' + crypto::base64url(random_bytes(32));
    text += check_of(text);
    check(id_of_key(text) == id, "a new key is well-formed");

    const auto fresh = MerchantId::make(time, 0, random_u64());
    pg::Params merchant;
    merchant.add(fresh.uuid().bytes).add(wanted.merchant_name).add(time);
    co_await pool_.query(sql::add_merchant, std::move(merchant));
    pg::Params name;
    name.add(wanted.merchant_name);
    const auto rows = co_await pool_.query(sql::merchant_named, std::move(name));
    check(rows.size() == 1, "the merchant is there now");
    const MerchantId owner(Uuid{rows.uuid(0, 0)});
    pg::Params key;
    key.add(id.uuid().bytes).add(owner.uuid().bytes).add(wanted.name).add(wanted.livemode);
    key.add(wanted.scopes).add(pg::Bytes{view(crypto::sha256(text))}).add(time);
    co_await pool_.query(sql::add_key, std::move(key));
    KeyInfo info{id,  owner, wanted.merchant_name, wanted.name, wanted.livemode, wanted.scopes,
                 time};
    co_return CreatedKey{std::move(info), std::move(text)};
}

Task<std::vector<KeyInfo>> Keys::list() {
    pg::Params none;
    const auto rows = co_await pool_.query(sql::keys, std::move(none));
    std::vector<KeyInfo> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        KeyInfo info{KeyId(Uuid{rows.uuid(i, 0)}), MerchantId(Uuid{rows.uuid(i, 1)})};
        info.merchant_name = rows.text(i, 2);
        info.name = rows.text(i, 3);
        info.livemode = rows.boolean(i, 4);
        info.scopes = words(rows.text(i, 5));
        info.created_at = rows.time(i, 6);
        if (rows.time(i, 7) != Instant::max()) info.revoked_at = rows.time(i, 7);
        out.push_back(std::move(info));
    }
    co_return out;
}

Task<Result<void>> Keys::revoke(KeyId id) {
    pg::Params params;
    params.add(id.uuid().bytes).add(now());
    const auto rows = co_await pool_.query(sql::revoke_key, std::move(params));
    if (rows.affected() == 0)
        co_return fail(Fault::not_found, "key_not_found",
                       "there is no key " + id.text() + ": see `florin keys list`");
    remembered_.clear();
    co_return Result<void>();
}

std::optional<Caller> Keys::remembered(std::string_view text) {
    if (text.size() != kLength) return std::nullopt;
    const auto found = remembered_.find(std::string(view(crypto::sha256(text))));
    if (found == remembered_.end() || found->second.until <= monotonic_now()) return std::nullopt;
    return found->second.caller;
}

bool Keys::was_known(std::string_view text) const {
    return text.size() == kLength && remembered_.contains(std::string(view(crypto::sha256(text))));
}

Task<Result<Caller>> Keys::authenticate(std::string text) {
    if (text.empty())
        co_return fail(Fault::unauthorized, "key_missing",
                       "send your API key: `Authorization: Bearer sk_test_...`");
    const auto refusal = fail(Fault::unauthorized, "key_invalid",
                              "this API key is not known, is mistyped or was revoked: see "
                              "`florin keys list`");
    const auto id = id_of_key(text);
    if (!id) co_return refusal;
    if (auto known = remembered(text)) co_return std::move(*known);
    const std::string hash(view(crypto::sha256(text)));
    pg::Params params;
    params.add(id->uuid().bytes);
    const auto rows = co_await pool_.query(sql::key, std::move(params));
    if (rows.empty() || !crypto::equal_in_constant_time(rows.text(0, 3), hash)) {
        remembered_.erase(hash);
        co_return refusal;
    }
    Caller caller{MerchantId(Uuid{rows.uuid(0, 0)}), *id, rows.boolean(0, 1),
                  words(rows.text(0, 2))};
    if (remembered_.size() >= kRememberedMax) remembered_.clear();
    remembered_[hash] = {caller, monotonic_now() + kTrustedFor};
    co_return caller;
}

}  // namespace florin::accounts
