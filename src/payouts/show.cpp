#include "payouts/show.h"

#include <fmt/format.h>

#include <algorithm>

#include "domain/money.h"
#include "payouts/postings.h"
#include "sellers/types.h"

namespace florin::payouts {
namespace {

void field_or_null(json::Writer& out, std::string_view name, std::string_view text) {
    out.key(name);
    text.empty() ? out.null() : out.value(text);
}

void time_or_null(json::Writer& out, std::string_view name, Instant at) {
    field_or_null(out, name, at == Instant::max() ? "" : to_text(at));
}

void key_or_null(json::Writer& out, std::string_view name, const KeyId& key) {
    field_or_null(out, name, key == KeyId() ? "" : key.text());
}

std::string money(std::int64_t minor, Currency currency) {
    return Money(minor, currency).decimal();
}

void show(json::Writer& out, RailKind rail, const Destination& to) {
    out.begin_object();
    if (rail == RailKind::bank_file) {
        out.field("name", to.name).field("iban", to.account);
        field_or_null(out, "bic", to.bic);
    } else {
        out.field(rail == RailKind::wallet ? "wallet" : "account", to.account);
    }
    out.end_object();
}

void fields_of(json::Writer& out, const Payout& p) {
    out.field("id", p.id.text()).field("object", "payout").field("status", name(p.status));
    out.field("seller", p.seller.text()).field("seller_account", p.seller_reference);
    out.field("currency", p.currency.code()).field("amount", money(p.amount, p.currency));
    out.field("amount_gross", money(p.gross, p.currency));
    out.field("amount_netted", money(p.netted, p.currency));
    out.field("amount_reserved", money(p.reserved, p.currency));
    out.field("fee", money(p.fee, p.currency)).field("rail", name(p.rail)).key("destination");
    show(out, p.rail, p.destination);
    out.field("recall_requested", p.recall_requested);
    key_or_null(out, "asked_by", p.asked_by);
    key_or_null(out, "decided_by", p.decided_by);
    field_or_null(out, "reference", p.reference);
    field_or_null(out, "reason", p.reason);
    field_or_null(out, "batch", p.batch == PayoutBatchId() ? "" : p.batch.text());
    time_or_null(out, "sent_at", p.sent_at);
    out.field("created_at", to_text(p.created_at)).field("updated_at", to_text(p.updated_at));
}

bool is_of_payouts(std::string_view kind) {
    return kind.starts_with("payout") || kind == kReserveKind;
}

// What an order was split into, of the entries that released it.
void show_order(json::Writer& out, const Explained& one, Currency currency) {
    std::int64_t amount = 0, seller = 0, commission = 0, logistics = 0;
    for (const auto& leg : one.legs) {
        if (leg.code == ledger::kEscrow) amount += leg.amount;
        if (leg.code == ledger::kCommission) commission -= leg.amount;
        if (leg.code == ledger::kLogisticsPayable) logistics -= leg.amount;
    }
    seller = one.item.amount;
    out.key("released").begin_object().field("amount", money(amount, currency));
    out.field("seller_amount", money(seller, currency));
    out.field("commission", money(commission, currency));
    out.field("logistics", money(logistics, currency));
    out.field("sums", amount == seller + commission + logistics).end_object();
}

void show(json::Writer& out, const Explained& one, Currency currency) {
    const auto& item = one.item;
    out.begin_object().field("number", item.seq).field("kind", item.kind);
    out.field("amount", money(item.amount, currency)).field("at", to_text(item.at));
    const bool is_ours = is_of_payouts(item.kind);
    field_or_null(out, "payment", is_ours ? "" : source_of(item));
    field_or_null(out, "payment_order", order_of(item));
    field_or_null(out, "payout", is_ours ? source_of(item) : "");
    if (item.kind == "release") show_order(out, one, currency);
    out.key("entries").begin_array();
    for (const auto& leg : one.legs) {
        const auto amount = money(leg.amount < 0 ? -leg.amount : leg.amount, currency);
        out.begin_object();
        out.field("account", ledger::AccountName{leg.code, leg.owner, currency}.text());
        out.field("direction", leg.amount > 0 ? "debit" : "credit").field("amount", amount);
        out.end_object();
    }
    out.end_array().end_object();
}

std::string quoted(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    return out + '"';
}

}  // namespace

std::string source_of(const Item& item) {
    return is_of_payouts(item.kind) ? PayoutId(item.source).text() : PaymentId(item.source).text();
}

std::string order_of(const Item& item) {
    return is_of_payouts(item.kind) ? "" : PaymentOrderId(item.reference).text();
}

void show(json::Writer& out, const Payout& payout) {
    out.begin_object();
    fields_of(out, payout);
    out.end_object();
}

void show(json::Writer& out, const Payout& payout, const std::vector<History>& history) {
    out.begin_object();
    fields_of(out, payout);
    out.key("history").begin_array();
    for (const auto& one : history) {
        out.begin_object().field("type", "payout." + one.event).field("status", one.status);
        key_or_null(out, "by", one.by);
        field_or_null(out, "detail", one.detail);
        out.field("at", to_text(one.at)).end_object();
    }
    out.end_array().end_object();
}

void show(json::Writer& out, const PayoutEvent& event) {
    const auto& [p, step] = event;
    out.begin_object().field("id", p.id.text()).field("object", "payout");
    out.field("version", step.version).field("status", step.status);
    out.field("seller", p.seller.text()).field("seller_account", p.seller_reference);
    out.field("currency", p.currency.code()).field("amount", money(p.amount, p.currency));
    key_or_null(out, "by", step.by);
    field_or_null(out, "detail", step.detail);
    out.end_object();
}

void show(json::Writer& out, const Settings& s) {
    out.begin_object().field("object", "payout_settings").field("seller", s.seller.text());
    out.field("currency", s.currency.code()).field("rail", name(s.rail)).key("destination");
    show(out, s.rail, s.destination);
    field_or_null(out, "suspended", s.suspended);
    out.field("schedule", name(s.schedule));
    const bool weekly = s.schedule == Schedule::weekly;
    field_or_null(out, "weekday",
                  weekly ? kWeekdayNames.at(static_cast<std::size_t>(s.weekday)) : "");
    out.key("hour");
    s.schedule == Schedule::manual ? out.null() : out.value(s.hour);
    out.field("minimum", money(s.minimum, s.currency));
    out.field("reserve_rate", sellers::percent(s.reserve_rate));
    out.field("reserve_days", s.reserve_days);
    time_or_null(out, "next_run_at", s.due_at);
    out.field("updated_at", to_text(s.updated_at)).end_object();
}

void show(json::Writer& out, const Batch& b) {
    out.begin_object().field("id", b.id.text()).field("object", "payout_batch");
    out.field("rail", name(RailKind::bank_file)).field("currency", b.currency.code());
    out.field("amount", money(b.amount, b.currency)).field("payouts", b.payouts);
    out.field("paid_from", b.source).field("created_at", to_text(b.created_at));
    time_or_null(out, "exported_at", b.exported_at);
    out.end_object();
}

bool adds_up(const Explanation& e) {
    const auto& p = e.payout;
    return e.proof.sum == p.gross && e.proof.booked == p.gross &&
           p.gross == p.netted + p.reserved + p.amount;
}

void show(json::Writer& out, const Explanation& e) {
    const auto& p = e.payout;
    const auto amount = [&](std::string_view name, std::int64_t minor) {
        out.field(name, money(minor, p.currency));
    };
    out.begin_object().field("object", "payout_explanation").key("payout");
    show(out, p);
    out.key("items").begin_array();
    for (const auto& one : e.items) show(out, one, p.currency);
    out.end_array().field("has_more", e.next.has_value()).key("next_cursor");
    e.next ? out.value(std::to_string(*e.next)) : out.null();
    out.key("proof").begin_object().field("items", e.proof.items);
    amount("items_sum", e.proof.sum);
    amount("booked", e.proof.booked);
    amount("netted", p.netted);
    amount("reserved", p.reserved);
    amount("paid", p.amount);
    amount("fee", p.fee);
    out.field("equal", adds_up(e)).end_object().end_object();
}

Standing standing_of(SellerId seller, Currency currency, std::optional<Settings> settings,
                     bool is_active, Payable payable, Balances balances,
                     std::vector<Payout> payouts, std::vector<Reserve> reserves) {
    using payout::Status;
    Standing out{.seller = seller, .currency = currency, .payable = payable, .balances = balances};
    for (const auto one : holdups(settings ? &*settings : nullptr, is_active, payable))
        out.why.emplace_back(name(one));
    if (out.why.empty() && settings)
        out.why.emplace_back(settings->due_at == Instant::max() ? "on_demand_only" : "scheduled");
    for (auto& one : payouts) {
        const auto status = one.status;
        if (status != Status::awaiting_approval && status != Status::approved &&
            status != Status::sending && status != Status::unknown && status != Status::in_transit)
            continue;
        out.why.emplace_back(status == Status::approved && one.batch != PayoutBatchId()
                                 ? "awaiting_export"
                                 : name(status));
        out.open.push_back(std::move(one));
    }
    if (balances.reserve > 0) out.why.emplace_back("reserve_held");
    if (balances.debt > 0) out.why.emplace_back("debt");
    std::vector<std::string> once;
    for (auto& word : out.why)
        if (std::ranges::find(once, word) == once.end()) once.push_back(std::move(word));
    out.why = std::move(once);
    out.settings = std::move(settings);
    out.reserves = std::move(reserves);
    return out;
}

void show(json::Writer& out, const Standing& s) {
    std::int64_t in_flight = 0;
    for (const auto& one : s.open) in_flight += one.amount;
    const auto amount = [&](std::string_view name, std::int64_t minor) {
        out.field(name, money(minor, s.currency));
    };
    out.begin_object().field("object", "payout_status").field("seller", s.seller.text());
    out.field("currency", s.currency.code());
    amount("available", s.balances.payable);
    amount("reserve", s.balances.reserve);
    amount("debt", s.balances.debt);
    amount("in_flight", in_flight);
    const auto cut = cut_of(s.payable, s.settings ? s.settings->reserve_rate : 0);
    amount("next_amount", std::max<std::int64_t>(cut.amount, 0));
    time_or_null(out, "next_run_at", s.settings ? s.settings->due_at : Instant::max());
    out.key("why").begin_array();
    for (const auto& word : s.why) out.value(word);
    out.end_array().key("open").begin_array();
    for (const auto& one : s.open) {
        out.begin_object().field("id", one.id.text()).field("status", name(one.status));
        amount("amount", one.amount);
        out.field("created_at", to_text(one.created_at)).end_object();
    }
    out.end_array().key("reserves").begin_array();
    for (const auto& one : s.reserves) {
        out.begin_object().field("payout", one.payout.text());
        amount("amount", one.amount);
        out.field("until", to_text(one.due_at)).end_object();
    }
    out.end_array();
    if (!s.order.empty()) out.key("order").raw(s.order);
    out.end_object();
}

std::string statement(const std::vector<Item>& entries, Currency currency) {
    std::string out =
        "number,at,kind,payment_or_payout,payment_order,amount,balance_after,currency\r\n";
    for (const auto& one : entries)
        out +=
            fmt::format("{},{},{},{},{},{},{},{}\r\n", one.seq, to_text(one.at), quoted(one.kind),
                        source_of(one), order_of(one), money(one.amount, currency),
                        money(one.balance_after, currency), currency.code());
    return out;
}

}  // namespace florin::payouts
