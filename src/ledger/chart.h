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

// Strict: somebody could spend more than there is, so the account has one locked row in its home
// slot that the database keeps from going below zero. Tallied: nobody waits for its balance, so it
// is only ever added to, in every slot that uses it.
enum class Policy : std::uint8_t { tallied, strict };

struct AccountType {
    std::int16_t code;  // Stored: never change one.
    std::string_view name;
    Side normal;
    bool has_owner;  // One account per owner (a provider, a seller), or one for the merchant.
    Policy policy = Policy::tallied;
};

// clang-format off
inline constexpr std::array kChart = {
    AccountType{1010, "bank",                   Side::debit,  true},   // Money in a bank account of ours.
    AccountType{1100, "psp_receivable",         Side::debit,  true},   // Captured, not yet settled by the provider.
    AccountType{1110, "psp_settlement",         Side::debit,  true},   // Settled by the provider, not yet at the bank.
    AccountType{1200, "seller_receivable",      Side::debit,  true, Policy::strict},   // What a seller owes us.
    AccountType{1300, "chargeback_receivable",  Side::debit,  false},  // Taken by a bank, not yet decided.
    AccountType{2010, "buyer_wallet",           Side::credit, true, Policy::strict},   // Stored value of a buyer.
    AccountType{2020, "buyer_wallet_held",      Side::credit, true, Policy::strict},   // Of it, held for payments.
    AccountType{2100, "escrow",                 Side::credit, false},  // Held for sellers until shipment.
    AccountType{2150, "payout_in_flight",       Side::credit, true},   // On its way to sellers over a rail.
    AccountType{2200, "seller_pending",         Side::credit, true, Policy::strict},   // Earned, still held back.
    AccountType{2210, "seller_payable",         Side::credit, true, Policy::strict},   // Earned, to be paid out.
    AccountType{2220, "seller_reserve",         Side::credit, true, Policy::strict},   // Blocked: risk, disputes.
    AccountType{2300, "logistics_payable",      Side::credit, true},   // Owed to a carrier.
    AccountType{2400, "tax_payable",            Side::credit, true},   // Owed to a jurisdiction.
    AccountType{2500, "points_liability",       Side::credit, false},  // What the points of buyers are worth.
    AccountType{2600, "refund_in_flight",       Side::credit, true},   // On its way back to buyers.
    AccountType{2900, "unapplied",              Side::credit, false},  // Money that came without a reason that we know.
    AccountType{2950, "interslot",              Side::credit, true},   // Between two slots; zero when both halves are booked.
    AccountType{3900, "fx_position",            Side::credit, false},  // Owed in a currency, had in another; treasury closes it.
    AccountType{4010, "commission",             Side::credit, false},  // Our share of what sellers sell.
    AccountType{4100, "fx_revenue",             Side::credit, false},  // Our spread on conversions.
    AccountType{4200, "points_breakage",        Side::credit, false},  // Points that nobody spent in time.
    AccountType{5010, "psp_fees",               Side::debit,  true},   // What providers keep for payments.
    AccountType{5020, "chargeback_loss",        Side::debit,  false},  // Lost to banks, and nobody else pays for it.
    AccountType{5030, "chargeback_fees",        Side::debit,  false},  // What providers take for a dispute.
    AccountType{5050, "loyalty_expense",        Side::debit,  false},  // Points that buyers were given.
    AccountType{5060, "goodwill",               Side::debit,  false},  // Given back beyond what the seller can be asked for.
    AccountType{5080, "payout_fees",            Side::debit,  true},   // What rails take for a payout.
    // In points, PTS.
    AccountType{9100, "points_outstanding",     Side::debit,  false},  // The other side of what buyers have.
    AccountType{9200, "points_wallet",          Side::credit, true, Policy::strict},   // Points of a buyer.
    AccountType{9210, "points_held",            Side::credit, true, Policy::strict},   // Of them, held for payments.
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

inline constexpr std::int16_t kBank = 1010;
inline constexpr std::int16_t kPspReceivable = 1100;
inline constexpr std::int16_t kPspSettlement = 1110;
inline constexpr std::int16_t kSellerReceivable = 1200;
inline constexpr std::int16_t kChargebackReceivable = 1300;
inline constexpr std::int16_t kBuyerWallet = 2010;
inline constexpr std::int16_t kBuyerWalletHeld = 2020;
inline constexpr std::int16_t kEscrow = 2100;
inline constexpr std::int16_t kPayoutInFlight = 2150;
inline constexpr std::int16_t kSellerPending = 2200;
inline constexpr std::int16_t kSellerPayable = 2210;
inline constexpr std::int16_t kSellerReserve = 2220;
inline constexpr std::int16_t kLogisticsPayable = 2300;
inline constexpr std::int16_t kTaxPayable = 2400;
inline constexpr std::int16_t kPointsLiability = 2500;
inline constexpr std::int16_t kRefundInFlight = 2600;
inline constexpr std::int16_t kUnapplied = 2900;
inline constexpr std::int16_t kInterslot = 2950;
inline constexpr std::int16_t kFxPosition = 3900;
inline constexpr std::int16_t kCommission = 4010;
inline constexpr std::int16_t kFxRevenue = 4100;
inline constexpr std::int16_t kPointsBreakage = 4200;
inline constexpr std::int16_t kPspFees = 5010;
inline constexpr std::int16_t kChargebackLoss = 5020;
inline constexpr std::int16_t kChargebackFees = 5030;
inline constexpr std::int16_t kLoyaltyExpense = 5050;
inline constexpr std::int16_t kGoodwill = 5060;
inline constexpr std::int16_t kPayoutFees = 5080;
inline constexpr std::int16_t kPointsOutstanding = 9100;
inline constexpr std::int16_t kPointsWallet = 9200;
inline constexpr std::int16_t kPointsHeld = 9210;

constexpr bool is_strict(std::int16_t code) {
    const auto* type = type_of(code);
    return type != nullptr && type->policy == Policy::strict;
}

}  // namespace florin::ledger
