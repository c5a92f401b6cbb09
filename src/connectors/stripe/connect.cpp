#include "connectors/stripe/connect.h"

namespace florin::connectors::stripe {

// Keys may be pruned after at least 24 h; an hour is left for a paused process and the network.
std::chrono::seconds Connect::key_window() const {
    return std::chrono::hours(23);
}

Task<Outcome> Connect::pay(Wire& wire, PayoutOrder order, Deadline deadline) const {
    const auto transfer = co_await move(wire, order, deadline);
    if (!transfer) co_return transfer.error();
    auto request = encode_payout(order);
    const auto paid = co_await wire.send(std::move(request), deadline);
    co_return conclude_payout(order, *transfer, paid);
}

// First a question, either way: can the account be paid, or, for what was sent before, is the
// transfer there? Its answer may have been an error, and would be the same error each time.
Task<std::expected<Transfer, Outcome>> Connect::move(Wire& wire, PayoutOrder order,
                                                     Deadline deadline) const {
    auto question = order.is_replay ? encode_transfer_query(order) : encode_account(order);
    const auto told = co_await wire.send(std::move(question), deadline);
    if (order.is_replay) {
        CO_TRY(auto found, read_transfers(order, told));
        if (found) co_return std::move(*found);
    } else if (auto no = refusal_of(order, told)) {
        co_return std::unexpected(std::move(*no));
    }
    auto request = encode_transfer(order);
    const auto moved = co_await wire.send(std::move(request), deadline);
    co_return read_transfer(order, moved);
}

Task<Outcome> Connect::find(Wire& wire, PayoutOrder order, Deadline deadline) const {
    const auto found = co_await look(wire, order, deadline);
    if (!found) co_return found.error();
    const auto next = next_step(order, *found);
    const auto* back = std::get_if<TakeBack>(&next);
    if (!back) co_return std::get<Outcome>(next);
    auto reversal = encode_reversal(order, back->transfer);
    const auto answer = co_await wire.send(std::move(reversal), deadline);
    co_return conclude_reversal(order, *back, answer);
}

Task<std::expected<Found, Unknown>> Connect::look(Wire& wire, PayoutOrder order,
                                                  Deadline deadline) const {
    Found found;
    auto first = encode_transfer_query(order);
    const auto transfers = co_await wire.send(std::move(first), deadline);
    CO_TRY(found.transfer, read_transfers(order, transfers));
    if (!found.transfer) co_return found;  // Without one there is no payout.
    auto second = encode_payout_query(order, found.transfer->created);
    const auto payouts = co_await wire.send(std::move(second), deadline);
    CO_TRY(found.payout, read_payouts(order, payouts));
    co_return found;
}

}  // namespace florin::connectors::stripe
