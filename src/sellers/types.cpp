#include "sellers/types.h"

#include <fmt/format.h>

#include <algorithm>

#include "platform/crypto/hash.h"

namespace florin::sellers {
namespace {

constexpr std::size_t kRateDecimals = 4;

bool is_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string_view name(SellerState state) {
    return kSellerStateNames.at(static_cast<std::size_t>(state) - 1);
}

std::string_view name(FeeKind kind) {
    return kFeeKindNames.at(static_cast<std::size_t>(kind) - 1);
}

std::optional<FeeKind> fee_kind_from(std::string_view name) {
    const auto* const found = std::ranges::find(kFeeKindNames, name);
    if (found == kFeeKindNames.end()) return std::nullopt;
    return static_cast<FeeKind>(found - kFeeKindNames.begin() + 1);
}

SellerId seller_id(const MerchantId& merchant, std::string_view reference) {
    const auto whose = view(merchant.uuid());
    auto named = "seller:" + std::string(whose);
    named += reference;
    return SellerId(uuid_from_hash(view(crypto::sha256(named)), slot_of(whose, reference)));
}

Slot rules_slot(const MerchantId& merchant, FeeKind kind, Currency currency) {
    return slot_of(view(merchant.uuid()), fmt::format("{}:{}", name(kind), currency.code()));
}

Result<std::int64_t> rate_from(std::string_view percent) {
    const auto point = percent.find('.');
    const auto whole = percent.substr(0, point);
    const bool has_point = point != std::string_view::npos;
    const auto decimals = has_point ? percent.substr(point + 1) : std::string_view();
    if (!is_digits(whole) || (whole.size() > 1 && whole.front() == '0') ||
        (has_point && !is_digits(decimals)) || decimals.size() > kRateDecimals)
        return fail(Fault::invalid, "rate_malformed",
                    "Send the rate in percent as digits with at most four decimals and nothing "
                    "else, such as \"12.5\".");
    std::string digits(whole);
    digits += decimals;
    digits.append(kRateDecimals - decimals.size(), '0');
    std::int64_t rate = 0;
    for (const char digit : digits) {
        rate = rate * 10 + (digit - '0');
        if (rate > kRateWhole)
            return fail(Fault::invalid, "rate_too_large",
                        "Send a rate of at most \"100\" percent.");
    }
    return rate;
}

std::string percent(std::int64_t rate) {
    constexpr std::int64_t kOnePercent = kRateWhole / 100;
    auto text = fmt::format("{}.{:04}", rate / kOnePercent, rate % kOnePercent);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text;
}

}  // namespace florin::sellers
