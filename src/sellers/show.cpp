#include "sellers/show.h"

namespace florin::sellers {
namespace {

void field_or_null(json::Writer& out, std::string_view name, std::string_view text) {
    out.key(name);
    text.empty() ? out.null() : out.value(text);
}

}  // namespace

void show(json::Writer& out, const Seller& seller) {
    out.begin_object().field("id", seller.id.text()).field("object", "seller");
    out.field("reference", seller.reference).field("name", seller.name);
    field_or_null(out, "country", seller.country);
    out.field("state", name(seller.state)).field("created_at", to_text(seller.created_at));
    out.field("updated_at", to_text(seller.updated_at)).end_object();
}

void show(json::Writer& out, const FeeRule& rule) {
    const auto money = [&](std::int64_t minor) { return Money(minor, rule.currency).decimal(); };
    const bool is_flat = rule.tiers.size() == 1;
    out.begin_object().field("id", rule.id.text()).field("object", "fee_rule");
    out.field("kind", name(rule.kind));
    field_or_null(out, "seller", rule.seller ? rule.seller->text() : "");
    field_or_null(out, "category", rule.category);
    out.field("currency", rule.currency.code());
    field_or_null(out, "rate", is_flat ? percent(rule.tiers.front().rate) : "");
    out.key("tiers").begin_array();
    for (const auto& tier : rule.tiers) {
        if (is_flat) break;
        out.begin_object().field("from", money(tier.from)).field("rate", percent(tier.rate));
        out.end_object();
    }
    out.end_array().field("fixed", money(rule.fixed)).field("minimum", money(rule.minimum));
    field_or_null(out, "maximum", rule.maximum ? money(*rule.maximum) : "");
    out.field("valid_from", to_text(rule.valid_from));
    const bool has_end = rule.valid_until != Instant::max();
    field_or_null(out, "valid_until", has_end ? to_text(rule.valid_until) : "");
    out.field("created_at", to_text(rule.created_at)).end_object();
}

Preview preview_of(std::span<const FeeRule> rules, Sale sale, Money amount) {
    const auto* commission = rule_for(rules, FeeKind::commission, sale);
    const auto* logistics = rule_for(rules, FeeKind::logistics, sale);
    const auto fees = fees_of(amount.minor(), commission, logistics);
    return {std::move(sale), amount, fees, commission, logistics};
}

void show(json::Writer& out, const Preview& preview) {
    const auto money = [&](std::int64_t minor) {
        return Money(minor, preview.amount.currency()).decimal();
    };
    const auto fee = [&](FeeKind kind, std::int64_t minor, const FeeRule* rule) {
        out.key(name(kind)).begin_object().field("amount", money(minor)).key("rule");
        rule ? show(out, *rule) : static_cast<void>(out.null());
        out.end_object();
    };
    out.begin_object().field("object", "fees").field("seller", preview.sale.seller.text());
    field_or_null(out, "category", preview.sale.category);
    out.field("at", to_text(preview.sale.at)).field("currency", preview.amount.currency().code());
    out.field("amount", preview.amount.decimal());
    out.field("seller_amount", money(preview.fees.seller));
    fee(FeeKind::commission, preview.fees.commission, preview.commission);
    fee(FeeKind::logistics, preview.fees.logistics, preview.logistics);
    out.end_object();
}

}  // namespace florin::sellers
