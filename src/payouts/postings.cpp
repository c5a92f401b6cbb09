#include "payouts/postings.h"

#include <algorithm>

#include "platform/crypto/hash.h"

namespace florin::payouts {
namespace {

void add_leg(ledger::Posting& posting, ledger::AccountName account, std::int64_t amount,
             const PayoutId& payout) {
    if (amount != 0) posting.legs.push_back({std::move(account), amount, payout.uuid()});
}

ledger::Posting begin_posting(const PayoutId& payout, const MerchantId& merchant, Stage stage,
                              std::string kind, Instant at) {
    return {.id = transaction_of(payout, stage),
            .merchant = merchant,
            .source = payout.uuid(),
            .kind = std::move(kind),
            .at = at,
            .legs = {}};
}

ledger::AccountName paying_account(const Payout& payout) {
    switch (payout.rail) {
        case RailKind::bank_file:
            return {ledger::kBank, payout.source, payout.currency};
        case RailKind::wallet:
            return {ledger::kBuyerWallet, payout.destination.account, payout.currency};
        case RailKind::stripe_connect:
            break;
    }
    return {ledger::kPspReceivable, payout.source, payout.currency};
}

void add_fee(ledger::Posting& posting, const Payout& payout, std::int64_t fee) {
    const std::string rail(name(payout.rail));
    add_leg(posting, {ledger::kPayoutFees, rail, payout.currency}, fee, payout.id);
    add_leg(posting, paying_account(payout), -fee, payout.id);
}

}  // namespace

OperationId transaction_of(const PayoutId& payout, Stage stage) {
    auto id = payout.uuid();
    if (stage == Stage::created) return OperationId(id);
    const auto hash =
        crypto::sha256(std::string(view(id)) + static_cast<char>(static_cast<int>(stage)));
    std::copy_n(hash.begin(), 7, id.bytes.begin() + 9);
    return OperationId(id);
}

ledger::AccountName payable_account(const std::string& seller, Currency currency) {
    return {ledger::kSellerPayable, seller, currency};
}

ledger::AccountName debt_account(const std::string& seller, Currency currency) {
    return {ledger::kSellerReceivable, seller, currency};
}

ledger::AccountName reserve_account(const std::string& seller, Currency currency) {
    return {ledger::kSellerReserve, seller, currency};
}

ledger::AccountName in_flight_account(RailKind rail, Currency currency) {
    return {ledger::kPayoutInFlight, std::string(name(rail)), currency};
}

ledger::Posting created_posting(const Payout& payout) {
    auto posting = begin_posting(payout.id, payout.merchant, Stage::created,
                                 std::string(kPayoutKind), payout.created_at);
    const auto& [seller, currency] = std::tie(payout.seller_reference, payout.currency);
    add_leg(posting, payable_account(seller, currency), payout.gross, payout.id);
    add_leg(posting, debt_account(seller, currency), -payout.netted, payout.id);
    add_leg(posting, reserve_account(seller, currency), -payout.reserved, payout.id);
    add_leg(posting, in_flight_account(payout.rail, currency), -payout.amount, payout.id);
    return posting;
}

ledger::Posting paid_posting(const Payout& payout, std::int64_t fee, Instant at) {
    auto posting =
        begin_posting(payout.id, payout.merchant, Stage::paid, std::string(kPaidKind), at);
    add_leg(posting, in_flight_account(payout.rail, payout.currency), payout.amount, payout.id);
    add_leg(posting, paying_account(payout), -payout.amount, payout.id);
    add_fee(posting, payout, fee);
    return posting;
}

ledger::Posting back_posting(const Payout& payout, std::string kind, std::int64_t fee, Instant at) {
    auto posting = begin_posting(payout.id, payout.merchant, Stage::back, std::move(kind), at);
    add_leg(posting, in_flight_account(payout.rail, payout.currency), payout.amount, payout.id);
    add_leg(posting, payable_account(payout.seller_reference, payout.currency), -payout.amount,
            payout.id);
    add_fee(posting, payout, fee);
    return posting;
}

ledger::Posting returned_posting(const Payout& payout, std::int64_t fee, Instant at) {
    auto posting =
        begin_posting(payout.id, payout.merchant, Stage::returned, std::string(kReturnedKind), at);
    add_leg(posting, paying_account(payout), payout.amount, payout.id);
    add_leg(posting, payable_account(payout.seller_reference, payout.currency), -payout.amount,
            payout.id);
    add_fee(posting, payout, fee);
    return posting;
}

ledger::Posting reserve_posting(const Reserve& reserve, Instant at) {
    auto posting = begin_posting(reserve.payout, reserve.merchant, Stage::reserve,
                                 std::string(kReserveKind), at);
    const auto& [seller, currency] = std::tie(reserve.seller_reference, reserve.currency);
    add_leg(posting, reserve_account(seller, currency), reserve.amount, reserve.payout);
    add_leg(posting, payable_account(seller, currency), -reserve.amount, reserve.payout);
    return posting;
}

}  // namespace florin::payouts
