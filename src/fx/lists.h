#pragma once

// Which currencies an issuer of cards, a bank or a method takes: lists of a merchant, and which of
// them is for a buyer. Values only.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/currencies.h"
#include "domain/ids.h"

namespace florin::fx {

inline constexpr std::size_t kListsMax = 2'000;  // Of a merchant.
inline constexpr std::size_t kListCurrenciesMax = 50;
inline constexpr std::size_t kBinDigitsMax = 11;

enum class KeyKind : std::int16_t { bin = 1, bank = 2, method = 3 };  // Stored.

// Whose list it is: "bin:4111" (cards that begin with it), "bin:411100-411199" (with one of these,
// of equal length), "bank:DEUTDEFF" (a BIC or another code of 2 to 34 letters and digits),
// "method:mpesa".
struct ListKey {
    KeyKind kind = KeyKind::bin;
    std::string from;  // The digits, the bank, the method.
    std::string to;    // The last digits of a range; else the same as `from`.

    // Code of failure: currency_list_key_malformed. One key has one spelling.
    static Result<ListKey> parse(std::string_view text);
    std::string text() const;
    friend bool operator==(const ListKey&, const ListKey&) = default;
};

struct CurrencyList {
    MerchantId merchant;
    ListKey key;
    std::vector<Currency> currencies;  // 1 to kListCurrenciesMax, in the order to offer them.
    Instant updated_at;
};

// What is known of how a buyer will pay; empty = not known.
struct Instrument {
    std::string bin;  // The first digits of the card, at most kBinDigitsMax.
    std::string bank;
    std::string method;
};

// The list that says most about the instrument: of its BIN, the longest prefix, of equally long
// ones the narrowest range, then the one that begins last; else of its bank; else of its method.
// Null = none: then every currency may be offered.
const CurrencyList* list_for(std::span<const CurrencyList> lists, const Instrument& instrument);

// Its currencies, in order. Nothing = every one.
std::optional<std::vector<Currency>> presentment_currencies(std::span<const CurrencyList> lists,
                                                            const Instrument& instrument);

// Readers of what lists are asked by; a code of failure as above.
Result<Instrument> read_instrument(std::string bin, std::string bank, std::string method);

// All lists of a merchant stand in one slot: they are read together.
Slot lists_slot(const MerchantId& merchant);

}  // namespace florin::fx
