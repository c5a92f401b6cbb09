#pragma once

// The chart of accounts: which accounts exist, and on which side they grow. One line per type; the
// guide to the numbers is docs/ledger.md.

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace florin::ledger {

enum class Side : std::int8_t { debit = 1, credit = -1 };

struct AccountType {
    std::int16_t code;  // Stored: never change one.
    std::string_view name;
    Side normal;
    bool has_owner;  // One account per owner (a provider, a seller), or one for the merchant.
};

// clang-format off
inline constexpr std::array kChart = {
    AccountType{1100, "psp_receivable", Side::debit,  true},   // Captured, not yet settled by the provider.
    AccountType{1300, "chargeback_receivable", Side::debit, false},  // Taken by a bank, not yet decided.
    AccountType{2100, "escrow",         Side::credit, false},  // Held for sellers until shipment.
    AccountType{2600, "refund_in_flight", Side::credit, true}, // On its way back to buyers.
    AccountType{2900, "unapplied",      Side::credit, false},  // Money that came without a reason that we know.
    AccountType{5020, "chargeback_loss", Side::debit, false},  // Lost to banks, and nobody else pays for it.
    AccountType{5030, "chargeback_fees", Side::debit, false},  // What providers take for a dispute.
};
// clang-format on

constexpr const AccountType* type_of(std::int16_t code) {
    const auto* found = std::ranges::find(kChart, code, &AccountType::code);
    return found == kChart.end() ? nullptr : found;
}

constexpr const AccountType* type_named(std::string_view name) {
    const auto* found = std::ranges::find(kChart, name, &AccountType::name);
    return found == kChart.end() ? nullptr : found;
}

inline constexpr std::int16_t kPspReceivable = 1100;
inline constexpr std::int16_t kChargebackReceivable = 1300;
inline constexpr std::int16_t kEscrow = 2100;
inline constexpr std::int16_t kRefundInFlight = 2600;
inline constexpr std::int16_t kUnapplied = 2900;
inline constexpr std::int16_t kChargebackLoss = 5020;
inline constexpr std::int16_t kChargebackFees = 5030;
static_assert(type_of(kPspReceivable) && type_of(kEscrow) && type_of(kRefundInFlight));
static_assert(type_of(kUnapplied) && type_of(kChargebackReceivable));
static_assert(type_of(kChargebackLoss) && type_of(kChargebackFees));

}  // namespace florin::ledger
