// The events of payments.

#include <unordered_map>

#include "payments/rules.h"
#include "payments/show.h"
#include "payments/sql.h"
#include "payments/store.h"
#include "storage/rows.h"

namespace florin::payments {

using storage::Reader;
using storage::slot_number;

namespace {

Event read_event(Reader& in) {
    return {.id = EventId(in.uuid()),
            .version = in.int32(),
            .operation = OperationId(in.uuid()),
            .type = in.text(),
            .data = in.text(),
            .at = in.time()};
}

// The first event of a payment has no data of its own: it is made of what never changes.
void complete(Event& event, const Payment& payment) {
    if (event.version == 1) event.data = show(as_created(payment, event.operation));
}

}  // namespace

Task<std::vector<Event>> Store::events(Payment payment, std::int32_t after, std::int64_t limit) {
    pg::Params params;
    params.add(slot_number(payment.id.slot())).add(payment.id.uuid().bytes).add(after).add(limit);
    const auto rows = co_await pool_.query(sql::events, std::move(params));
    std::vector<Event> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        Reader in(rows, i);
        out.push_back(read_event(in));
        complete(out.back(), payment);
    }
    co_return out;
}

Task<std::vector<PaymentEvent>> Store::events_of(MerchantId merchant,
                                                 std::vector<EventKey> wanted) {
    if (wanted.empty()) co_return std::vector<PaymentEvent>();
    pg::Records names("florin.event_name");
    std::vector<PaymentId> created;
    for (const auto& [payment, version] : wanted) {
        names.add(slot_number(payment.slot()), payment.uuid().bytes, version);
        if (version == 1) created.push_back(payment);
    }
    pg::Params params;
    params.add(std::move(names));
    const auto rows = co_await pool_.query(sql::events_of, std::move(params));
    std::unordered_map<PaymentId, Payment> payments;
    for (auto& payment : co_await payments_of(merchant, std::move(created)))
        payments.emplace(payment.id, std::move(payment));
    std::vector<PaymentEvent> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        Reader in(rows, i);
        const PaymentId id(in.uuid());
        auto event = read_event(in);
        const auto payment = payments.find(id);
        if (event.version == 1 && payment == payments.end()) continue;
        if (payment != payments.end()) complete(event, payment->second);
        out.push_back({id, std::move(event)});
    }
    co_return out;
}

}  // namespace florin::payments
