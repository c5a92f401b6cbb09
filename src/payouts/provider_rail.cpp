#include "payouts/rail.h"

namespace florin::payouts {
namespace {

connectors::PayoutOrder translate(Order order) {
    return {.payout = std::move(order.key),
            .amount = order.amount,
            .destination = std::move(order.destination.account),
            .reference = std::move(order.reference),
            .is_replay = order.is_replay};
}

}  // namespace

Task<connectors::Outcome> ProviderRail::pay(Order order, Deadline deadline) {
    auto wanted = translate(std::move(order));
    co_return co_await connector_.pay(wire_, std::move(wanted), deadline);
}

Task<connectors::Outcome> ProviderRail::find(Order order, Deadline deadline) {
    auto wanted = translate(std::move(order));
    co_return co_await connector_.find(wire_, std::move(wanted), deadline);
}

}  // namespace florin::payouts
