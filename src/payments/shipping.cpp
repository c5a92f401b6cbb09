#include "payments/shipping.h"

#include <algorithm>

#include "base/check.h"
#include "payments/postings.h"
#include "payments/step.h"

namespace florin::payments {

namespace {

std::string event_name(shipment::Event event) {
    return "payment_order." + std::string(name(event));
}

Change step_of_order(const Payment& payment, std::size_t n, shipment::Event event, Instant now,
                     std::uint64_t random) {
    auto change = step(payment, now, random);
    change.shipments = {n};
    change.event_type = event_name(event);
    return change;
}

// What the shop's word is in this state. Telling the same again, or more about it, is an update; so
// is the delivery of what was released without anybody's word.
std::optional<shipment::Event> event_of(shipment::Status status, shipment::Status told) {
    const auto event = told == shipment::Status::shipped     ? shipment::Event::shipped
                       : told == shipment::Status::delivered ? shipment::Event::delivered
                                                             : shipment::Event::returned;
    if (next(shipment::kTransitions, status, event)) return event;
    const bool tells_more = told == status || (status == shipment::Status::released &&
                                               told != shipment::Status::returned);
    return tells_more ? std::optional(shipment::Event::updated) : std::nullopt;
}

void note(Shipment& shipment, const ShipmentNews& news) {
    if (!news.carrier.empty()) shipment.carrier = news.carrier;
    if (!news.tracking_number.empty()) shipment.tracking_number = news.tracking_number;
    if (!news.evidence.empty()) shipment.evidence = news.evidence;
    if (news.estimated_at) shipment.estimated_at = *news.estimated_at;
    auto& field = news.status == shipment::Status::shipped     ? shipment.shipped_at
                  : news.status == shipment::Status::delivered ? shipment.delivered_at
                                                               : shipment.returned_at;
    field = std::min(field, news.at);
}

Instant release_time(const Shipment& shipment, const ReleasePolicy& policy) {
    if (shipment.status == shipment::Status::returned) return Instant::max();
    if (shipment.delivered_at != Instant::max()) return shipment.delivered_at + policy.hold;
    if (shipment.estimated_at != Instant::max()) return shipment.estimated_at + policy.hold;
    return shipment.shipped_at + policy.transit + policy.hold;
}

}  // namespace

std::optional<std::size_t> order_number(const Payment& payment, const PaymentOrderId& id) {
    const auto found = std::ranges::find(payment.orders, id, &PaymentOrder::id);
    if (found == payment.orders.end()) return std::nullopt;
    return static_cast<std::size_t>(found - payment.orders.begin());
}

Result<Change> ship(const Payment& payment, std::size_t n, const ShipmentNews& news,
                    const ReleasePolicy& policy, ClientKey key, Instant now, std::uint64_t random) {
    const auto& before = payment.orders[n].shipment;
    if (capturable(payment.counters) + payment.counters.captured == 0)
        return refuse(payment, Fault::conflict, "payment_order_not_paid",
                      "nothing of the payment is authorized or captured, it is " +
                          std::string(name(status_of(payment))) + ": do not ship the order");
    if (payment.orders[n].is_top_up)
        return refuse(payment, Fault::conflict, "shipment_out_of_order",
                      "the order tops up a wallet: there is nothing to ship");
    const auto event = event_of(before.status, news.status);
    if (!event)
        return refuse(payment, Fault::conflict, "shipment_out_of_order",
                      "the order is " + std::string(name(before.status)) + ": it cannot be " +
                          std::string(name(news.status)) + " now");
    auto change = step_of_order(payment, n, *event, now, random);
    auto& shipment = change.after.orders[n].shipment;
    if (*event == shipment::Event::shipped)  // Perhaps again, after it came back.
        shipment.shipped_at = shipment.delivered_at = shipment.returned_at = Instant::max();
    note(shipment, news);
    shipment.status = *next(shipment::kTransitions, before.status, *event);
    if (shipment == before)
        return refuse(payment, Fault::invalid, "shipment_unchanged",
                      "all of this was told before: nothing was done");
    shipment.release_at = release_time(shipment, policy);
    shipment.due_at = shipment.release_at;
    change.scope = Scope::ship;
    change.key = std::move(key);
    return seal(payment, std::move(change));
}

bool has_released(const Payment& payment) {
    return std::ranges::any_of(payment.orders,
                               [](const auto& order) { return order.shipment.released > 0; });
}

std::int64_t in_escrow(const Payment& payment, std::span<const Part> parts, std::size_t n) {
    const auto left = left_by_order(payment, parts, Action::refund)[n];
    return std::max<std::int64_t>(left - payment.orders[n].shipment.released, 0);
}

ReleaseChore chore_of(const Payment& payment, std::span<const Part> parts, std::size_t n,
                      Instant now) {
    const auto& shipment = payment.orders[n].shipment;
    const bool may_go =
        next(shipment::kTransitions, shipment.status, shipment::Event::released).has_value();
    if (!may_go || shipment.release_at > now || in_escrow(payment, parts, n) == 0)
        return ReleaseChore::none;
    return payment.counters.disputed > 0 ? ReleaseChore::wait : ReleaseChore::release;
}

Change release(const Payment& payment, std::span<const Part> parts, std::size_t n,
               const sellers::Fees& fees, Instant now, std::uint64_t random) {
    check(chore_of(payment, parts, n, now) == ReleaseChore::release, "the order can be released");
    auto change = step_of_order(payment, n, shipment::Event::released, now, random);
    auto& order = change.after.orders[n];
    auto& shipment = order.shipment;
    if (shipment.fees.total() == 0) shipment.fees = fees;
    check(shipment.fees.total() == order.amount, "the fees are those of the order");
    const auto amount = in_escrow(payment, parts, n);
    const auto cut = sellers::part_of(shipment.fees, shipment.released, amount);
    shipment.released += amount;
    ++shipment.movements;
    shipment.status = shipment::Status::released;
    shipment.due_at = Instant::max();
    book(change, release_posting(change.after, n, cut));
    return seal(payment, std::move(change));
}

std::vector<std::int64_t> beyond_escrow(const Payment& payment, std::span<const std::int64_t> left,
                                        std::span<const std::int64_t> shares) {
    std::vector<std::int64_t> out(shares.size(), 0);
    for (std::size_t n = 0; n < shares.size(); ++n) {
        const auto released = payment.orders[n].shipment.released;
        const auto held = std::max<std::int64_t>(left[n] - released, 0);
        out[n] = std::clamp<std::int64_t>(shares[n] - held, 0, released);
    }
    if (std::ranges::all_of(out, [](auto amount) { return amount == 0; })) out.clear();
    return out;
}

std::vector<std::int64_t> taken_back_of(const Payment& payment, std::span<const Part> parts,
                                        std::span<const std::int64_t> shares) {
    return beyond_escrow(payment, left_by_order(payment, parts, Action::refund), shares);
}

}  // namespace florin::payments
