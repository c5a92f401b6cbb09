#include "payments/show.h"

namespace florin::payments {
namespace {

void show_time(json::Writer& out, std::string_view name, Instant time) {
    out.key(name);
    time == Instant::max() ? out.null() : out.value(to_text(time));
}

void show_shipment(json::Writer& out, const Shipment& shipment) {
    out.key("shipment");
    if (shipment.status == shipment::Status::waiting) {
        out.null();
        return;
    }
    out.begin_object().field("status", name(shipment.status));
    out.field_if("carrier", shipment.carrier);
    out.field_if("tracking_number", shipment.tracking_number);
    out.field_if("evidence", shipment.evidence);
    show_time(out, "shipped_at", shipment.shipped_at);
    show_time(out, "estimated_delivery_at", shipment.estimated_at);
    show_time(out, "delivered_at", shipment.delivered_at);
    show_time(out, "returned_at", shipment.returned_at);
    show_time(out, "release_at", shipment.release_at);
    out.end_object();
}

// What is the seller's, ours and the carrier's of what was released.
void show_release(json::Writer& out, const Payment& payment, const Shipment& shipment) {
    out.key("release");
    if (shipment.released == 0) {
        out.null();
        return;
    }
    const auto cut = sellers::part_of(shipment.fees, 0, shipment.released);
    out.begin_object().field("amount", payment.money(cut.total()).decimal());
    out.field("seller", payment.money(cut.seller).decimal());
    out.field("commission", payment.money(cut.commission).decimal());
    out.field("logistics", payment.money(cut.logistics).decimal()).end_object();
}

// The members that an order has in its payment and by itself.
void show_order_members(json::Writer& out, const Payment& payment, const PaymentOrder& order) {
    out.field("payment_order_id", order.reference);
    const auto& payee = order.seller_account;
    out.key("seller_account");
    order.is_top_up ? out.null() : out.value(payee);
    out.key("wallet");
    order.is_top_up ? out.value(payee) : out.null();
    out.key("category");
    order.category.empty() ? out.null() : out.value(order.category);
    out.field("amount", payment.money(order.amount).decimal());
    out.field("status", order_status(payment));
    out.field("payment_order_status", execution_status(payment));
    out.field("ledger_updated", payment.counters.captured > 0);
    out.field("wallet_updated", order.shipment.released > 0);  // The payee has it.
    show_shipment(out, order.shipment);
    show_release(out, payment, order.shipment);
}

void show_orders(json::Writer& out, const Payment& payment) {
    out.key("payment_orders").begin_array();
    for (const auto& order : payment.orders) {
        out.begin_object().field("id", order.id.text());
        show_order_members(out, payment, order);
        out.end_object();
    }
    out.end_array();
}

void show_operation(json::Writer& out, const Operation& op) {
    out.key("operation").begin_object();
    out.field("id", op.id.text());
    out.field("kind", connectors::name(op.kind));
    out.field("state", operation::name(op.state));
    out.field("review", op.review);
    out.field_if("decline_code", op.decline_code);
    out.field_if("decline_detail", op.decline_detail);
    out.field_if("why", op.why);
    out.end_object();
    out.key("proved_by");
    if (op.proof.kind.empty()) {
        out.null();
    } else {
        out.begin_object().field("kind", op.proof.kind);
        out.field_if("provider_request", op.proof.reference);
        if (!op.proof.hash.empty()) out.field("response_sha256", op.proof.hash);
        out.end_object();
    }
    out.key("provider").begin_object().field("name", op.provider);
    out.key("reference");
    op.provider_reference.empty() ? out.null() : out.value(op.provider_reference);
    out.end_object();
    out.key("next_action");
    if (op.next_action.empty()) {
        out.null();
    } else {
        out.begin_object().field("type", "redirect").field("url", op.next_action).end_object();
    }
}

// What is under way waits for somebody; nothing waits when it has ended. While it is being sent
// there is no next look: the answer comes, or its lease ends.
void show_waiting(json::Writer& out, const Payment& payment) {
    const auto& op = payment.operation;
    out.key("waiting");
    if (op.state == operation::State::succeeded || op.state == operation::State::declined) {
        out.null();
        return;
    }
    const bool for_customer = is_main(op.kind) && payment.waiting_for == "customer";
    const bool for_approver = waits_for_approval(op);
    out.begin_object().field("for", for_approver   ? "approver"
                                    : for_customer ? "customer"
                                                   : "provider");
    out.field("since", to_text(for_approver ? op.id.created_at() : op.sent_at));
    out.key("next_check_at");
    op.state == operation::State::sending || for_approver ? out.null()
                                                          : out.value(to_text(op.due_at));
    if (is_main(op.kind))
        out.field("do_not_pay_again", scope_of(op.kind) == Scope::create && !for_customer);
    out.end_object();
}

// What the buyer's points or stored value pay, beside the method.
void show_tender(json::Writer& out, const Payment& payment) {
    const auto& tender = payment.tender;
    if (tender.amount == 0) return;
    out.key("split_tender").begin_object().field("type", tender.provider);
    out.field("amount", payment.money(tender.amount).decimal());
    out.field("amount_captured", payment.money(tender.captured).decimal());
    out.field("amount_refunded", payment.money(tender.returned).decimal());
    out.end_object();
}

// What the buyer pays in his currency, when it is another one.
void show_presentment(json::Writer& out, const Payment& payment) {
    if (!payment.presentment) return;
    const auto& p = *payment.presentment;
    const auto money = [&](std::int64_t minor) { return Money(minor, p.currency).decimal(); };
    out.key("presentment").begin_object().field("fx_quote", p.quote.text());
    out.field("currency", p.currency.code()).field("amount", money(p.amount));
    out.field("amount_captured", money(p.captured));
    out.field("amount_refunded", money(p.returned)).end_object();
}

// Who asked for a refund that had to wait, and who decided.
void show_approval(json::Writer& out, const Approval& approval) {
    out.key("approval");
    if (approval.state == Approval::State::not_needed) {
        out.null();
        return;
    }
    const bool is_decided = approval.state != Approval::State::waiting;
    out.begin_object().field("asked_by", approval.asked_by.text()).key("decided_by");
    is_decided ? out.value(approval.decided_by.text()) : out.null();
    out.key("decided_at");
    is_decided ? out.value(to_text(approval.decided_at)) : out.null();
    out.key("reason");
    approval.reason.empty() ? out.null() : out.value(approval.reason);
    out.end_object();
}

}  // namespace

void show(json::Writer& out, const Payment& payment) {
    const auto& c = payment.counters;
    const auto money = [&](std::int64_t minor) { return payment.money(minor).decimal(); };
    const auto status = status_of(payment);
    out.begin_object();
    out.field("id", payment.id.text());
    out.field("object", "payment");
    out.field("version", payment.version);
    out.field("livemode", payment.livemode);
    out.field("status", name(status));
    out.field("outcome_unknown", outcome_unknown(payment));
    out.field("is_payment_done", status == Status::succeeded || status == Status::canceled ||
                                     status == Status::failed || status == Status::expired);
    out.field("checkout_id", payment.checkout_id);
    out.key("buyer").begin_object().field("id", payment.buyer_id);
    out.field_if("email", payment.buyer_email);
    out.end_object();
    out.key("payment_method").begin_object().field("type", payment.method_type);
    out.field("token", payment.method_token);
    out.field_if("brand", payment.card_brand);
    out.end_object();
    show_tender(out, payment);
    show_presentment(out, payment);
    out.field_if("return_url", payment.return_url);
    out.field("capture", payment.capture_later ? "manual" : "automatic");
    out.field("currency", payment.currency.code());
    out.field("amount", money(payment.amount));
    out.field("amount_authorized", money(c.authorized));
    out.field("amount_captured", money(c.captured));
    out.field("amount_voided", money(c.voided));
    out.field("amount_refunded", money(c.refunded));
    out.field("amount_refund_pending", money(c.refund_reserved));
    out.key("authorized_until");
    capturable(c) > 0 && payment.authorized_until != Instant::max()
        ? out.value(to_text(payment.authorized_until))
        : out.null();
    out.field_if("cancellation_reason", payment.cancellation_reason);
    show_orders(out, payment);
    show_operation(out, payment.operation);
    show_waiting(out, payment);
    out.field("created_at", to_text(payment.created_at));
    out.field("updated_at", to_text(payment.updated_at));
    out.end_object();
}

void show_refund(json::Writer& out, const Payment& payment) {
    const auto& op = payment.operation;
    out.begin_object();
    out.field("id", RefundId(op.id.uuid()).text());
    out.field("object", "refund");
    out.field("payment", payment.id.text());
    out.field("livemode", payment.livemode);
    out.field("status", name(refund_status(op)));
    out.field("outcome_unknown", outcome_unknown(payment));
    out.field("currency", payment.currency.code());
    out.field("amount", payment.money(op.amount).decimal());
    if (payment.presentment) {
        const auto currency = payment.presentment->currency;
        out.field("presentment_currency", currency.code());
        out.field("presentment_amount", Money(op.presented, currency).decimal());
    }
    if (op.tender_amount > 0)
        out.field("split_tender_amount", payment.money(op.tender_amount).decimal());
    out.key("reason");
    op.reason.empty() ? out.null() : out.value(op.reason);
    out.key("payment_orders").begin_array();
    for (std::size_t n = 0; n < payment.orders.size() && n < op.shares.size(); ++n) {
        if (op.shares[n] == 0) continue;
        out.begin_object().field("payment_order_id", payment.orders[n].reference);
        out.field("amount", payment.money(op.shares[n]).decimal()).end_object();
    }
    out.end_array();
    show_approval(out, op.approval);
    show_operation(out, op);
    show_waiting(out, payment);
    out.field("created_at", to_text(op.id.created_at()));
    out.end_object();
}

void show_dispute(json::Writer& out, const Payment& payment, const Dispute& dispute) {
    const auto money = [&](std::int64_t minor) { return payment.money(minor).decimal(); };
    out.begin_object();
    out.field("id", dispute.id.text());
    out.field("object", "dispute");
    out.field("payment", payment.id.text());
    out.field("livemode", payment.livemode);
    out.field("status", name(dispute.status));
    out.field("reason", dispute.reason);
    out.field("currency", payment.currency.code());
    out.field("amount", money(dispute.amount));
    const auto& fee_currency =
        payment.presentment ? payment.presentment->currency : payment.currency;
    out.field("fee", Money(dispute.fee, fee_currency).decimal());
    out.field("fee_currency", fee_currency.code());
    out.field("funds_withdrawn", dispute.withdrawn > 0);
    out.key("evidence_due_at");
    dispute.evidence_due_at == Instant::max() ? out.null()
                                              : out.value(to_text(dispute.evidence_due_at));
    out.key("provider").begin_object().field("name", dispute.provider);
    out.field("reference", dispute.reference).end_object();
    out.field("created_at", to_text(dispute.opened_at));
    out.field("updated_at", to_text(dispute.updated_at));
    out.end_object();
}

std::string show_order(const Payment& payment, std::size_t n) {
    json::Writer out;
    const auto& order = payment.orders[n];
    out.begin_object().field("id", order.id.text());
    out.field("object", "payment_order");
    out.field("payment", payment.id.text());
    out.field("livemode", payment.livemode);
    out.field("currency", payment.currency.code());
    show_order_members(out, payment, order);
    out.field("created_at", to_text(payment.created_at));
    out.field("updated_at", to_text(payment.updated_at));
    out.end_object();
    return std::move(out).text();
}

std::string show_subject(const Change& change) {
    if (change.event_type.starts_with("payment_order."))
        return show_order(change.after, change.shipments.front());
    if (!change.dispute) return show_subject(change.after);
    json::Writer out;
    show_dispute(out, change.after, *change.dispute);
    return std::move(out).text();
}

std::string show_subject(const Payment& payment) {
    json::Writer out;
    payment.operation.kind == Action::refund ? show_refund(out, payment) : show(out, payment);
    return std::move(out).text();
}

std::string show(const Payment& payment) {
    json::Writer out;
    show(out, payment);
    return std::move(out).text();
}

}  // namespace florin::payments
