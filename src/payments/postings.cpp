#include "payments/postings.h"

#include "domain/money.h"

namespace florin::payments {
namespace {

ledger::Posting begin_posting(const Payment& payment, std::string_view kind) {
    ledger::Posting posting{
        .id = payment.operation.id,
        .merchant = payment.merchant,
        .source = payment.id.uuid(),
        .kind = std::string(kind),
        .at = payment.updated_at,
    };
    const ledger::AccountName receivable{ledger::kPspReceivable, payment.operation.provider,
                                         payment.currency};
    posting.legs.push_back({receivable, payment.operation.amount, payment.id.uuid()});
    return posting;
}

}  // namespace

ledger::Posting capture_posting(const Payment& payment) {
    auto posting = begin_posting(payment, "capture");
    const ledger::AccountName escrow{ledger::kEscrow, "", payment.currency};
    // A capture of all pays every order in full; a part is shared out by the orders' amounts.
    std::vector<std::int64_t> weights;
    for (const auto& order : payment.orders) weights.push_back(order.amount);
    const auto parts = split(payment.money(payment.operation.amount), weights);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (parts[i].is_zero()) continue;
        posting.legs.push_back({escrow, -parts[i].minor(), payment.orders[i].id.uuid()});
    }
    return posting;
}

ledger::Posting late_success_posting(const Payment& payment) {
    auto posting = begin_posting(payment, "late_success");
    const ledger::AccountName unapplied{ledger::kUnapplied, "", payment.currency};
    posting.legs.push_back({unapplied, -payment.operation.amount, payment.id.uuid()});
    return posting;
}

}  // namespace florin::payments
