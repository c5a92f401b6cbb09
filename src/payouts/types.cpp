#include "payouts/types.h"

#include <algorithm>

namespace florin::payouts {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_capital(char c) {
    return c >= 'A' && c <= 'Z';
}

template <class Word>
std::optional<Word> word_from(const auto& names, std::string_view text) {
    const auto* const found = std::ranges::find(names, text);
    if (found == names.end()) return std::nullopt;
    return static_cast<Word>(found - names.begin());
}

// ISO 7064, 97-10: the first four characters behind the others, letters as numbers from 10 on.
int remainder_of(std::string_view iban) {
    int rest = 0;
    for (std::size_t i = 0; i < iban.size(); ++i) {
        const char c = iban[(i + 4) % iban.size()];
        rest = is_digit(c) ? rest * 10 + (c - '0') : rest * 100 + (c - 'A' + 10);
        rest %= 97;
    }
    return rest;
}

}  // namespace

std::string_view name(RailKind rail) {
    return kRailNames.at(static_cast<std::size_t>(rail));
}

std::optional<RailKind> rail_from(std::string_view name) {
    return word_from<RailKind>(kRailNames, name);
}

std::string_view name(Schedule schedule) {
    return kScheduleNames.at(static_cast<std::size_t>(schedule));
}

std::optional<Schedule> schedule_from(std::string_view name) {
    return word_from<Schedule>(kScheduleNames, name);
}

Result<void> check_iban(std::string_view iban) {
    constexpr std::size_t kShortest = 15, kLongest = 34;
    const bool has_shape =
        iban.size() >= kShortest && iban.size() <= kLongest && is_capital(iban[0]) &&
        is_capital(iban[1]) && is_digit(iban[2]) && is_digit(iban[3]) &&
        std::ranges::all_of(iban, [](char c) { return is_digit(c) || is_capital(c); });
    if (!has_shape)
        return fail(Fault::invalid, "iban_malformed",
                    "send an IBAN in capitals and digits without spaces, like "
                    "DE89370400440532013000");
    if (remainder_of(iban) != 1)
        return fail(Fault::invalid, "iban_wrong_checksum",
                    "a digit of the IBAN is wrong: compare it with the bank's paper");
    return {};
}

bool is_connected_account(std::string_view text) {
    constexpr std::string_view kPrefix = "acct_";
    constexpr std::size_t kLongest = 64;
    const auto rest = text.substr(std::min(text.size(), kPrefix.size()));
    return text.starts_with(kPrefix) && !rest.empty() && text.size() <= kLongest &&
           std::ranges::all_of(
               rest, [](char c) { return is_digit(c) || is_capital(c) || (c >= 'a' && c <= 'z'); });
}

bool is_bic(std::string_view text) {
    if (text.size() != 8 && text.size() != 11) return false;
    return is_capital(text[4]) && is_capital(text[5]) &&
           std::ranges::all_of(text, [](char c) { return is_digit(c) || is_capital(c); });
}

}  // namespace florin::payouts
