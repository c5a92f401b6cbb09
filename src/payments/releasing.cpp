// The shop's word on its orders, and the release of their money when the time has come
// (shipping.h): found, decided, written. No provider is asked.

#include "base/check.h"
#include "base/random.h"
#include "ledger/poster.h"
#include "payments/postings.h"
#include "payments/service.h"
#include "payments/show.h"
#include "payments/sql.h"
#include "payments/step.h"
#include "payments/store.h"
#include "storage/claim.h"
#include "storage/rows.h"

namespace florin::payments {

using storage::Reader;

Task<Result<Told>> Service::ship(Payment payment, PaymentOrderId order, ShipmentNews news,
                                 ClientKey key, Deadline deadline) {
    const auto merchant = payment.merchant;
    const auto id = payment.id;
    const auto n = order_number(payment, order);
    check(n.has_value(), "the order is one of the payment's");
    for (int round = 0; round < kRoundsMax; ++round) {
        const auto used = co_await records_.key_use(merchant, id, Scope::ship, key.key);
        if (used && used->request_hash != view(key.request_hash)) co_return key_reused(id);
        if (used) {
            const auto known = co_await load(merchant, id, OperationId());
            co_return Told{show_order(known, *n), true};
        }
        const auto& seller = payment.orders[*n].seller_account;
        if (!co_await records_.fees_of(payment, *n))
            co_return refuse(payment, Fault::conflict, "seller_not_found",
                             "the seller '" + seller +
                                 "' of the order is not registered: create it with POST "
                                 "/v1/sellers, so that its money can be released");
        auto change = payments::ship(payment, *n, news, options_.release, key, now(), random_u64());
        if (change) {
            auto data = co_await records_.advance(std::move(*change), intent_deadline(deadline));
            if (data) co_return Told{std::move(*data), false};
        }
        auto again = co_await load(merchant, id, OperationId());
        if (!change && again.version == payment.version)
            co_return std::unexpected(std::move(change.error()));
        payment = std::move(again);
    }
    co_return busy(id);
}

Task<> Service::do_release(DueRelease due) {
    const auto deadline = deadline_in(2 * lease());
    const auto n = static_cast<std::size_t>(due.order);
    for (int round = 0; round < kRoundsMax; ++round) {
        const auto payment = co_await load(due.merchant, due.payment, OperationId());
        if (payment.orders[n].shipment.due_at != due.due_at) co_return;  // Somebody was faster.
        const auto parts = co_await records_.parts(due.payment);
        const auto chore = chore_of(payment, parts, n, now());
        if (chore != ReleaseChore::release) {
            const auto later = payment.orders[n].shipment.release_at;
            const auto at = chore == ReleaseChore::wait ? now() + kReleaseRetry
                            : later > now()             ? later
                                                        : Instant::max();
            co_await records_.put_off_release(due, at);
            co_return;
        }
        const auto fees = co_await records_.fees_of(payment, n);
        check(fees.has_value(), "who was registered when the order was shipped still is");
        auto change = release(payment, parts, n, *fees, now(), random_u64());
        if (co_await records_.advance(std::move(change), deadline)) co_return;
    }
}

namespace {

// The ids of a payment and of its orders have time and slot in common.
Uuid with_last_bytes(Uuid id, std::uint8_t byte) {
    std::fill(id.bytes.begin() + 8, id.bytes.end(), byte);
    return id;
}

}  // namespace

Task<std::optional<Payment>> Store::load_by_order(MerchantId merchant, PaymentOrderId order) {
    pg::Params params;
    params.add(static_cast<std::int16_t>(order.slot()));
    params.add(with_last_bytes(order.uuid(), 0x00).bytes);
    params.add(with_last_bytes(order.uuid(), 0xff).bytes).add(order.uuid().bytes);
    const auto rows = co_await pool_.query(sql::payment_of_order, std::move(params));
    if (rows.empty()) co_return std::nullopt;
    const PaymentId id(Uuid{rows.uuid(0, 0)});
    co_return co_await load(merchant, id);
}

Task<std::vector<DueRelease>> Store::claim_releases(Instant now, Instant until,
                                                    std::int64_t limit) {
    const auto rows = co_await storage::claim<pg::UuidBytes, std::int16_t>(
        pool_, sql::due_releases, sql::claim_releases, now, until, limit);
    std::vector<DueRelease> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        Reader in(rows, i);
        out.push_back({.payment = PaymentId(in.uuid()),
                       .order = in.int16(),
                       .merchant = MerchantId(in.uuid()),
                       .due_at = in.time()});
    }
    co_return out;
}

Task<> Store::put_off_release(DueRelease claimed, Instant at) {
    pg::Params params;
    params.add(static_cast<std::int16_t>(claimed.payment.slot()));
    params.add(claimed.payment.uuid().bytes).add(claimed.order).add(claimed.due_at).add(at);
    co_await pool_.query(sql::put_off_release, std::move(params));
}

Task<Payables> Store::payables(Payment payment) {
    std::vector<std::int16_t> slots;
    std::vector<pg::UuidBytes> accounts;
    std::map<pg::UuidBytes, std::string> sellers;
    for (std::size_t n = 0; n < payment.orders.size(); ++n) {
        const auto& order = payment.orders[n];
        const auto name = payable_account(payment, n);
        const auto home = ledger::home_of(payment.merchant, order.seller_account);
        const auto id = ledger::account_id(payment.merchant, home, name).bytes;
        if (!sellers.try_emplace(id, order.seller_account).second) continue;
        slots.push_back(static_cast<std::int16_t>(home));
        accounts.push_back(id);
    }
    pg::Params params;
    params.add(slots).add(accounts);
    const auto rows = co_await pool_.query(sql::payables, std::move(params));
    Payables out;
    for (std::size_t i = 0; i < rows.size(); ++i)
        out[sellers.at(rows.uuid(i, 0))] = rows.int64(i, 1);
    co_return out;
}

}  // namespace florin::payments
