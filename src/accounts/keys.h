#pragma once

// API keys: who is calling, and what they may do. A key reads
//     sk_test_<id, 26 characters>_<secret, 43 characters><check, 7 characters>
// so that scanners can tell one from noise. Only a hash of it is stored.

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "domain/ids.h"
#include "platform/pg/pool.h"

namespace florin::accounts {

struct Caller {
    MerchantId merchant;
    KeyId key;
    bool livemode = false;
    std::vector<std::string> scopes;

    bool may(std::string_view scope) const;
};

struct KeyInfo {
    KeyId id;
    MerchantId merchant;
    std::string merchant_name, name;
    bool livemode = false;
    std::vector<std::string> scopes;
    Instant created_at;
    std::optional<Instant> revoked_at;
};

struct NewKey {
    std::string merchant_name = "default";
    std::string name;
    bool livemode = false;
    std::vector<std::string> scopes;
};

struct CreatedKey {
    KeyInfo info;
    std::string text;  // Shown once, then never again.
};

// A key gets these unless it is made with others.
inline constexpr std::string_view kScopes[] = {"payments:read", "payments:write", "ledger:read",
                                               "sellers:read",  "sellers:write",  "wallets:read",
                                               "wallets:write", "payouts:read",   "payouts:write",
                                               "fx:read",       "fx:write"};
// Given only by name: a shop whose every key approves what its other keys ask has no second person,
// and whose shop front books by hand has no books.
inline constexpr std::string_view kScopesByName[] = {"refunds:approve", "payouts:approve",
                                                     "ledger:write"};

class Keys {
public:
    explicit Keys(pg::Pool& pool) : pool_(pool) {}

    // Makes the merchant of that name if there is none. Failure: Invalid scope_unknown.
    Task<Result<CreatedKey>> create(NewKey wanted);
    Task<std::vector<KeyInfo>> list();
    // Failure: NotFound key_not_found. It stops working within kTrustedFor everywhere.
    Task<Result<void>> revoke(KeyId id);

    // Failures: Unauthorized key_missing, key_invalid. Remembers a good key for kTrustedFor.
    Task<Result<Caller>> authenticate(std::string text);

    // The caller whose good key is still remembered; asks nobody.
    std::optional<Caller> remembered(std::string_view text);
    // It was right once since this process began, and may still be: ask authenticate().
    bool was_known(std::string_view text) const;

    static constexpr std::chrono::seconds kTrustedFor{2};

private:
    struct Remembered {
        Caller caller;
        Deadline until;
    };
    static constexpr std::size_t kRememberedMax = 10'000;

    pg::Pool& pool_;
    std::unordered_map<std::string, Remembered> remembered_;  // By the hash of the key.
};

// The id in a well-formed key text with a right check, else nothing. No secret is judged here.
std::optional<KeyId> id_of_key(std::string_view text);

}  // namespace florin::accounts
