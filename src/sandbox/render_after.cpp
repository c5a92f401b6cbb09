// What comes after a charge as JSON: refunds, disputes with their files, and the truth logs.

#include <fmt/format.h>

#include <algorithm>

#include "sandbox/disputes.h"
#include "sandbox/files.h"
#include "sandbox/render_kit.h"

namespace florin::sandbox {
namespace {

// The charge and the payment that an object hangs on.
void owner_fields(Writer& out, const Store& store, std::uint32_t charge, Expand expand) {
    const auto& owner = store.charges[charge];
    const auto& intent = store.intents[owner.intent];
    out.key("charge");
    expand.charge ? out.raw(render(store, owner)) : out.value(owner.id);
    out.field("currency", intent.currency).key("payment_intent");
    expand.payment_intent ? out.raw(render(store, intent)) : out.value(intent.id);
}

// A movement of our balance: what a bank took for a dispute and its fee, or gave back.
void movement(Writer& out, const Store& store, const Dispute& dispute, bool back) {
    const std::int64_t sign = back ? 1 : -1;
    const auto fee = -sign * kDisputeFee;
    const auto& intent = store.intents[store.charges[dispute.charge].intent];
    const auto at = back ? dispute.reinstated_at : dispute.withdrawn_at;
    out.begin_object().field("id", back ? dispute.reinstatement : dispute.withdrawal);
    out.field("object", "balance_transaction").field("amount", sign * dispute.amount);
    out.field("available_on", at).field("created", at).field("currency", intent.currency);
    nulls(out, {"description", "exchange_rate"}).field("fee", fee);
    out.key("fee_details").begin_array().begin_object().field("amount", fee);
    out.key("application").null().field("currency", intent.currency);
    out.field("description", "Dispute fee").field("type", "stripe_fee").end_object().end_array();
    out.field("net", sign * dispute.amount - fee);
    out.field("reporting_category", back ? "dispute_reversal" : "dispute");
    out.field("source", dispute.id).field("status", "available").field("type", "adjustment");
    out.end_object();
}

void evidence(Writer& out, const Dispute& dispute) {
    out.key("evidence").begin_object();
    for (const auto name : kEvidenceNames) {
        const auto at = std::ranges::find(dispute.evidence, name, &Pairs::value_type::first);
        out.key(name);
        at == dispute.evidence.end() ? out.null() : out.value(at->second);
    }
    out.key("enhanced_evidence").raw("{}").end_object();
    out.key("evidence_details").begin_object().field("due_by", dispute.due_by);
    out.key("enhanced_eligibility").raw("{}");
    out.field("has_evidence", !dispute.evidence.empty()).field("past_due", false);
    out.field("submission_count", dispute.submissions).end_object();
}

}  // namespace

std::string render(const Store& store, const Dispute& dispute, Expand expand) {
    Writer out;
    out.begin_object().field("id", dispute.id).field("object", "dispute");
    out.field("amount", dispute.amount).key("balance_transactions").begin_array();
    if (!dispute.withdrawal.empty()) movement(out, store, dispute, false);
    if (!dispute.reinstatement.empty()) movement(out, store, dispute, true);
    out.end_array().field("created", dispute.created);
    owner_fields(out, store, dispute.charge, expand);
    out.key("enhanced_eligibility_types").raw("[]");
    evidence(out, dispute);
    const auto& charge = store.charges[dispute.charge];
    out.field("is_charge_refundable", leaves_refundable(dispute) && refundable(charge) > 0);
    out.field("livemode", false);
    metadata(out, dispute.metadata);
    out.field("reason", dispute.reason).field("status", name_of(dispute.status)).end_object();
    return std::move(out).text();
}

std::string render(const Store& store, const Refund& refund, Expand expand) {
    Writer out;
    out.begin_object().field("id", refund.id).field("object", "refund");
    out.field("amount", refund.amount).key("balance_transaction").null();
    out.field("created", refund.created);
    owner_fields(out, store, refund.charge, expand);
    out.key("destination_details").raw(R"({"card":{"type":"refund"},"type":"card"})");
    if (refund.status == RefundStatus::failed)
        out.field("failure_reason", "expired_or_canceled_card");
    if (refund.status == RefundStatus::pending) out.field("pending_reason", "processing");
    metadata(out, refund.metadata);
    text_or_null(out, "reason", refund.reason);
    nulls(out, {"receipt_number", "source_transfer_reversal"});
    out.field("status", name_of(refund.status)).key("transfer_reversal").null().end_object();
    return std::move(out).text();
}

std::string render(const Store& store, const File& file) {
    Writer out;
    out.begin_object().field("id", file.id).field("object", "file");
    out.field("created", file.created).key("expires_at").null().field("filename", file.filename);
    out.key("links").begin_object().field("object", "list").key("data").raw("[]");
    out.field("has_more", false).field("url", "/v1/file_links?file=" + file.id).end_object();
    out.field("purpose", kFilePurposes[0]).field("size", file.size).key("title").null();
    out.field("type", file.type);
    out.field("url", fmt::format("{}{}/{}/contents", store.base_url, kFilesPath, file.id));
    out.end_object();
    return std::move(out).text();
}

std::string render_truth(const File& file) {
    Writer out;
    out.begin_object().field("id", file.id).field("filename", file.filename);
    out.field("type", file.type).field("size", file.size).field("sha256", file.sha256);
    text_or_null(out, "idempotency_key", file.key);
    out.end_object();
    return std::move(out).text();
}

std::string render_truth(const Store& store, const Charge& charge) {
    const auto& intent = store.intents[charge.intent];
    std::int64_t refunded = 0;
    for (const auto place : charge.refunds) {
        const auto& refund = store.refunds[place];
        if (refund.status == RefundStatus::succeeded) refunded += refund.amount;
    }
    Writer out;
    out.begin_object().field("payment_intent", intent.id).field("charge", charge.id);
    out.field("amount", charge.amount).field("amount_captured", charge.amount_captured);
    out.field("amount_refunded", refunded).field("currency", intent.currency);
    out.field("status", charge.canceled ? "canceled" : charge.captured ? "captured" : "authorized");
    metadata(out, intent.metadata);
    out.field("created", charge.created).key("refunds").begin_array();
    for (const auto place : charge.refunds) {
        const auto& refund = store.refunds[place];
        out.begin_object().field("id", refund.id).field("amount", refund.amount);
        out.field("status", name_of(refund.status));
        text_or_null(out, "idempotency_key", refund.key);
        metadata(out, refund.metadata);
        out.end_object();
    }
    out.end_array().key("dispute");
    if (charge.disputes.empty()) {
        out.null();
    } else {
        const auto& dispute = store.disputes[charge.disputes.front()];
        out.begin_object().field("id", dispute.id).field("amount", dispute.amount);
        out.field("status", name_of(dispute.status)).end_object();
    }
    out.end_object();
    return std::move(out).text();
}

}  // namespace florin::sandbox
