#include "fx/lists.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>

namespace florin::fx {
namespace {

constexpr std::array<std::string_view, 3> kKindNames = {"bin", "bank", "method"};
constexpr std::size_t kBinDigitsMin = 2, kCodeMin = 2, kCodeMax = 34;

bool is_digits(std::string_view text, std::size_t least) {
    return text.size() >= least && text.size() <= kBinDigitsMax &&
           std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool is_bank(std::string_view text) {
    const auto fits = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
    return text.size() >= kCodeMin && text.size() <= kCodeMax && std::ranges::all_of(text, fits);
}

bool is_method(std::string_view text) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    };
    return text.size() >= kCodeMin && text.size() <= kCodeMax && std::ranges::all_of(text, fits);
}

std::unexpected<Error> malformed() {
    return fail(Fault::invalid, "currency_list_key_malformed",
                "a list is for bin:4111, bin:411100-411199 (2 to 11 digits, equally many on both "
                "sides), bank:DEUTDEFF (capitals and digits) or method:card");
}

std::int64_t number(std::string_view digits) {
    std::int64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
}

bool takes(const ListKey& key, const Instrument& instrument) {
    if (key.kind == KeyKind::bank) return key.from == instrument.bank;
    if (key.kind == KeyKind::method) return key.from == instrument.method;
    const auto digits = std::string_view(instrument.bin).substr(0, key.from.size());
    return digits.size() == key.from.size() && key.from <= digits && digits <= key.to;
}

// The larger, the more it says.
auto rank(const ListKey& key) {
    const bool is_bin = key.kind == KeyKind::bin;
    const auto width = is_bin ? number(key.to) - number(key.from) : 0;
    return std::tuple(-static_cast<int>(key.kind), is_bin ? key.from.size() : 0, -width, key.from);
}

}  // namespace

Result<ListKey> ListKey::parse(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return malformed();
    const auto* const kind = std::ranges::find(kKindNames, text.substr(0, colon));
    if (kind == kKindNames.end()) return malformed();
    ListKey key{.kind = static_cast<KeyKind>(kind - kKindNames.begin() + 1)};
    const auto value = text.substr(colon + 1);
    key.from = key.to = value;
    if (key.kind == KeyKind::bank && !is_bank(value)) return malformed();
    if (key.kind == KeyKind::method && !is_method(value)) return malformed();
    if (key.kind != KeyKind::bin) return key;
    if (const auto dash = value.find('-'); dash != std::string_view::npos) {
        key.from = value.substr(0, dash);
        key.to = value.substr(dash + 1);
        if (key.from.size() != key.to.size() || key.from >= key.to) return malformed();
    }
    if (!is_digits(key.from, kBinDigitsMin) || !is_digits(key.to, kBinDigitsMin))
        return malformed();
    return key;
}

std::string ListKey::text() const {
    auto out = std::string(kKindNames.at(static_cast<std::size_t>(kind) - 1)) + ':' + from;
    if (to != from) out += '-' + to;
    return out;
}

const CurrencyList* list_for(std::span<const CurrencyList> lists, const Instrument& instrument) {
    const CurrencyList* best = nullptr;
    for (const auto& list : lists)
        if (takes(list.key, instrument) && (!best || rank(best->key) < rank(list.key)))
            best = &list;
    return best;
}

std::optional<std::vector<Currency>> presentment_currencies(std::span<const CurrencyList> lists,
                                                            const Instrument& instrument) {
    const auto* list = list_for(lists, instrument);
    if (!list) return std::nullopt;
    return list->currencies;
}

Result<Instrument> read_instrument(std::string bin, std::string bank, std::string method) {
    if ((!bin.empty() && !is_digits(bin, kBinDigitsMin)) || (!bank.empty() && !is_bank(bank)) ||
        (!method.empty() && !is_method(method)))
        return malformed();
    return Instrument{std::move(bin), std::move(bank), std::move(method)};
}

Slot lists_slot(const MerchantId& merchant) {
    return slot_of(view(merchant.uuid()), "currency_lists");
}

}  // namespace florin::fx
