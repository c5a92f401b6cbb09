// A second person's word on a refund that waits (approval.h): found, decided, written, and sent
// when it is a yes.

#include "base/random.h"
#include "payments/service.h"
#include "payments/sql.h"
#include "payments/store.h"

namespace florin::payments {

Task<Result<Answer>> Service::decide(Payment payment, Decision decision, ClientKey key,
                                     Patience patience, Deadline deadline) {
    const auto merchant = payment.merchant;
    const auto id = payment.id;
    const auto refund = payment.operation.id;
    for (int round = 0; round < kRoundsMax; ++round) {
        const auto used = co_await records_.key_use(merchant, id, scope_of(decision), key.key);
        if (used)
            co_return co_await replay(merchant, id, used->operation,
                                      used->request_hash == view(key.request_hash));
        const Wish refunds{.action = Action::refund};
        if (decision.approve) CO_TRY_OK(can_do(payment, refunds));
        auto change = payments::decide(payment, decision, key, timing(), random_u64());
        if (change) {
            const auto after = change->after;
            const auto data =
                co_await records_.advance(std::move(*change), intent_deadline(deadline));
            if (data && decision.approve)
                co_return co_await finish(after, Detour(), patience, deadline);
            if (data) co_return co_await current(merchant, id, refund);
        }
        auto again = co_await load(merchant, id, refund);
        if (!change && again.version == payment.version)
            co_return std::unexpected(std::move(change.error()));
        payment = std::move(again);
    }
    co_return busy(id);
}

Task<std::optional<Payment>> Store::held_refund(MerchantId merchant, RefundId refund) {
    const auto slot = static_cast<std::int16_t>(refund.slot());
    pg::Params params;
    params.add(slot).add(refund.uuid().bytes).add(merchant.uuid().bytes);
    const auto rows = co_await pool_.query(sql::held_refund, std::move(params));
    if (rows.empty()) co_return std::nullopt;
    const PaymentId payment(Uuid{rows.uuid(0, 0)});
    co_return co_await load(merchant, payment, OperationId(refund.uuid()));
}

Task<std::vector<Payment>> Store::held_refunds(MerchantId merchant, std::optional<RefundId> after,
                                               std::int64_t limit) {
    Uuid newest;
    newest.bytes.fill(0xff);
    pg::Params params;
    params.add(merchant.uuid().bytes).add(after ? after->uuid().bytes : newest.bytes).add(limit);
    const auto rows = co_await pool_.query(sql::held_refunds, std::move(params));
    std::vector<Payment> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const PaymentId payment(Uuid{rows.uuid(i, 0)});
        const OperationId refund(Uuid{rows.uuid(i, 1)});
        auto found = co_await load(merchant, payment, refund);
        if (found) out.push_back(std::move(*found));
    }
    co_return out;
}

}  // namespace florin::payments
