// The disputes of a payment, and what the shop says to them.

#include <algorithm>

#include "api/answer.h"
#include "api/handlers.h"
#include "base/form.h"
#include "base/text.h"
#include "payments/show.h"
#include "platform/crypto/hash.h"

namespace florin::api {
namespace {

// Of one field, and of all: what banks read.
constexpr std::size_t kFieldLength = 20'000;
constexpr std::size_t kEvidenceBytes = 150'000;
constexpr std::size_t kFileBytes = 4'500'000;

// What the first bytes say. Empty: nothing that banks read.
std::string_view type_of(std::string_view bytes) {
    if (bytes.starts_with("%PDF-")) return "application/pdf";
    if (bytes.starts_with("\x89PNG\r\n\x1a\n")) return "image/png";
    if (bytes.starts_with("\xff\xd8\xff")) return "image/jpeg";
    return "";
}

void read_files(Form& form, Fields root, connectors::DisputeReply& reply) {
    std::size_t bytes = 0;
    for (const auto field : connectors::kEvidenceFiles) {
        auto object = root.optional_object(field);
        if (!object) continue;
        connectors::EvidenceFile file{.field = std::string(field),
                                      .name = object->text("name", {.length_max = 200})};
        const auto content = object->text("content", {.length_max = kEvidenceBodyMax});
        if (file.name.find_first_of("\"\\/") != std::string::npos)
            form.add_error(object->pointer("name"), "bad_characters",
                           "Send a file's name without quotes and slashes.");
        if (!crypto::base64_decode(content, file.bytes))
            form.add_error(object->pointer("content"), "not_base64",
                           "Send the bytes of the file in base64.");
        file.type = type_of(file.bytes);
        if (file.type.empty())
            form.add_error(object->pointer("content"), "file_type",
                           "Send a file that banks read: pdf, png or jpeg.");
        bytes += file.bytes.size();
        reply.files.push_back(std::move(file));
    }
    if (bytes > kFileBytes)
        form.add_error(root.pointer(), "too_long", "Send at most 4.5 MB of files together.");
}

Result<connectors::DisputeReply> read_evidence(Form& form) {
    auto root = form.root();
    connectors::DisputeReply reply;
    std::size_t bytes = 0;
    for (const auto field : connectors::kEvidenceFields) {
        auto text = root.optional_text(field, {.length_max = kFieldLength, .has_lines = true});
        if (!text) continue;
        bytes += text->size();
        reply.evidence.emplace_back(field, std::move(*text));
    }
    read_files(form, root, reply);
    if (reply.evidence.empty() && reply.files.empty())
        form.add_error(root.pointer(), "missing_field", "Send at least one field of evidence.");
    if (bytes > kEvidenceBytes)
        form.add_error(root.pointer(), "too_long", "Send at most 150,000 bytes of evidence.");
    TRY_OK(form.finish());
    return reply;
}

Result<connectors::DisputeReply> read_acceptance(Form& form) {
    form.root();
    TRY_OK(form.finish());
    return connectors::DisputeReply{.accept = true};
}

Task<Result<payments::Dispute>> find_dispute(Services& services, PaymentId payment,
                                             std::string text) {
    for (auto& dispute : co_await services.payment_store.disputes(payment))
        if (dispute.id.text() == text) co_return std::move(dispute);
    co_return fail(Fault::not_found, "dispute_not_found",
                   "the payment has no dispute '" + std::string(shorten(text, 64)) + "'");
}

// Kept first, sent by the resolver. With `Prefer: wait=N` the client hears what came of it.
Handled answer(Services& services, Call call, bool accept) {
    CO_TRY(const auto payment, co_await find_payment(services, call.caller.merchant, call.id));
    Form form(call.request.body.empty() ? "{}" : call.request.body, kEvidenceBodyMax);
    CO_TRY(auto reply, accept ? read_acceptance(form) : read_evidence(form));
    CO_TRY(auto dispute, co_await find_dispute(services, payment.id, call.part));
    const auto wait = wait_of(services, call);
    payments::Watch watch(services.watcher, payment.merchant, payment.id);
    CO_TRY(const bool replayed, co_await services.payments.answer_dispute(
                                    payment.id, dispute, std::move(reply), call.client_key));
    if (wait && !replayed) {
        co_await watch.above(payment.version, monotonic_now() + wait->time);
        CO_TRY(dispute, co_await find_dispute(services, payment.id, call.part));
    }
    json::Writer out;
    payments::show_dispute(out, payment, dispute);
    const bool is_open = dispute::takes_reply(dispute.status);
    auto response = json_response(is_open ? 202 : 200, std::move(out).text());
    response.headers.set("Location", "/v1/payments/" + payment.id.text() + "/disputes");
    if (is_open) response.headers.set("Retry-After", "1");
    if (replayed) response.headers.set("Idempotent-Replayed", "true");
    if (wait) response.headers.set("Preference-Applied", wait->applied);
    co_return response;
}

}  // namespace

Handled list_disputes(Services& services, Call call) {
    CO_TRY(const auto payment, co_await find_payment(services, call.caller.merchant, call.id));
    const auto disputes = co_await services.payment_store.disputes(payment.id);
    const auto show = [&](json::Writer& out, const payments::Dispute& dispute) {
        payments::show_dispute(out, payment, dispute);
    };
    co_return list_response(call.target.path, disputes, show, false, std::nullopt);
}

Handled send_evidence(Services& services, Call call) {
    return answer(services, std::move(call), false);
}

Handled accept_dispute(Services& services, Call call) {
    return answer(services, std::move(call), true);
}

}  // namespace florin::api
