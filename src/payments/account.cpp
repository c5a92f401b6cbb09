#include "payments/account.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "domain/money.h"
#include "platform/crypto/hash.h"
#include "routing/rules.h"

namespace florin::payments {
namespace {

std::vector<ProviderAccount> only(const connectors::Connector& connector, connectors::Wire& wire) {
    std::vector<ProviderAccount> accounts;
    accounts.push_back({connector, wire});
    return accounts;
}

}  // namespace

Accounts::Accounts(const connectors::Connector& connector, connectors::Wire& wire)
    : Accounts(only(connector, wire), {}) {}

Accounts::Accounts(std::vector<ProviderAccount> accounts, std::vector<routing::Rule> rules)
    : accounts_(std::move(accounts)), rules_(std::move(rules)) {
    check(!accounts_.empty(), "there is an account");
    for (auto& account : accounts_)
        if (account.name.empty()) account.name = account.connector.capabilities().name;
    if (rules_.empty()) rules_.push_back({.name = "default", .accounts = {{accounts_[0].name}}});
}

const ProviderAccount* Accounts::find(std::string_view name) const {
    const auto found = std::ranges::find(accounts_, name, &ProviderAccount::name);
    return found == accounts_.end() ? nullptr : &*found;
}

Result<routing::Route> Accounts::route(const routing::Facts& facts) const {
    auto route = routing::choose(rules_, facts, [&](std::string_view name) {
        const auto* account = find(name);
        return account && account->is_down && account->is_down();
    });
    if (!route.candidates.empty()) return route;
    return fail(Fault::invalid, "no_route",
                fmt::format("no rule of this installation takes a {} payment of {} {}: "
                            "`florin route explain` tells why",
                            facts.method, Money(facts.amount, facts.currency).decimal(),
                            facts.currency.code()));
}

std::uint64_t draw_of(MerchantId merchant, std::string_view client_key) {
    const auto hash = crypto::sha256(fmt::format("{}:{}", merchant.text(), client_key));
    std::uint64_t draw = 0;
    for (std::size_t n = 0; n < sizeof draw; ++n) draw = draw << 8 | hash[n];
    return draw;
}

}  // namespace florin::payments
