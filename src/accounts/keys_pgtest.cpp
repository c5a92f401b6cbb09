// Goal: only the key that was handed out opens the door. Method: keys made, mistyped, forged and
// revoked.

#include "accounts/keys.h"

#include "platform/crypto/hash.h"
#include "tests/kit/test_database.h"

namespace florin::accounts {
namespace {

class KeysTest : public test::DatabaseTest {
protected:
    CreatedKey create(NewKey wanted) {
        auto created = test::run(io, keys.create(std::move(wanted)));
        EXPECT_TRUE(created.has_value());
        return std::move(*created);
    }
    // The code of the refusal, or "" and the caller.
    std::string refusal(const std::string& text) {
        // A process of its own, that remembers nothing.
        Keys fresh(pool);
        auto answer = test::run(io, fresh.authenticate(text));
        if (answer) caller = *answer;
        if (!answer) EXPECT_EQ(answer.error().fault, Fault::unauthorized);
        return answer ? "" : answer.error().code;
    }

    Keys keys{pool};
    Caller caller;
};

// The same text with a right check: only the database can tell that it is not a key.
std::string with_check(std::string body) {
    return body + crypto::base32(view(crypto::sha256(body)), 7);
}

TEST_F(KeysTest, ACreatedKeyOpens) {
    const auto created = create({.merchant_name = "shop", .name = "till", .livemode = false});
    EXPECT_TRUE(created.text.starts_with("sk_test_"));
    EXPECT_EQ(id_of_key(created.text), created.info.id);
    ASSERT_EQ(refusal(created.text), "");
    EXPECT_EQ(caller.merchant, created.info.merchant);
    EXPECT_EQ(caller.key, created.info.id);
    EXPECT_FALSE(caller.livemode);
    for (const auto scope : kScopes) EXPECT_TRUE(caller.may(scope)) << scope;
    EXPECT_FALSE(caller.may("payments"));
    for (const auto scope : kScopesByName) EXPECT_FALSE(caller.may(scope)) << scope;
    EXPECT_EQ(database.ask("SELECT count(*) FROM florin.api_key WHERE secret_hash = '" +
                           created.text + "'::bytea"),
              "0");
}

TEST_F(KeysTest, ALiveKeySaysSo) {
    const auto created = create({.livemode = true});
    EXPECT_TRUE(created.text.starts_with("sk_live_"));
    ASSERT_EQ(refusal(created.text), "");
    EXPECT_TRUE(caller.livemode);
}

TEST_F(KeysTest, MerchantsAreFoundByTheirName) {
    const auto first = create({.merchant_name = "shop"});
    const auto second = create({.merchant_name = "shop"});
    const auto other = create({.merchant_name = "another"});
    EXPECT_EQ(first.info.merchant, second.info.merchant);
    EXPECT_NE(first.info.merchant, other.info.merchant);
    EXPECT_NE(first.info.id, second.info.id);
}

TEST_F(KeysTest, ScopesAreWhatWasAskedFor) {
    const auto created = create({.scopes = {"payments:read"}});
    ASSERT_EQ(refusal(created.text), "");
    EXPECT_TRUE(caller.may("payments:read"));
    EXPECT_FALSE(caller.may("payments:write"));
    const auto unknown = test::run(io, keys.create({.scopes = {"payments:read", "everything"}}));
    ASSERT_FALSE(unknown.has_value());
    EXPECT_EQ(unknown.error().code, "scope_unknown");
    EXPECT_EQ(database.ask("SELECT count(*) FROM florin.api_key"), "1");
}

TEST_F(KeysTest, AKeyWithoutScopesInTheDatabaseMayNothing) {
    const auto created = create({});
    database.execute("UPDATE florin.api_key SET scopes = '{}'");
    ASSERT_EQ(refusal(created.text), "");
    EXPECT_TRUE(caller.scopes.empty());
    for (const auto scope : kScopes) EXPECT_FALSE(caller.may(scope)) << scope;
}

TEST_F(KeysTest, EveryMistypedCharacterIsRefused) {
    const auto text = create({}).text;
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto wrong = text;
        wrong[i] = wrong[i] == 'x' ? 'y' : 'x';
        EXPECT_FALSE(id_of_key(wrong)) << i;
        EXPECT_EQ(refusal(wrong), "key_invalid") << i;
    }
    EXPECT_EQ(refusal(""), "key_missing");
    for (const auto& wrong : {text.substr(1), text + "x", std::string("sk_test_"), std::string("x"),
                              std::string(text.size(), '\0')})
        EXPECT_EQ(refusal(wrong), "key_invalid");
}

TEST_F(KeysTest, AForgedSecretWithARightCheckIsRefused) {
    const auto created = create({});
    auto body = created.text.substr(0, created.text.size() - 7);
    ASSERT_EQ(with_check(body), created.text);
    body.back() = body.back() == 'A' ? 'B' : 'A';
    const auto forged = with_check(body);
    EXPECT_EQ(id_of_key(forged), created.info.id);
    EXPECT_EQ(refusal(forged), "key_invalid");
    // The same key as a live one.
    body = created.text.substr(0, created.text.size() - 7);
    body.replace(0, 8, "sk_live_");
    EXPECT_EQ(refusal(with_check(body)), "key_invalid");
}

TEST_F(KeysTest, ARevokedKeyIsRefused) {
    const auto created = create({});
    const auto other = create({});
    EXPECT_TRUE(test::run(io, keys.authenticate(created.text)).has_value());  // Remembered.
    ASSERT_TRUE(test::run(io, keys.revoke(created.info.id)).has_value());
    EXPECT_FALSE(test::run(io, keys.authenticate(created.text)).has_value());
    EXPECT_EQ(refusal(created.text), "key_invalid");
    EXPECT_EQ(refusal(other.text), "");
    const auto first = database.ask("SELECT max(revoked_at) FROM florin.api_key");
    ASSERT_TRUE(test::run(io, keys.revoke(created.info.id)).has_value());
    EXPECT_EQ(database.ask("SELECT max(revoked_at) FROM florin.api_key"), first);
    const auto nobody = test::run(io, keys.revoke(KeyId::make(now(), 0, 1)));
    ASSERT_FALSE(nobody.has_value());
    EXPECT_EQ(nobody.error().code, "key_not_found");
}

TEST_F(KeysTest, TheListShowsAllNewestFirst) {
    const auto first = create({.merchant_name = "a", .name = "one", .scopes = {"ledger:read"}});
    const auto second = create({.merchant_name = "b", .name = "two", .livemode = true});
    ASSERT_TRUE(test::run(io, keys.revoke(first.info.id)).has_value());
    const auto all = test::run(io, keys.list());
    ASSERT_EQ(all.size(), 2U);
    EXPECT_GT(all[0].id, all[1].id);
    // Two keys of one millisecond are in no order.
    const bool second_is_first = second.info.id > first.info.id;
    const auto& newer = all[second_is_first ? 0 : 1];
    const auto& older = all[second_is_first ? 1 : 0];
    EXPECT_EQ(std::tuple(newer.id, newer.merchant, newer.merchant_name, newer.name, newer.livemode,
                         newer.scopes, newer.created_at),
              std::tuple(second.info.id, second.info.merchant, "b", "two", true, second.info.scopes,
                         second.info.created_at));
    EXPECT_FALSE(newer.revoked_at);
    EXPECT_EQ(older.id, first.info.id);
    EXPECT_EQ(older.scopes, std::vector<std::string>{"ledger:read"});
    EXPECT_TRUE(older.revoked_at);
}

}  // namespace
}  // namespace florin::accounts
