// Fee rules: what is taken of the orders of a seller or a category, and when.

#include "sellers/show.h"

#include "api/amounts.h"
#include "api/handlers.h"
#include "api/query.h"
#include "base/text.h"
#include "sellers/store.h"

namespace florin::api {
namespace {

using sellers::FeeRule;
using sellers::Tier;

void show_rule(json::Writer& out, const FeeRule& rule) {
    sellers::show(out, rule);
}

http::Response rule_response(int status, const FeeRule& rule) {
    json::Writer out;
    show_rule(out, rule);
    return json_response(status, std::move(out).text());
}

Result<FeeRuleId> read_id(const Call& call) {
    const auto id = FeeRuleId::parse(call.id);
    if (id) return *id;
    return fail(Fault::not_found, "fee_rule_not_found",
                "there is no rule '" + std::string(shorten(call.id, 64)) + "': see /v1/fee_rules");
}

// Rules are valid to the millisecond, which is what the API shows: so it can be sent back.
Instant to_milliseconds(Instant time) {
    return std::chrono::floor<std::chrono::milliseconds>(time);
}

std::optional<Instant> read_time(Form& form, Fields fields, std::string_view name) {
    return read_optional_time(form, fields, name).transform(to_milliseconds);
}

std::int64_t read_rate(Form& form, Fields fields) {
    const auto rate = sellers::rate_from(fields.text("rate"));
    if (!rate) form.add_error(fields.pointer("rate"), rate.error().code, rate.error().detail);
    return rate.value_or(0);
}

std::vector<Tier> read_tiers(Form& form, Fields root, Currency currency) {
    std::vector<Tier> tiers;
    for (auto& fields : root.optional_list("tiers", sellers::kTiersMax)) {
        const auto from = Money::parse(fields.amount("from"), currency);
        const auto place = fields.pointer("from");
        if (!from) {
            form.add_error(place, from.error().code, from.error().detail);
        } else if (tiers.empty() && !from->is_zero()) {
            form.add_error(place, "tier_not_from_zero", "send \"0\": the first tier begins there");
        } else if (!tiers.empty() && from->minor() <= tiers.back().from) {
            form.add_error(place, "tier_not_later",
                           "send more than in the tier before: each begins where that one ends");
        }
        tiers.push_back({from ? from->minor() : 0, read_rate(form, fields)});
    }
    return tiers;
}

// `rate` or `tiers`; neither is a rate of zero beside a fixed amount or a minimum.
std::vector<Tier> read_rates(Form& form, Fields root, Currency currency) {
    auto tiers = read_tiers(form, root, currency);
    if (root.has("rate") && root.has("tiers"))
        form.add_error(root.pointer("rate"), "rate_and_tiers", "send rate or tiers, not both");
    if (root.has("rate")) return {{0, read_rate(form, root)}};
    if (!root.has("tiers") && !root.has("fixed") && !root.has("minimum"))
        form.add_error(root.pointer("rate"), "missing_field",
                       "send rate, tiers, fixed or minimum: \"0\" takes nothing");
    return tiers.empty() ? std::vector<Tier>(1) : tiers;
}

std::optional<SellerId> read_seller(Form& form, Fields root) {
    const auto text = root.optional_text("seller", {.length_max = kNameLength});
    if (!text) return std::nullopt;
    const auto id = SellerId::parse(*text);
    if (!id)
        form.add_error(root.pointer("seller"), "seller_malformed",
                       "send the id of a seller, sel_..., or leave it out for all of them");
    return id;
}

std::optional<std::int64_t> read_maximum(Form& form, Fields root, const FeeRule& rule) {
    const auto maximum = read_optional_amount(form, root, "maximum", rule.currency);
    if (!maximum) return std::nullopt;
    if (!maximum->is_positive())
        form.add_error(root.pointer("maximum"), "amount_not_positive", "send an amount above zero");
    if (maximum->minor() < rule.minimum)
        form.add_error(root.pointer("maximum"), "maximum_below_minimum",
                       "send at least the minimum");
    return maximum->minor();
}

// A rule and whether the request names its beginning.
struct Wanted {
    FeeRule rule;
    bool names_valid_from;
};

Result<Wanted> read(const Call& call) {
    Form form(call.request.body);
    Fields root = form.root();
    const auto kind = root.word("kind", {"commission", "logistics"});
    const auto currency = read_currency(form, root).value_or("EUR"_currency);
    const auto amount = [&](std::string_view name) {
        return read_optional_amount(form, root, name, currency)
            .value_or(Money(0, currency))
            .minor();
    };
    const auto valid_from = read_time(form, root, "valid_from");
    FeeRule rule{
        .merchant = call.caller.merchant,  // Never from the body.
        .kind = sellers::fee_kind_from(kind).value_or(sellers::FeeKind::commission),
        .seller = read_seller(form, root),
        .category = root.optional_text("category", {.length_max = kNameLength}).value_or(""),
        .currency = currency,
        .tiers = read_rates(form, root, currency),
        .fixed = amount("fixed"),
        .minimum = amount("minimum"),
        .created_at = to_milliseconds(now()),
    };
    rule.maximum = read_maximum(form, root, rule);
    rule.valid_from = valid_from.value_or(rule.created_at);
    rule.valid_until = read_time(form, root, "valid_until").value_or(Instant::max());
    if (rule.valid_until <= rule.valid_from)
        form.add_error(root.pointer("valid_until"), "valid_until_too_early",
                       "send a time after the one from which it is valid");
    TRY_OK(form.finish());
    return Wanted{std::move(rule), valid_from.has_value()};
}

Error at_field(std::string_view pointer, Error error) {
    error.fields.push_back({std::string(pointer), error.code, error.detail});
    return error;
}

// Failure: Invalid seller_unknown.
Task<Result<void>> check_seller(Services& services, MerchantId merchant,
                                std::optional<SellerId> seller) {
    if (!seller) co_return Result<void>();
    const auto found = co_await services.sellers.seller(merchant, *seller);
    if (found) co_return Result<void>();
    auto refusal = fail(Fault::invalid, "seller_unknown",
                        "there is no seller " + seller->text() + ": register it first");
    co_return std::unexpected(at_field("#/seller", std::move(refusal.error())));
}

Result<sellers::RuleFilter> read_filter(const Call& call) {
    Query query(call.target);
    sellers::RuleFilter filter{.merchant = call.caller.merchant};
    const auto kind = query.text("kind"), seller = query.text("seller");
    filter.kind = sellers::fee_kind_from(kind);
    if (!kind.empty() && !filter.kind)
        query.add_error("kind", "not_allowed", "send commission or logistics");
    filter.seller = SellerId::parse(seller);
    if (!seller.empty() && !filter.seller)
        query.add_error("seller", "seller_malformed", "send the id of a seller, sel_...");
    const auto currency = query.text("currency");
    filter.currency = currency_from(currency);
    if (!currency.empty() && !filter.currency)
        query.add_error("currency", "currency_unknown", "send an ISO 4217 code in capitals");
    const auto after = query.text("starting_after");
    filter.after = FeeRuleId::parse(after);
    if (!after.empty() && !filter.after)
        query.add_error("starting_after", "cursor_malformed", "send the id of a rule, fee_...");
    filter.limit = query.limit();
    TRY_OK(query.finish());
    return filter;
}

// When it is to end; nothing = at once.
Result<std::optional<Instant>> read_end(const Call& call, Instant at) {
    Form form(call.request.body.empty() ? "{}" : call.request.body);
    Fields root = form.root();
    const auto until = read_time(form, root, "valid_until");
    if (until && *until < at)
        form.add_error(root.pointer("valid_until"), "valid_until_in_past",
                       "what was valid must not change afterwards: send a time that is still to "
                       "come, or leave it out to end now");
    TRY_OK(form.finish());
    return until;
}

}  // namespace

Handled create_fee_rule(Services& services, Call call) {
    CO_TRY(auto wanted, read(call));
    CO_TRY_OK(co_await check_seller(services, wanted.rule.merchant, wanted.rule.seller));
    auto added = co_await services.sellers.add(std::move(wanted.rule), wanted.names_valid_from);
    if (!added && added.error().code == "valid_from_in_past")
        co_return std::unexpected(at_field("#/valid_from", std::move(added.error())));
    CO_TRY(auto kept, std::move(added));
    auto response = rule_response(kept.is_new ? 201 : 200, kept.row);
    response.headers.add("Location", "/v1/fee_rules/" + kept.row.id.text());
    co_return response;
}

Handled list_fee_rules(Services& services, Call call) {
    CO_TRY(auto filter, read_filter(call));
    const auto limit = static_cast<std::size_t>(filter.limit++);  // One more tells of more.
    auto found = co_await services.sellers.rules(filter);
    const bool more = found.size() > limit;
    if (more) found.pop_back();
    std::optional<std::string> next;
    if (more) next = found.back().id.text();
    co_return list_response(call.target.path, found, show_rule, more, next);
}

Handled get_fee_rule(Services& services, Call call) {
    CO_TRY(const auto id, read_id(call));
    CO_TRY(const auto rule, co_await services.sellers.rule(call.caller.merchant, id));
    co_return rule_response(200, rule);
}

Handled end_fee_rule(Services& services, Call call) {
    const auto at = to_milliseconds(now());
    CO_TRY(const auto id, read_id(call));
    CO_TRY(const auto until, read_end(call, at));
    CO_TRY(const auto rule,
           co_await services.sellers.end_rule(call.caller.merchant, id, until, at));
    co_return rule_response(200, rule);
}

}  // namespace florin::api
