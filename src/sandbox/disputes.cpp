// Disputes: opened by test cards once their money is captured, answered or accepted by POST,
// decided by the bank when a test lets time go on.

#include "sandbox/disputes.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "base/result.h"
#include "sandbox/provider.h"
#include "sandbox/render.h"

namespace florin::sandbox {
namespace {

constexpr std::string_view kUpdateParams[] = {"evidence[*]", "metadata[*]", "submit", "expand[]"};
constexpr std::string_view kCloseParams[] = {"expand[]"};
constexpr std::size_t kEvidenceBytesMax = 150'000;

Checked<Pairs> check_evidence(const Params& params) {
    auto pairs = params.map("evidence");
    std::size_t bytes = 0;
    for (const auto& [name, text] : pairs) {
        if (std::ranges::find(kEvidenceNames, name) == std::end(kEvidenceNames)) {
            const auto full = fmt::format("evidence[{}]", name.substr(0, 100));
            return refuse(full, "parameter_unknown", "Received unknown parameter: " + full);
        }
        bytes += text.size();
    }
    if (bytes > kEvidenceBytesMax)
        return refuse("evidence", "parameter_invalid_string_too_long",
                      fmt::format("Evidence has at most {} characters.", kEvidenceBytesMax));
    return pairs;
}

// Every file has the one purpose that there is; an empty value takes a file away.
Checked<void> check_files(const Store& store, const Pairs& evidence) {
    for (const auto& [name, id] : evidence) {
        if (std::ranges::find(kEvidenceFiles, name) == std::end(kEvidenceFiles)) continue;
        if (!id.empty() && store.find("file_", id) == kNone)
            return std::unexpected(
                missing_object(400, "file", id, fmt::format("evidence[{}]", name)));
    }
    return {};
}

Checked<void> check_open(const Dispute& dispute) {
    if (may_answer(dispute)) return {};
    return refuse_by_state("", "",
                           fmt::format("This dispute takes no answer any more: its status is {}.",
                                       name_of(dispute.status)));
}

}  // namespace

void Provider::dispute_captured(const Command& command, std::uint32_t place) {
    auto& charge = store_.charges[place];
    const Card& card = *store_.methods[charge.method].card;
    if (card.dispute.empty() || charge.amount_captured == 0 || !charge.disputes.empty()) return;
    auto& dispute = store_.add_dispute(place);
    dispute.amount = refundable(charge);
    dispute.created = command.at_us / 1'000'000;
    dispute.due_by = dispute.created + kDisputeSeconds;
    dispute.reason = card.dispute;
    if (card.inquiry) dispute.status = DisputeStatus::warning_needs_response;
    emit(command, "charge.dispute.created", share(render(store_, dispute)));
    if (!card.inquiry) withdraw(command, dispute);
}

void Provider::withdraw(const Command& command, Dispute& dispute) {
    dispute.withdrawal = store_.next_id("txn_");
    dispute.withdrawn_at = command.at_us / 1'000'000;
    emit(command, "charge.dispute.funds_withdrawn", share(render(store_, dispute)));
}

Provider::Json Provider::update_dispute(const Command& command, const Params& params,
                                        Dispute& dispute) {
    TRY_OK(check_known(params, kUpdateParams));
    TRY(const auto evidence, check_evidence(params));
    TRY_OK(check_files(store_, evidence));
    TRY(const auto metadata, check_metadata(params));
    TRY(const bool now, check_bool(params, "submit", !evidence.empty()));
    TRY(const auto expand, check_expand(params, kChargeRefs));
    if (now || !evidence.empty()) {
        TRY_OK(check_open(dispute));
    }
    merge_pairs(dispute.evidence, evidence);
    merge_pairs(dispute.metadata, metadata);
    if (now) {
        submit(dispute);
        store_.reviewed.push_back(store_.find("dp_", dispute.id));
    }
    auto shown = share(render(store_, dispute));
    emit(command, "charge.dispute.updated", shown);
    return expand.none() ? shown : share(render(store_, dispute, expand));
}

Provider::Json Provider::close_dispute(const Command& command, const Params& params,
                                       Dispute& dispute) {
    TRY_OK(check_known(params, kCloseParams));
    TRY(const auto expand, check_expand(params, kChargeRefs));
    TRY_OK(check_open(dispute));
    accept(dispute);
    auto shown = share(render(store_, dispute));
    emit(command, "charge.dispute.closed", shown);
    return expand.none() ? shown : share(render(store_, dispute, expand));
}

// The bank gives more time for evidence, or less.
Provider::Json Provider::set_due_by(const Command& command, const Params& params) {
    TRY(const auto id, check_required(params, "id"));
    const auto place = store_.find("dp_", id);
    if (place == kNone) return std::unexpected(missing_object(404, "dispute", id, "id"));
    auto& dispute = store_.disputes[place];
    TRY(dispute.due_by, check_integer(params, kDueBy, 1, kDueByMax, 0));
    emit(command, "charge.dispute.updated", share(render(store_, dispute)));
    json::Writer out;
    out.begin_object().key("changed").begin_array().value(id).end_array().end_object();
    return share(std::move(out).text());
}

// False when the evidence says nothing that a bank could decide by.
bool Provider::decide_dispute(const Command& command, Dispute& dispute) {
    if (!decide(dispute)) return false;
    if (dispute.status == DisputeStatus::needs_response) {  // The inquiry has become a dispute.
        dispute.amount = std::min(dispute.amount, refundable(store_.charges[dispute.charge]));
        emit(command, "charge.dispute.updated", share(render(store_, dispute)));
        if (dispute.amount > 0) withdraw(command, dispute);
        return true;
    }
    if (dispute.status == DisputeStatus::won) {
        dispute.reinstatement = store_.next_id("txn_");
        dispute.reinstated_at = command.at_us / 1'000'000;
        emit(command, "charge.dispute.funds_reinstated", share(render(store_, dispute)));
    }
    emit(command, "charge.dispute.closed", share(render(store_, dispute)));
    return true;
}

}  // namespace florin::sandbox
