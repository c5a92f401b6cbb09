#include "routing/rules.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <random>

#include "domain/money.h"

namespace florin::routing {
namespace {

std::string misfit(std::string_view what, const std::string& value,
                   const std::vector<std::string>& wanted) {
    if (wanted.empty() || std::ranges::find(wanted, value) != wanted.end()) return {};
    const auto list = fmt::format("{}", fmt::join(wanted, ", "));
    if (value.empty()) return fmt::format("the {} is not known, it takes {}", what, list);
    return fmt::format("the {} is {}, it takes {}", what, value, list);
}

std::vector<std::string> codes(const std::vector<Currency>& currencies) {
    std::vector<std::string> out;
    for (const auto& currency : currencies) out.emplace_back(currency.code());
    return out;
}

std::string amount_misfit(const Rule& rule, const Facts& facts) {
    const auto text = [&](std::int64_t minor) { return Money(minor, facts.currency).decimal(); };
    if (rule.amount_from && facts.amount < *rule.amount_from)
        return fmt::format("{} is less than {}", text(facts.amount), text(*rule.amount_from));
    if (rule.amount_below && facts.amount >= *rule.amount_below)
        return fmt::format("{} is not below {}", text(facts.amount), text(*rule.amount_below));
    return {};
}

std::int64_t sum_of(const std::vector<Weighted>& accounts) {
    std::int64_t sum = 0;
    for (const auto& one : accounts) sum += one.weight;
    return sum;
}

// One after the other, each drawn by its weight among those that are left.
std::vector<Weighted> drawn(std::vector<Weighted> left, std::uint64_t draw) {
    std::mt19937_64 random(draw);
    std::vector<Weighted> out;
    while (!left.empty()) {
        auto at = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(sum_of(left)));
        auto chosen = left.begin();
        while (at >= chosen->weight) at -= (chosen++)->weight;
        out.push_back(*chosen);
        left.erase(chosen);
    }
    return out;
}

std::vector<Candidate> candidates_of(const Rule& rule, const Facts& facts) {
    const auto order = facts.draw ? drawn(rule.accounts, *facts.draw) : rule.accounts;
    const auto sum = sum_of(rule.accounts);
    const bool is_alone = order.size() == 1;
    std::vector<Candidate> out;
    for (const auto& one : order) {
        const auto share = is_alone ? std::string("the account of the rule")
                                    : fmt::format("weight {} of {}", one.weight, sum);
        out.push_back(
            {one.account, out.empty() && facts.draw && !is_alone ? "drawn, " + share : share});
    }
    for (const auto& account : rule.fallbacks) out.push_back({account, "fallback"});
    return out;
}

}  // namespace

std::string refusal(const Rule& rule, const Facts& facts) {
    for (auto why : {misfit("method", facts.method, rule.methods),
                     misfit("currency", std::string(facts.currency.code()), codes(rule.currencies)),
                     misfit("buyer's country", facts.country, rule.countries),
                     misfit("brand", facts.brand, rule.brands), amount_misfit(rule, facts)})
        if (!why.empty()) return why;
    return {};
}

Route choose(std::span<const Rule> rules, const Facts& facts,
             const std::function<bool(std::string_view account)>& is_down) {
    Route route;
    for (const auto& rule : rules) {
        if (auto why = refusal(rule, facts); !why.empty()) {
            route.passed_over.push_back({rule.name, std::move(why)});
            continue;
        }
        route.rule = rule.name;
        std::vector<Candidate> down;
        for (auto& candidate : candidates_of(rule, facts)) {
            const bool is_last = is_down && is_down(candidate.account);
            if (is_last) candidate.why += ", put last: its circuit is open";
            (is_last ? down : route.candidates).push_back(std::move(candidate));
        }
        std::ranges::move(down, std::back_inserter(route.candidates));
        break;
    }
    return route;
}

}  // namespace florin::routing
