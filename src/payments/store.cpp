#include "payments/store.h"

#include <unordered_map>

#include "base/check.h"
#include "payments/dead_letters.h"
#include "payments/rules.h"
#include "payments/show.h"
#include "payments/sql.h"
#include "storage/claim.h"
#include "storage/rows.h"

namespace florin::payments {

using storage::Reader;

namespace {

std::int16_t slot_number(PaymentId id) {
    return storage::slot_number(id.slot());
}

std::optional<Action> read_doing(Reader& in) {
    const auto number = in.int16();
    return number == 0 ? std::nullopt : std::optional(static_cast<Action>(number));
}

// Braces evaluate from left to right, in the order of the columns of load.sql.
Counters read_counters(Reader& in) {
    return {.authorized = in.int64(),
            .capture_reserved = in.int64(),
            .captured = in.int64(),
            .voided = in.int64(),
            .refund_reserved = in.int64(),
            .refunded = in.int64(),
            .disputed = in.int64()};
}

Tender read_tender(Reader& in) {
    return {.provider = in.text(),
            .amount = in.int64(),
            .unit = in.int64(),
            .reference = in.text(),
            .captured = in.int64(),
            .returned = in.int64()};
}

std::optional<Presentment> read_presentment(Reader& in) {
    const FxQuoteId quote(in.uuid());
    const auto currency = in.text();
    Presentment read{
        .quote = quote,
        .currency = currency.empty() ? "EUR"_currency : storage::stored_currency(currency),
        .amount = in.int64(),
        .spread = in.int64(),
        .expires_at = in.time(),
        .captured = in.int64(),
        .captured_spread = in.int64(),
        .returned = in.int64(),
        .returned_spread = in.int64()};
    return currency.empty() ? std::nullopt : std::optional(read);
}

connectors::Proof read_proof(Reader& in) {
    return {.kind = in.text(), .reference = in.text(), .hash = in.text()};
}

Operation read_operation(Reader& in) {
    return {.id = OperationId(in.uuid()),
            .kind = static_cast<Action>(in.int16()),
            .state = static_cast<operation::State>(in.int16()),
            .generation = in.int16(),
            .provider = in.text(),
            .provider_key = in.text(),
            .provider_reference = in.text(),
            .amount = in.int64(),
            .sent_at = in.time(),
            .due_at = in.time(),
            .tries = in.int16(),
            .review = in.boolean(),
            .next_action = in.text(),
            .decline_code = in.text(),
            .decline_detail = in.text(),
            .reason = in.text(),
            .shares = in.int64s(),
            .is_final = in.boolean(),
            .about = in.text(),
            .returned = in.boolean(),
            .by_itself = in.boolean(),
            .why = in.text(),
            .proof = read_proof(in),
            .ended_version = in.int32()};
}

// The columns that load.sql has before those of the view.
constexpr int kApprovalColumns = 5;

Approval read_approval(const pg::Rows& rows, std::size_t row) {
    Reader in(rows, row);
    return {.state = static_cast<Approval::State>(in.int16()),
            .asked_by = KeyId(in.uuid()),
            .decided_by = KeyId(in.uuid()),
            .decided_at = in.time(),
            .reason = in.text()};
}

Payment read_payment(const pg::Rows& rows, std::size_t row, int first_column) {
    Reader in(rows, row, first_column);
    in.int16();  // The slot is in the id.
    const MerchantId merchant(in.uuid());
    Payment payment{.id = PaymentId(in.uuid()),
                    .merchant = merchant,
                    .version = in.int32(),
                    .checkout_id = in.text(),
                    .buyer_id = in.text(),
                    .buyer_email = in.text(),
                    .method_type = in.text(),
                    .method_token = in.text(),
                    .return_url = in.text(),
                    .capture_later = in.boolean(),
                    .livemode = in.boolean(),
                    .currency = in.currency(),
                    .amount = in.int64(),
                    .counters = read_counters(in),
                    .doing = read_doing(in),
                    .waiting_for = in.text(),
                    .created_at = in.time(),
                    .updated_at = in.time(),
                    .orders = {},
                    .first_amount = in.int64(),
                    .first_method_type = in.text(),
                    .first_method_token = in.text(),
                    .first_provider = in.text(),
                    .card_brand = in.text(),
                    .authorized_until = in.time(),
                    .can_increment = in.boolean(),
                    .cancellation_reason = in.text(),
                    .due_at = in.time(),
                    .dispute_override = in.boolean(),
                    .main = OperationId(in.uuid()),
                    .provider_reference = in.text(),
                    .operation = read_operation(in)};
    in.text();  // The status follows from all this.
    payment.operation.taken_back = in.int64s();
    payment.tender = read_tender(in);
    payment.operation.tender_amount = in.int64();
    payment.operation.tender_key = in.text();
    payment.presentment = read_presentment(in);
    payment.operation.presented = in.int64();
    payment.operation.spread = in.int64();
    return payment;
}

std::vector<Payment> read_payments(const pg::Rows& rows) {
    std::vector<Payment> payments;
    for (std::size_t i = 0; i < rows.size(); ++i) payments.push_back(read_payment(rows, i, 0));
    return payments;
}

Shipment read_shipment(Reader& in) {
    return {.status = shipment::status_from(in.text()).value_or(shipment::Status::waiting),
            .carrier = in.text(),
            .tracking_number = in.text(),
            .evidence = in.text(),
            .shipped_at = in.time(),
            .estimated_at = in.time(),
            .delivered_at = in.time(),
            .returned_at = in.time(),
            .release_at = in.time(),
            .due_at = in.time(),
            .fees = {.seller = in.int64(), .commission = in.int64(), .logistics = in.int64()},
            .released = in.int64(),
            .movements = in.int16()};
}

ProviderEvent read_event(const pg::Rows& rows, std::size_t row) {
    Reader in(rows, row);
    return {.slot = in.int16(),
            .provider = in.text(),
            .id = in.text(),
            .type = in.text(),
            .about = in.text(),
            .object = in.text(),
            .payment = PaymentId(in.uuid()),
            .due_at = in.time(),
            .tries = in.int16()};
}

std::vector<Due> read_due(const pg::Rows& rows) {
    std::vector<Due> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        Reader in(rows, i);
        out.push_back({.payment = PaymentId(in.uuid()),
                       .operation = OperationId(in.uuid()),
                       .merchant = MerchantId(in.uuid()),
                       .due_at = in.time(),
                       .tries = in.int16()});
    }
    return out;
}

pg::Params orders_params(const std::vector<PaymentId>& payments) {
    std::vector<std::int16_t> slots;
    std::vector<pg::UuidBytes> ids;
    for (const auto& id : payments) {
        slots.push_back(slot_number(id));
        ids.push_back(id.uuid().bytes);
    }
    pg::Params params;
    params.add(slots).add(ids);
    return params;
}

void add_orders(const pg::Rows& rows, std::vector<Payment>& payments) {
    std::unordered_map<PaymentId, Payment*> by_id;
    for (auto& payment : payments) by_id[payment.id] = &payment;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        Reader in(rows, i);
        auto& payment = *by_id.at(PaymentId(in.uuid()));
        payment.orders.push_back({.id = PaymentOrderId(in.uuid()),
                                  .reference = in.text(),
                                  .seller_account = in.text(),
                                  .amount = in.int64(),
                                  .first_amount = in.int64(),
                                  .category = in.text(),
                                  .is_top_up = in.boolean(),
                                  .shipment = read_shipment(in)});
    }
}

}  // namespace

// Both reads go out together.
Task<std::optional<Payment>> Store::load(MerchantId merchant, PaymentId id, OperationId operation) {
    pg::Params params;
    params.add(slot_number(id)).add(merchant.uuid().bytes).add(id.uuid().bytes);
    params.add(operation.uuid().bytes);
    std::vector<pg::Call> calls;
    calls.push_back({sql::load, std::move(params)});
    calls.push_back({sql::orders, orders_params({id})});
    const auto rows = co_await pool_.run(std::move(calls));
    if (rows[0].empty()) co_return std::nullopt;
    std::vector<Payment> payments;
    payments.push_back(read_payment(rows[0], 0, kApprovalColumns));
    payments.front().operation.approval = read_approval(rows[0], 0);
    add_orders(rows[1], payments);
    co_return std::move(payments.front());
}

Task<std::optional<Payment>> Store::load_of_any_merchant(PaymentId id) {
    co_return co_await load(MerchantId(), id);
}

Task<std::vector<Payment>> Store::list(MerchantId merchant, ListFilter filter) {
    Uuid newest;
    newest.bytes.fill(0xff);
    pg::Params params;
    params.add(merchant.uuid().bytes).add(filter.after ? filter.after->uuid().bytes : newest.bytes);
    params.add(filter.status).add(filter.currency).add(filter.checkout_id);
    params.add(filter.created_from.value_or(Instant()));
    params.add(filter.created_before.value_or(Instant::max())).add(filter.limit);
    const auto rows = co_await pool_.query(sql::list, std::move(params));
    co_return co_await with_orders(read_payments(rows));
}

Task<std::vector<Payment>> Store::payments_of(MerchantId merchant, std::vector<PaymentId> ids) {
    if (ids.empty()) co_return std::vector<Payment>();
    auto params = orders_params(ids);
    params.add(merchant.uuid().bytes);
    const auto rows = co_await pool_.query(sql::payments_of, std::move(params));
    co_return co_await with_orders(read_payments(rows));
}

Task<std::vector<Payment>> Store::with_orders(std::vector<Payment> payments) {
    if (payments.empty()) co_return payments;
    std::vector<PaymentId> ids;
    for (const auto& payment : payments) ids.push_back(payment.id);
    add_orders(co_await pool_.query(sql::orders, orders_params(ids)), payments);
    co_return payments;
}

Task<std::vector<Standing>> Store::versions(std::vector<Standing> asked) {
    std::vector<std::int16_t> slots;
    std::vector<pg::UuidBytes> merchants, payments;
    for (const auto& one : asked) {
        slots.push_back(slot_number(one.payment));
        merchants.push_back(one.merchant.uuid().bytes);
        payments.push_back(one.payment.uuid().bytes);
    }
    pg::Params params;
    params.add(slots).add(merchants).add(payments);
    const auto rows = co_await pool_.query(sql::versions, std::move(params));
    std::vector<Standing> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        Reader in(rows, i);
        out.push_back({.merchant = MerchantId(in.uuid()),
                       .payment = PaymentId(in.uuid()),
                       .version = in.int32()});
    }
    co_return out;
}

Task<std::vector<Part>> Store::parts(PaymentId id) {
    pg::Params params;
    params.add(slot_number(id)).add(id.uuid().bytes);
    const auto rows = co_await pool_.query(sql::operations, std::move(params));
    std::vector<Part> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        Reader in(rows, i);
        const OperationId operation(in.uuid());
        out.push_back({.kind = static_cast<Action>(in.int16()),
                       .state = static_cast<operation::State>(in.int16()),
                       .shares = in.int64s(),
                       .id = operation,
                       .review = in.boolean(),
                       .unapproved = in.int64()});
    }
    co_return out;
}

Task<std::vector<Payment>> Store::refunds(Payment payment) {
    pg::Params params;
    params.add(slot_number(payment.id)).add(payment.id.uuid().bytes);
    const auto rows = co_await pool_.query(sql::refunds, std::move(params));
    std::vector<Payment> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const OperationId refund(Uuid{rows.uuid(i, 0)});
        auto found = co_await load(payment.merchant, payment.id, refund);
        if (found) out.push_back(std::move(*found));
    }
    co_return out;
}

Task<std::optional<Answered>> Store::answered(PaymentId payment, OperationId operation) {
    pg::Params params;
    params.add(slot_number(payment)).add(payment.uuid().bytes).add(operation.uuid().bytes);
    const auto rows = co_await pool_.query(sql::answered, std::move(params));
    if (rows.empty()) co_return std::nullopt;
    Reader in(rows, 0);
    Answered out{.ended_version = in.int32(),
                 .state = static_cast<operation::State>(in.int16()),
                 .due_at = in.time(),
                 .event_type = in.text(),
                 .data = in.text()};
    co_return out;
}

Task<std::optional<KeyUse>> Store::key_use(MerchantId merchant, PaymentId payment, Scope scope,
                                           std::string key) {
    pg::Params params;
    params.add(slot_number(payment)).add(merchant.uuid().bytes);
    params.add(static_cast<std::int16_t>(scope)).add(key);
    const auto rows = co_await pool_.query(sql::key_use, std::move(params));
    if (rows.empty()) co_return std::nullopt;
    KeyUse use{std::string(rows.text(0, 0)), OperationId(Uuid{rows.uuid(0, 1)}),
               PaymentId(Uuid{rows.uuid(0, 2)})};
    co_return use;
}

Task<std::vector<Due>> Store::due(Instant now, std::int64_t limit) {
    pg::Params params;
    params.add(now).add(limit);
    const auto rows = co_await pool_.query(sql::due, std::move(params));
    co_return read_due(rows);
}

Task<std::vector<Due>> Store::claim(std::vector<Due> wanted, Instant until) {
    std::vector<std::int16_t> slots;
    std::vector<pg::UuidBytes> payments, operations;
    std::vector<Instant> times;
    for (const auto& due : wanted) {
        slots.push_back(slot_number(due.payment));
        payments.push_back(due.payment.uuid().bytes);
        operations.push_back(due.operation.uuid().bytes);
        times.push_back(due.due_at);
    }
    pg::Params params;
    params.add(slots).add(payments).add(operations).add(times).add(until);
    const auto rows = co_await pool_.query(sql::claim, std::move(params));
    co_return read_due(rows);
}

Task<> Store::postpone(Due claimed, Instant at) {
    pg::Params params;
    params.add(slot_number(claimed.payment)).add(claimed.payment.uuid().bytes);
    params.add(claimed.operation.uuid().bytes).add(claimed.due_at).add(at);
    co_await pool_.query(sql::postpone, std::move(params));
}

Task<std::vector<DuePayment>> Store::claim_chores(Instant now, Instant until, std::int64_t limit) {
    const auto rows = co_await storage::claim<pg::UuidBytes, pg::UuidBytes>(
        pool_, sql::chores, sql::claim_chores, now, until, limit);
    std::vector<DuePayment> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        Reader in(rows, i);
        out.push_back({.payment = PaymentId(in.uuid()),
                       .merchant = MerchantId(in.uuid()),
                       .due_at = in.time()});
    }
    co_return out;
}

Task<std::vector<ProviderEvent>> Store::claim_events(Instant now, Instant until,
                                                     std::int64_t limit) {
    const auto rows = co_await storage::claim<std::string, std::string>(
        pool_, sql::due_events, sql::claim_events, now, until, limit);
    std::vector<ProviderEvent> out;
    for (std::size_t i = 0; i < rows.size(); ++i) out.push_back(read_event(rows, i));
    co_return out;
}

Task<> Store::finish_event(ProviderEvent event, EventState state, std::string why, Instant due_at) {
    pg::Params params;
    params.add(event.slot).add(event.provider).add(event.id).add(event.due_at);
    params.add(static_cast<std::int16_t>(state)).add(why).add(due_at);
    co_await pool_.query(sql::finish_event, std::move(params));
}

Task<std::vector<DeadLetter>> Store::dead_letters(MerchantId merchant, OperationId operation,
                                                  std::string event, std::int64_t limit) {
    pg::Params params;
    params.add(merchant.uuid().bytes).add(operation.uuid().bytes).add(event).add(limit);
    const auto rows = co_await pool_.query(sql::dead_letters, std::move(params));
    std::vector<DeadLetter> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        Reader in(rows, i);
        in.int16();  // The kind: an event has an id.
        const MerchantId owner(in.uuid());
        out.push_back({.merchant = owner,
                       .payment = PaymentId(in.uuid()),
                       .operation = OperationId(in.uuid()),
                       .provider = in.text(),
                       .event = in.text(),
                       .type = in.text(),
                       .operation_kind = in.int16(),
                       .state = in.int16(),
                       .tries = in.int16(),
                       .why = in.text(),
                       .at = in.time()});
    }
    co_return out;
}

Task<bool> Store::retry_operation(PaymentId payment, OperationId operation, Instant now) {
    pg::Params params;
    params.add(slot_number(payment)).add(payment.uuid().bytes).add(operation.uuid().bytes).add(now);
    const auto rows = co_await pool_.query(sql::retry_operation, std::move(params));
    co_return !rows.empty();
}

Task<> Store::settle_event(std::string provider, std::string id, EventState state, Instant due_at,
                           std::string why) {
    pg::Params params;
    params.add(provider).add(id).add(static_cast<std::int16_t>(state)).add(due_at).add(why);
    co_await pool_.query(sql::settle_event, std::move(params));
}

Task<std::string> Store::event_body(std::string provider, std::string id) {
    pg::Params params;
    params.add(provider).add(id);
    const auto rows = co_await pool_.query(sql::event_body, std::move(params));
    co_return rows.empty() ? std::string() : std::string(rows.text(0, 0));
}

Task<std::string> Store::provider_key_secret() {
    pg::Params params;
    const auto rows = co_await pool_.query(sql::provider_key_secret, std::move(params));
    check(rows.size() == 1, "the installation has its row");
    co_return std::string(rows.text(0, 0));
}

}  // namespace florin::payments
