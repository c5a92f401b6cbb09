#include "payouts/rules.h"

#include <algorithm>

#include "base/check.h"
#include "payouts/postings.h"

namespace florin::payouts {
namespace {

using payout::Event;
using payout::Status;
using std::chrono::days;
using std::chrono::hours;

constexpr std::int64_t kRateWhole = 1'000'000;

std::string_view kind_of(Event event) {
    if (event == Event::returned) return kReturnedKind;
    return event == Event::failed ? kFailedKind : kCanceledKind;
}

bool is_back(Status status) {
    return status == Status::failed || status == Status::canceled || status == Status::returned;
}

void book(Step& step, const Payout& before, Event event, std::int64_t fee, Instant now) {
    const auto& after = step.after;
    if (after.status == before.status) return;
    if (after.status == Status::paid)
        step.postings.push_back(paid_posting(after, fee, now));
    else if (before.status == Status::paid)
        step.postings.push_back(returned_posting(after, fee, now));
    else if (is_back(after.status))
        step.postings.push_back(back_posting(after, std::string(kind_of(event)), fee, now));
}

std::string reason_of(const connectors::Declined& no) {
    return no.detail_code.empty() ? no.code : no.code + ": " + no.detail_code;
}

std::unexpected<Error> refuse(const Payout& payout, Fault fault, std::string_view code,
                              std::string_view detail) {
    auto refusal = fail(fault, code, detail);
    refusal.error().object = payout.id.text();
    return refusal;
}

}  // namespace

std::string_view name(Holdup holdup) {
    return kHoldupNames.at(static_cast<std::size_t>(holdup));
}

Cut cut_of(const Payable& payable, std::int64_t reserve_rate) {
    Cut cut;
    cut.netted =
        std::clamp<std::int64_t>(payable.debt, 0, std::max<std::int64_t>(payable.gross, 0));
    const auto left = payable.gross - cut.netted;
    const auto base = std::clamp<std::int64_t>(payable.fresh, 0, std::max<std::int64_t>(left, 0));
    cut.reserved =
        static_cast<std::int64_t>(static_cast<__int128>(base) * reserve_rate / kRateWhole);
    cut.amount = left - cut.reserved;
    return cut;
}

std::vector<Holdup> holdups(const Settings* settings, bool seller_is_active,
                            const Payable& payable) {
    std::vector<Holdup> out;
    if (!settings) out.push_back(Holdup::no_settings);
    if (!seller_is_active) out.push_back(Holdup::seller_suspended);
    if (settings && !settings->suspended.empty()) out.push_back(Holdup::destination_suspended);
    if (payable.gross <= 0) {
        out.push_back(Holdup::nothing_payable);
    } else if (settings) {
        const auto amount = cut_of(payable, settings->reserve_rate).amount;
        if (amount > 0 && amount < settings->minimum) out.push_back(Holdup::below_minimum);
    }
    return out;
}

Instant next_run(const Settings& settings, Instant after) {
    if (settings.schedule == Schedule::manual) return Instant::max();
    auto day = std::chrono::floor<days>(after);
    const auto is_right = [&](auto one) {
        const auto weekday = std::chrono::weekday(one).iso_encoding() - 1;
        return settings.schedule == Schedule::daily ||
               weekday == static_cast<unsigned>(settings.weekday);
    };
    while (!is_right(day) || Instant(day) + hours(settings.hour) <= after) day += days(1);
    return Instant(day) + hours(settings.hour);
}

Step begin(const Settings& settings, const Payable& payable, Wish wish, Instant now,
           std::uint64_t random) {
    check(holdups(&settings, true, payable).empty(), "the payout has nothing in its way");
    const auto slot = settings.seller.slot();
    const auto cut = cut_of(payable, settings.reserve_rate);
    const bool needs_second = wish.limit && cut.amount > *wish.limit;
    const auto status = cut.amount == 0 ? Status::netted
                        : needs_second  ? Status::awaiting_approval
                                        : Status::approved;
    Step step{.after = {.id = PayoutId::make(now, slot, random),
                        .merchant = settings.merchant,
                        .seller = settings.seller,
                        .seller_reference = settings.reference,
                        .currency = settings.currency,
                        .account = payable.account,
                        .from_seq = payable.from_seq,
                        .to_seq = payable.to_seq,
                        .gross = payable.gross,
                        .netted = cut.netted,
                        .reserved = cut.reserved,
                        .amount = cut.amount,
                        .rail = settings.rail,
                        .source = std::move(wish.source),
                        .destination = settings.destination,
                        .status = status,
                        .version = 1,
                        .asked_by = wish.asked_by,
                        .destination_by = settings.set_by,
                        .client_key = std::move(wish.key.key),
                        .request_hash = wish.key.request_hash,
                        .created_at = now,
                        .updated_at = now},
              .event = "created",
              .by = wish.asked_by};
    if (status == Status::approved) step.after.due_at = now;
    if (cut.reserved > 0) step.reserve_until = now + days(settings.reserve_days);
    step.postings.push_back(created_posting(step.after));
    return step;
}

Result<Step> step(const Payout& payout, Event event, News news, Instant now) {
    const auto to = next(payout::kTransitions, payout.status, event);
    // What leaves by itself comes back by itself, but not at our word.
    if (!to || (event == Event::recalled && !payout.recall_requested))
        return refuse(payout, Fault::conflict, "payout_out_of_order",
                      "the payout is " + std::string(name(payout.status)) + ": it cannot be " +
                          std::string(name(event)) + " now");
    Step step{
        .after = payout, .event = std::string(name(event)), .by = news.by, .detail = news.reason};
    auto& after = step.after;
    after.status = *to;
    ++after.version;
    after.updated_at = now;
    after.due_at = news.due_at;
    after.fee += news.fee;
    if (!news.reference.empty()) after.reference = std::move(news.reference);
    if (!news.reason.empty()) after.reason = std::move(news.reason);
    if (event == Event::sent) {
        // The rail's key is as old as its first use that may have had an effect.
        if (payout.status == Status::approved) after.sent_at = now;
        after.tries = static_cast<std::int16_t>(std::min(payout.tries + 1, 1000));
    }
    if (event == Event::recall_requested) after.recall_requested = true;
    if (event == Event::returned)
        step.suspends = after.reason.empty() ? "a payout was returned" : after.reason;
    book(step, payout, event, news.fee, now);
    return step;
}

Result<Step> decide(const Payout& payout, bool approve, KeyId by, std::string reason, Instant now) {
    if (by == payout.asked_by || by == payout.destination_by)
        return refuse(payout, Fault::forbidden, "approver_is_asker",
                      "this key asked for the payout, or said where it goes: a second person "
                      "decides, with another key");
    News news{.by = by, .reason = std::move(reason)};
    if (approve) news.due_at = now;
    TRY(auto decided,
        step(payout, approve ? Event::approved : Event::rejected, std::move(news), now));
    decided.after.decided_by = by;
    return decided;
}

bool has_happened(const Payout& payout, Event event, const News& news) {
    const bool is_same = news.reference.empty() || news.reference == payout.reference;
    switch (event) {
        case Event::approved:
            return payout.decided_by == news.by && payout.status != Status::canceled;
        case Event::rejected:
            return payout.decided_by == news.by && payout.status == Status::canceled;
        case Event::canceled:
        case Event::recalled:
            return payout.status == Status::canceled;
        case Event::recall_requested:
            return payout.recall_requested;
        case Event::paid:
            return payout.status == Status::paid && is_same;
        case Event::failed:
            return payout.status == Status::failed && is_same;
        case Event::returned:
            return payout.status == Status::returned && is_same;
        default:
            return false;
    }
}

std::optional<Heard> heard(const Payout& payout, const connectors::Outcome& outcome) {
    using namespace connectors;
    const bool was_sent = payout.status == Status::sending;
    const bool was_paid = payout.status == Status::paid;
    if (const auto* no = std::get_if<Declined>(&outcome))
        return Heard{was_paid ? Event::returned : Event::failed,
                     {.reference = no->reference, .reason = reason_of(*no)}};
    if (was_paid) return std::nullopt;
    if (const auto* yes = std::get_if<Succeeded>(&outcome))
        return Heard{Event::paid, {.reference = yes->reference}};
    if (const auto* pending = std::get_if<Pending>(&outcome)) {
        if (payout.status == Status::in_transit) return std::nullopt;
        return Heard{Event::accepted, {.reference = pending->reference, .reason = pending->why}};
    }
    if (const auto* not_sent = std::get_if<NotSent>(&outcome); not_sent && was_sent)
        return Heard{Event::not_sent, {.reason = not_sent->why}};
    if (!was_sent) return std::nullopt;
    const auto* unknown = std::get_if<Unknown>(&outcome);
    return Heard{Event::outcome_unknown, {.reason = unknown ? unknown->why : ""}};
}

std::chrono::seconds patience(std::int16_t tries) {
    constexpr std::array<int, 6> kWaits = {2, 10, 30, 120, 600, 3600};
    const auto n = std::clamp<std::size_t>(static_cast<std::size_t>(std::max<int>(tries, 0)), 0,
                                           kWaits.size() - 1);
    return std::chrono::seconds(kWaits[n]);
}

}  // namespace florin::payouts
