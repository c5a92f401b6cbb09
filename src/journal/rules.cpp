#include "journal/rules.h"

#include <fmt/format.h>

#include <map>

#include "base/check.h"

namespace florin::journal {
namespace {

using ledger::AccountName;

// The providers that wallets are: both sides of what they owe are booked by machines.
bool is_wallet(std::string_view provider) {
    return provider == "wallet" || provider == "points";
}

std::unexpected<Error> refuse(Fault fault, std::string_view code, const std::string& detail,
                              const std::string& object) {
    auto refusal = fail(fault, code, detail);
    refusal.error().object = object;
    return refusal;
}

}  // namespace

std::string_view mover_of(const AccountName& account) {
    constexpr std::string_view kPoints = "points that are earned, spent or expire move it";
    switch (account.code) {
        case ledger::kPspReceivable:
            return is_wallet(account.owner) ? "payments and wallets move it, and bring it to zero"
                                            : "";
        case ledger::kChargebackReceivable:
            return "disputes move it, as the provider tells of them";
        case ledger::kBuyerWallet:
        case ledger::kBuyerWalletHeld:
            return "payments move it, and POST /v1/wallets/{id}/credits";
        case ledger::kEscrow:
            return "captures, releases, refunds and disputes of orders move it";
        case ledger::kPayoutInFlight:
            return "payouts move it: tell what became of one with POST /v1/payouts/{id}/outcome";
        case ledger::kSellerPending:
        case ledger::kSellerPayable:
        case ledger::kSellerReserve:
            return "releases, refunds, disputes and payouts move it";
        case ledger::kRefundInFlight:
            return "refunds move it, until the provider has paid or refused them";
        case ledger::kInterslot:
            return "the ledger books it itself, beside what passes between two slots";
        case ledger::kPointsLiability:
        case ledger::kPointsBreakage:
        case ledger::kLoyaltyExpense:
        case ledger::kPointsOutstanding:
        case ledger::kPointsWallet:
        case ledger::kPointsHeld:
            return kPoints;
        default:
            return "";
    }
}

Result<void> check_line(const Line& line) {
    const auto& account = line.account;
    if (const auto mover = mover_of(account); !mover.empty())
        return fail(Fault::invalid, "account_not_by_hand",
                    fmt::format("nobody books on {} by hand: {}", account.text(), mover));
    if (account.code == ledger::kSellerReceivable && line.amount > 0)
        return fail(Fault::invalid, "debit_not_by_hand",
                    fmt::format("{} takes credits only: a debt is written off by hand, and made by "
                                "refunds and disputes",
                                account.text()));
    if (!account.currency.payable())
        return fail(Fault::invalid, "currency_unknown",
                    "name an account in an active ISO 4217 currency, like bank:main:EUR");
    const auto& kind = line.reference.kind;
    const bool is_suspense = account.code == ledger::kUnapplied;
    if (is_suspense && kind != "" && kind != PaymentId::kPrefix && kind != JournalEntryId::kPrefix)
        return fail(Fault::invalid, "reference_unfit",
                    "money in unapplied came with a payment or with a journal entry: name that, "
                    "pay_... or jrn_..., or nothing when it comes with this entry");
    return {};
}

Result<void> check_balance(const std::vector<Line>& lines) {
    std::map<Currency, std::int64_t> sums;
    for (const auto& line : lines) {
        auto& sum = sums[line.account.currency];
        check(!__builtin_add_overflow(sum, line.amount, &sum), "a hundred amounts fit");
    }
    std::string off;
    for (const auto& [currency, sum] : sums) {
        if (sum == 0) continue;
        off += fmt::format("{}{} are {} {} more than {}", off.empty() ? "" : ", ",
                           sum > 0 ? "debits" : "credits",
                           Money(sum > 0 ? sum : -sum, currency).decimal(), currency.code(),
                           sum > 0 ? "credits" : "debits");
    }
    if (off.empty()) return {};
    return fail(Fault::invalid, "journal_entry_unbalanced",
                off + ": send lines whose debits and credits are equal in each currency");
}

Slot slot_of_key(const MerchantId& merchant, const std::string& client_key) {
    return slot_of(view(merchant.uuid()), client_key);
}

Entry complete(Entry entry) {
    for (auto& line : entry.lines)
        if (line.reference.kind.empty()) line.reference = Reference::to(entry.id);
    return entry;
}

Entry reversal_of(const Entry& original, Entry wanted) {
    wanted.reverses = original.id;
    wanted.lines = original.lines;
    for (auto& line : wanted.lines) line.amount = -line.amount;
    return wanted;
}

Result<void> check_reversible(const Entry& original) {
    if (original.reversed_by != JournalEntryId())
        return refuse(Fault::conflict, "already_reversed",
                      fmt::format("{} was reversed by {}: book a new entry for what is still wrong",
                                  original.id.text(), original.reversed_by.text()),
                      original.reversed_by.text());
    if (original.is_reversal())
        return refuse(Fault::conflict, "reversal_not_reversible",
                      fmt::format("{} is a reversal itself, of {}: book that one anew instead",
                                  original.id.text(), original.reverses.text()),
                      original.id.text());
    return {};
}

ledger::Posting posting_of(const Entry& entry) {
    ledger::Posting posting{.id = OperationId(entry.id.uuid()),
                            .merchant = entry.merchant,
                            .source = entry.id.uuid(),
                            .kind = std::string(entry.is_reversal() ? kReversed : kBooked),
                            .at = entry.at};
    for (const auto& line : entry.lines)
        posting.legs.push_back({line.account, line.amount, line.reference.id});
    return posting;
}

}  // namespace florin::journal
