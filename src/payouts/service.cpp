#include "payouts/service.h"

#include "base/log.h"
#include "base/random.h"
#include "payouts/pain001.h"

namespace florin::payouts {
namespace {

using payout::Event;
using payout::Status;

constexpr int kRoundsMax = 20;  // Each lost to somebody who got further.
constexpr std::int64_t kBatchMax = 10'000;

std::unexpected<Error> refuse(Fault fault, std::string_view code, std::string_view detail,
                              std::string object) {
    auto refusal = fail(fault, code, detail);
    refusal.error().object = std::move(object);
    return refusal;
}

std::unexpected<Error> busy(std::string object) {
    auto refusal = refuse(Fault::unavailable, "busy",
                          "others are changing the same seller's payouts: repeat the request",
                          std::move(object));
    refusal.error().retry_after_s = 1;
    return refusal;
}

std::unexpected<Error> rail_missing(RailKind rail, const SellerId& seller) {
    return refuse(Fault::conflict, "rail_not_configured",
                  "this installation cannot pay by " + std::string(name(rail)) +
                      ": see docs/payouts.md for its settings",
                  seller.text());
}

void log_refusal(const SellerId& seller, const pg::SqlError& e) {
    log::error("payouts.refused",
               {{"seller", seller.text()}, {"state", e.state}, {"why", e.what()}});
}

// False also when the database refuses one of many: then each is tried by itself.
Task<bool> write_all(Store& store, std::vector<Step> steps) {
    const auto first = steps.front().after.seller;
    try {
        co_return co_await store.write(std::move(steps));
    } catch (const pg::SqlError& e) {
        log_refusal(first, e);
    }
    co_return false;
}

std::string_view detail_of(Holdup holdup) {
    switch (holdup) {
        case Holdup::no_settings:
            return "nobody has said how the seller is paid in this currency: PUT "
                   "/v1/sellers/{id}/payout_settings/{currency}";
        case Holdup::seller_suspended:
            return "the seller is suspended: activate it first";
        case Holdup::destination_suspended:
            return "money came back from there: set the payout settings again";
        case Holdup::nothing_payable:
            return "all that the seller is owed is in payouts already, or is not released yet";
        case Holdup::below_minimum:
            break;
    }
    return "what is left after debts and the reserve is below the minimum of the payout settings";
}

}  // namespace

std::optional<std::string> Service::source_of(RailKind rail) const {
    if (rail == RailKind::bank_file) {
        if (options_.bank.iban.empty()) return std::nullopt;
        return options_.bank.iban;
    }
    const auto found = rails_.find(rail);
    if (found == rails_.end()) return std::nullopt;
    return found->second->source();
}

Wish Service::wish_of(const Settings& settings, std::string source) const {
    Wish wish{.source = std::move(source)};
    const auto limit = options_.limits.find(settings.currency);
    if (limit != options_.limits.end()) wish.limit = limit->second;
    return wish;
}

// Nothing: somebody was faster.
Task<Result<std::optional<Payout>>> Service::try_create(Settings settings, bool is_active,
                                                        Wish wish, std::optional<Run> run) {
    std::vector<Settings> one{settings};
    const auto payable = (co_await store_.payables(std::move(one))).front();
    const auto why = holdups(&settings, is_active, payable);
    if (!why.empty())
        co_return refuse(Fault::conflict, name(why.front()), detail_of(why.front()),
                         settings.seller.text());
    auto step = begin(settings, payable, std::move(wish), now(), random_u64());
    step.run = run;
    std::optional<Payout> made(step.after);
    std::vector<Step> steps;
    steps.push_back(std::move(step));
    if (!co_await store_.write(std::move(steps))) made.reset();
    co_return made;
}

Task<Result<Made>> Service::create(MerchantId merchant, SellerId seller, Currency currency,
                                   KeyId by, ClientKey key) {
    for (int round = 0; round < kRoundsMax; ++round) {
        auto used = co_await store_.payout_by_key(merchant, seller.slot(), key.key);
        if (used && used->request_hash != key.request_hash)
            co_return refuse(Fault::invalid, "idempotency_key_reused",
                             "this Idempotency-Key stands for another request: send a new one",
                             used->id.text());
        if (used) {
            Made before{std::move(*used), true};
            co_return before;
        }
        CO_TRY(const auto who, co_await sellers_.seller(merchant, seller));
        auto settings = co_await store_.settings(seller, currency);
        if (!settings)
            co_return refuse(Fault::conflict, name(Holdup::no_settings),
                             detail_of(Holdup::no_settings), seller.text());
        const auto source = source_of(settings->rail);
        if (!source) co_return rail_missing(settings->rail, seller);
        auto wish = wish_of(*settings, *source);
        wish.asked_by = by;
        wish.key = key;
        const bool is_active = who.state == sellers::SellerState::active;
        std::optional<Run> no_run;
        auto tried = co_await try_create(std::move(*settings), is_active, std::move(wish), no_run);
        // The same request at the same instant may have been the one that took it all.
        if (!tried && co_await store_.payout_by_key(merchant, seller.slot(), key.key)) continue;
        CO_TRY(auto payout, std::move(tried));
        if (!payout) continue;
        Made made{std::move(*payout), false};
        co_return made;
    }
    co_return busy(seller.text());
}

Task<Result<Payout>> Service::decide(MerchantId merchant, PayoutId id, bool approve, KeyId by,
                                     std::string reason) {
    const auto event = approve ? Event::approved : Event::rejected;
    for (int round = 0; round < kRoundsMax; ++round) {
        CO_TRY(auto payout, co_await store_.payout(merchant, id));
        const News news{.by = by};
        if (has_happened(payout, event, news)) co_return payout;
        CO_TRY(auto step, payouts::decide(payout, approve, by, reason, now()));
        payout = step.after;
        std::vector<Step> steps;
        steps.push_back(std::move(step));
        if (co_await store_.write(std::move(steps))) co_return payout;
    }
    co_return busy(id.text());
}

Task<Result<Payout>> Service::tell(MerchantId merchant, PayoutId id, Event event, News news) {
    for (int round = 0; round < kRoundsMax; ++round) {
        CO_TRY(auto payout, co_await store_.payout(merchant, id));
        if (has_happened(payout, event, news)) co_return payout;
        auto known = news;
        // Asking for it back does not end the looks at it.
        if (event == Event::recall_requested) known.due_at = payout.due_at;
        CO_TRY(auto step, payouts::step(payout, event, std::move(known), now()));
        payout = step.after;
        std::vector<Step> steps;
        steps.push_back(std::move(step));
        if (co_await store_.write(std::move(steps))) co_return payout;
    }
    co_return busy(id.text());
}

Task<Result<Settings>> Service::put(Settings settings) {
    if (!source_of(settings.rail)) co_return rail_missing(settings.rail, settings.seller);
    settings.updated_at = now();
    settings.due_at = next_run(settings, settings.updated_at);
    co_await store_.put(settings);
    co_return settings;
}

Task<Result<Batch>> Service::export_batch(MerchantId merchant, PayoutBatchId id) {
    CO_TRY(auto batch, co_await store_.batch(merchant, id));
    co_await store_.export_batch(std::move(batch), now());
    co_return co_await store_.batch(merchant, id);
}

Task<Result<std::string>> Service::file(MerchantId merchant, PayoutBatchId id) {
    CO_TRY(const auto batch, co_await store_.batch(merchant, id));
    if (batch.exported_at == Instant::max())
        co_return refuse(Fault::conflict, "payout_batch_not_exported",
                         "the file has not left yet, and may change until then: POST "
                         "/v1/payout_batches/{id}/export",
                         id.text());
    const auto payouts = co_await store_.payouts_of_batch(id);
    if (payouts.empty())
        co_return refuse(Fault::conflict, "payout_batch_empty",
                         "all payouts of the batch were canceled or held before it left",
                         id.text());
    co_return pain001(batch, payouts);
}

Task<std::int64_t> Service::make_batches(Instant now) {
    std::int64_t n = 0;
    const auto waiting = co_await store_.waiting(now);
    for (const auto& [merchant, currency, source] : waiting) {
        Batch batch{
            .id = PayoutBatchId::make(now, slot_of(view(merchant.uuid()), source), random_u64()),
            .merchant = merchant,
            .currency = currency,
            .source = source,
            .name = options_.bank.name,
            .bic = source == options_.bank.iban ? options_.bank.bic : "",
            .created_at = now};
        n += co_await store_.make_batch(std::move(batch), kBatchMax);
    }
    co_return n;
}

Task<> Service::make_due(std::vector<DueSettings> due) {
    std::vector<Settings> all;
    for (const auto& one : due) all.push_back(one.settings);
    const auto payables = co_await store_.payables(std::move(all));
    const auto at = now();
    std::vector<Step> steps;
    std::vector<DueSettings> payable;
    for (std::size_t n = 0; n < due.size(); ++n) {
        const auto& settings = due[n].settings;
        const auto source = source_of(settings.rail);
        const auto next = next_run(settings, at);
        if (!source || !holdups(&settings, due[n].seller_is_active, payables[n]).empty()) {
            co_await store_.put_off_run(settings, next);
            continue;
        }
        auto step = begin(settings, payables[n], wish_of(settings, *source), at, random_u64());
        step.run = Run{settings.due_at, next};
        steps.push_back(std::move(step));
        payable.push_back(due[n]);
    }
    if (steps.empty() || co_await write_all(store_, std::move(steps))) co_return;
    for (auto& one : payable) {
        try {  // Nothing that is wrong with one seller keeps the others from their money.
            co_await make_one(one);
        } catch (const pg::SqlError& e) {
            log_refusal(one.settings.seller, e);
        }
    }
}

// Somebody was faster at one of many: each by itself.
Task<> Service::make_one(DueSettings due) {
    for (int round = 0; round < kRoundsMax; ++round) {
        const auto source = source_of(due.settings.rail);
        const auto next = next_run(due.settings, now());
        std::optional<Run> run(Run{due.settings.due_at, next});
        auto wish = wish_of(due.settings, source.value_or(""));
        const auto made =
            co_await try_create(due.settings, due.seller_is_active, std::move(wish), run);
        if (!made) co_await store_.put_off_run(due.settings, next);
        if (!made || *made) co_return;
        const auto again = co_await store_.settings(due.settings.seller, due.settings.currency);
        if (!again || again->due_at != due.settings.due_at) co_return;  // The run is made.
    }
}

}  // namespace florin::payouts
