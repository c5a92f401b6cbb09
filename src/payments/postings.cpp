#include "payments/postings.h"

#include <algorithm>
#include <array>
#include <span>
#include <tuple>

#include "base/check.h"
#include "fx/postings.h"
#include "payments/presentment.h"
#include "platform/crypto/hash.h"

namespace florin::payments {
namespace {

ledger::Posting begin_posting(const Payment& payment, std::string_view kind) {
    return {
        .id = payment.operation.id,
        .merchant = payment.merchant,
        .source = payment.id.uuid(),
        .kind = std::string(kind),
        .at = payment.updated_at,
    };
}

// What is with the provider of the method: in the buyer's currency, if he pays in another one.
Currency currency_there(const Payment& payment) {
    return payment.presentment ? payment.presentment->currency : payment.currency;
}

ledger::AccountName receivable(const Payment& payment) {
    return {ledger::kPspReceivable, payment.operation.provider, currency_there(payment)};
}

ledger::AccountName in_flight(const Payment& payment) {
    return {ledger::kRefundInFlight, payment.operation.provider, currency_there(payment)};
}

ledger::AccountName unapplied(const Payment& payment) {
    return {ledger::kUnapplied, "", currency_there(payment)};
}

void add_leg(ledger::Posting& posting, ledger::AccountName account, std::int64_t amount,
             Uuid reference) {
    if (amount != 0) posting.legs.push_back({std::move(account), amount, reference});
}

// What is with the provider of the method, and with the wallet that is the tender.
void add_both(ledger::Posting& posting, ledger::AccountName account, const Payment& payment,
              std::int64_t sign, Uuid reference) {
    const auto& op = payment.operation;
    add_leg(posting, account, sign * asked_of_method(payment, op).minor(), reference);
    account.owner = payment.tender.provider;
    add_leg(posting, std::move(account), sign * op.tender_amount, reference);
}

// What conversions have to know of it.
fx::Quote quote_of(const Payment& payment) {
    return {.id = payment.presentment->quote,
            .settlement = payment.currency,
            .presentment = payment.presentment->currency};
}

// The same where the other legs are the orders': what comes in another currency is converted.
void convert_both(ledger::Posting& posting, ledger::AccountName account, const Payment& payment,
                  std::int64_t sign, Uuid reference) {
    if (!payment.presentment || !payment.operation.about.empty())
        return add_both(posting, std::move(account), payment, sign, reference);
    const auto& op = payment.operation;
    const fx::Amounts part{op.presented, op.amount, op.spread};
    for (auto& leg :
         fx::conversion_legs(quote_of(payment), part, sign > 0 ? fx::Way::in : fx::Way::back,
                             {std::move(account), reference}))
        posting.legs.push_back(std::move(leg));
}

std::int64_t at(std::span<const std::int64_t> by_order, std::size_t n) {
    return by_order.empty() ? 0 : by_order[n];
}

// One leg per order that has a share; `sign` 1 = debit. What was released is not in escrow any
// more.
void add_escrow(ledger::Posting& posting, const Payment& payment, std::int64_t sign) {
    const auto& op = payment.operation;
    for (std::size_t n = 0; n < payment.orders.size(); ++n) {
        const auto& order = payment.orders[n];
        const auto share = (op.shares.empty() ? order.amount : op.shares[n]) - at(op.taken_back, n);
        const ledger::AccountName escrow{ledger::kEscrow, "", payment.currency};
        if (share != 0) posting.legs.push_back({escrow, sign * share, order.id.uuid()});
    }
}

ledger::AccountName of_seller(std::int16_t code, const Payment& payment, std::size_t n) {
    return {code, payment.orders[n].seller_account, payment.currency};
}

// What had been released of orders goes back to buyers: from what sellers are owed as far as it
// goes, beyond it they owe us; our commission; and what the carrier keeps is our loss.
void take_from_sellers(ledger::Posting& posting, const Payment& payment,
                       std::span<const std::int64_t> by_order, std::int16_t loss,
                       Payables payables) {
    for (std::size_t n = 0; n < by_order.size(); ++n) {
        const auto& [id, shipment] = std::tie(payment.orders[n].id, payment.orders[n].shipment);
        const auto cut = sellers::part_of(shipment.fees, shipment.released, by_order[n]);
        auto& owed = payables[payment.orders[n].seller_account];
        const auto covered = std::min(owed, cut.seller);
        owed -= covered;
        add_leg(posting, payable_account(payment, n), covered, id.uuid());
        add_leg(posting, of_seller(ledger::kSellerReceivable, payment, n), cut.seller - covered,
                id.uuid());
        add_leg(posting, {ledger::kCommission, "", payment.currency}, cut.commission, id.uuid());
        add_leg(posting, {loss, "", payment.currency}, cut.logistics, id.uuid());
    }
}

// They are owed it again; what they owe us is netted when they are paid.
void give_to_sellers(ledger::Posting& posting, const Payment& payment,
                     std::span<const std::int64_t> by_order, std::int16_t loss) {
    for (std::size_t n = 0; n < by_order.size(); ++n) {
        const auto& [id, shipment] = std::tie(payment.orders[n].id, payment.orders[n].shipment);
        const auto cut = sellers::part_of(shipment.fees, shipment.released, by_order[n]);
        add_leg(posting, payable_account(payment, n), -cut.seller, id.uuid());
        add_leg(posting, {ledger::kCommission, "", payment.currency}, -cut.commission, id.uuid());
        add_leg(posting, {loss, "", payment.currency}, -cut.logistics, id.uuid());
    }
}

// Where a refund's money comes from: the orders, or suspense when it returns a late success.
void add_source(ledger::Posting& posting, const Payment& payment, std::int64_t sign) {
    if (payment.operation.about.empty()) return add_escrow(posting, payment, sign);
    const auto amount = asked_of_method(payment, payment.operation).minor();
    posting.legs.push_back({unapplied(payment), sign * amount, payment.id.uuid()});
}

// The first booking of an operation has its id. A later one has an id of its own that is always the
// same: it keeps time and slot, and its random part is a hash.
OperationId later_id(Uuid id, const std::string& what) {
    const auto hash = crypto::sha256(std::string(view(id)) + what);
    std::copy_n(hash.begin(), 7, id.bytes.begin() + 9);
    return OperationId(id);
}

OperationId later_id(Uuid id, int number) {
    return number == 0 ? OperationId(id) : later_id(id, std::string(1, static_cast<char>(number)));
}

std::string_view kind_of(RefundStage stage) {
    switch (stage) {
        case RefundStage::reserved:
            return "refund";
        case RefundStage::paid:
            return "refund_paid";
        case RefundStage::refused:
            return "refund_refused";
        case RefundStage::late:
        case RefundStage::late_and_unexpected:
            return "late_refund";
        case RefundStage::returned:
            return "refund_returned";
    }
    return "";
}

constexpr std::array kStages = {RefundStage::reserved,
                                RefundStage::paid,
                                RefundStage::refused,
                                RefundStage::late,
                                RefundStage::late_and_unexpected,
                                RefundStage::returned};

}  // namespace

ledger::AccountName payable_account(const Payment& payment, std::size_t n) {
    const bool is_top_up = payment.orders[n].is_top_up;
    return of_seller(is_top_up ? ledger::kBuyerWallet : ledger::kSellerPayable, payment, n);
}

std::vector<OperationId> transactions_of(OperationId operation, Action kind) {
    if (kind != Action::refund) return {operation};
    std::vector<OperationId> out;
    for (const auto stage : kStages)
        out.push_back(later_id(operation.uuid(), static_cast<int>(stage)));
    return out;
}

std::vector<OperationId> transactions_of(const Dispute& dispute) {
    std::vector<OperationId> out;
    for (int n = 1; n <= dispute.movements; ++n) out.push_back(later_id(dispute.id.uuid(), n));
    return out;
}

ledger::Posting capture_posting(const Payment& payment) {
    auto posting = begin_posting(payment, "capture");
    convert_both(posting, receivable(payment), payment, 1, payment.id.uuid());
    add_escrow(posting, payment, -1);
    return posting;
}

ledger::Posting late_success_posting(const Payment& payment) {
    auto posting = begin_posting(payment, "late_success");
    const auto amount = asked_of_method(payment, payment.operation).minor();
    add_leg(posting, receivable(payment), amount, payment.id.uuid());
    add_leg(posting, unapplied(payment), -amount, payment.id.uuid());
    return posting;
}

ledger::Posting release_posting(const Payment& payment, std::size_t n, const sellers::Fees& cut) {
    auto posting = begin_posting(payment, "release");
    const auto& order = payment.orders[n];
    const auto id = order.id.uuid();
    posting.id = later_id(id, order.shipment.movements);
    const auto& carrier = order.shipment.carrier;
    add_leg(posting, {ledger::kEscrow, "", payment.currency}, cut.total(), id);
    add_leg(posting, payable_account(payment, n), -cut.seller, id);
    add_leg(posting, {ledger::kCommission, "", payment.currency}, -cut.commission, id);
    add_leg(posting,
            {ledger::kLogisticsPayable, carrier.empty() ? "unknown" : carrier, payment.currency},
            -cut.logistics, id);
    return posting;
}

ledger::Posting refund_posting(const Payment& payment, RefundStage stage, Payables payables) {
    auto posting = begin_posting(payment, kind_of(stage));
    posting.id = later_id(payment.operation.id.uuid(), static_cast<int>(stage));
    const auto amount = asked_of_method(payment, payment.operation).minor();
    const auto& taken_back = payment.operation.taken_back;
    const auto refund = payment.operation.id.uuid();
    switch (stage) {
        case RefundStage::reserved:
            add_source(posting, payment, 1);
            take_from_sellers(posting, payment, taken_back, ledger::kGoodwill, std::move(payables));
            convert_both(posting, in_flight(payment), payment, -1, refund);
            break;
        case RefundStage::paid:
            add_both(posting, in_flight(payment), payment, 1, refund);
            add_both(posting, receivable(payment), payment, -1, refund);
            break;
        case RefundStage::refused:
            convert_both(posting, in_flight(payment), payment, 1, refund);
            add_source(posting, payment, -1);
            give_to_sellers(posting, payment, taken_back, ledger::kGoodwill);
            break;
        case RefundStage::late:
            add_escrow(posting, payment, 1);
            add_leg(posting, receivable(payment), -amount, refund);
            break;
        case RefundStage::late_and_unexpected:
            add_leg(posting, unapplied(payment), amount, refund);
            add_leg(posting, receivable(payment), -amount, refund);
            break;
        case RefundStage::returned:
            add_leg(posting, receivable(payment), amount, refund);
            add_leg(posting, unapplied(payment), -amount, refund);
            break;
    }
    return posting;
}

ledger::Posting movement_posting(const Payment& payment, const Dispute& dispute,
                                 const fx::Amounts& taken, std::int64_t fee) {
    const auto moved = payment.presentment ? taken.presentment : taken.settlement;
    auto posting = begin_posting(payment, moved > 0   ? "dispute"
                                          : moved < 0 ? "dispute_reinstated"
                                                      : "dispute_fee");
    const auto id = dispute.id.uuid();
    posting.id = later_id(id, dispute.movements);
    const auto there = currency_there(payment);
    const ledger::AccountName provider{ledger::kPspReceivable, dispute.provider, there};
    add_leg(posting, {ledger::kChargebackReceivable, "", payment.currency}, taken.settlement, id);
    add_leg(posting, {ledger::kChargebackFees, "", there}, fee, id);
    if (!payment.presentment) {
        add_leg(posting, provider, -taken.settlement - fee, id);
        return posting;
    }
    for (auto& leg : fx::conversion_legs(quote_of(payment), taken, fx::Way::back, {provider, id}))
        posting.legs.push_back(std::move(leg));
    add_leg(posting, provider, -fee, id);
    return posting;
}

ledger::Posting decision_posting(const Payment& payment, const Dispute& dispute, bool lost,
                                 Payables payables) {
    auto posting = begin_posting(payment, lost ? "dispute_lost" : "dispute_lost_no_more");
    const auto id = dispute.id.uuid();
    posting.id = later_id(id, dispute.movements);
    const std::int64_t sign = lost ? 1 : -1;
    const ledger::AccountName escrow{ledger::kEscrow, "", payment.currency};
    const ledger::AccountName loss{ledger::kChargebackLoss, "", payment.currency};
    const ledger::AccountName charged_back{ledger::kChargebackReceivable, "", payment.currency};
    std::int64_t uncovered = dispute.amount;
    for (std::size_t n = 0; n < payment.orders.size(); ++n) {
        const auto held = dispute.shares[n] - at(dispute.taken_back, n);
        uncovered -= dispute.shares[n];
        add_leg(posting, escrow, sign * held, payment.orders[n].id.uuid());
    }
    if (lost)
        take_from_sellers(posting, payment, dispute.taken_back, ledger::kChargebackLoss,
                          std::move(payables));
    else
        give_to_sellers(posting, payment, dispute.taken_back, ledger::kChargebackLoss);
    if (uncovered != 0) posting.legs.push_back({loss, sign * uncovered, id});
    posting.legs.push_back({charged_back, -sign * dispute.amount, id});
    return posting;
}

ledger::Posting freeze_posting(const Payment& payment, const Dispute& dispute, bool is_frozen) {
    auto posting = begin_posting(payment, is_frozen ? "dispute_frozen" : "dispute_thawed");
    const auto id = dispute.id.uuid();
    posting.id = later_id(id, "freeze " + std::to_string(dispute.freezes));
    const std::int64_t sign = is_frozen ? 1 : -1;
    for (std::size_t n = 0; n < dispute.frozen.size(); ++n) {
        const auto amount = sign * dispute.frozen[n];
        add_leg(posting, payable_account(payment, n), amount, id);
        add_leg(posting, of_seller(ledger::kSellerReserve, payment, n), -amount, id);
    }
    return posting;
}

}  // namespace florin::payments
