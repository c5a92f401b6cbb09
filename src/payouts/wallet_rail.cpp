#include "payouts/rail.h"

namespace florin::payouts {

Task<connectors::Outcome> WalletRail::pay(Order order, Deadline) {
    connectors::Succeeded yes{.reference = order.key, .proof = {}, .card = {}};
    co_return yes;
}

Task<connectors::Outcome> WalletRail::find(Order, Deadline) {
    co_return connectors::NotFound();
}

}  // namespace florin::payouts
