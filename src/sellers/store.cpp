#include "sellers/store.h"

#include "base/check.h"
#include "base/random.h"
#include "sellers/sql.h"
#include "storage/rows.h"

namespace florin::sellers {

using storage::slot_number;

namespace {

Seller read_seller(const pg::Rows& rows, std::size_t i) {
    return {.id = SellerId(Uuid{rows.uuid(i, 0)}),
            .merchant = MerchantId(Uuid{rows.uuid(i, 1)}),
            .reference = std::string(rows.text(i, 2)),
            .name = std::string(rows.text(i, 3)),
            .country = std::string(rows.text(i, 4)),
            .state = static_cast<SellerState>(rows.int16(i, 5)),
            .created_at = rows.time(i, 6),
            .updated_at = rows.time(i, 7)};
}

std::vector<Tier> read_tiers(const pg::Rows& rows, std::size_t i) {
    const auto from = rows.int64s(i, 6), rates = rows.int64s(i, 7);
    check(from.size() == rates.size(), "each tier has a rate");
    std::vector<Tier> tiers;
    for (std::size_t n = 0; n < from.size(); ++n) tiers.push_back({from[n], rates[n]});
    return tiers;
}

FeeRule read_rule(const pg::Rows& rows, std::size_t i) {
    const auto currency = currency_from(rows.text(i, 5));
    check(currency.has_value(), "a stored currency is in the table");
    const SellerId seller(Uuid{rows.uuid(i, 3)});
    const auto maximum = rows.int64(i, 10);
    return {.id = FeeRuleId(Uuid{rows.uuid(i, 0)}),
            .merchant = MerchantId(Uuid{rows.uuid(i, 1)}),
            .kind = static_cast<FeeKind>(rows.int16(i, 2)),
            .seller = seller == SellerId() ? std::nullopt : std::optional(seller),
            .category = std::string(rows.text(i, 4)),
            .currency = *currency,
            .tiers = read_tiers(rows, i),
            .fixed = rows.int64(i, 8),
            .minimum = rows.int64(i, 9),
            .maximum = maximum == 0 ? std::nullopt : std::optional(maximum),
            .valid_from = rows.time(i, 11),
            .valid_until = rows.time(i, 12),
            .created_at = rows.time(i, 13)};
}

std::vector<FeeRule> read_rules(const pg::Rows& rows) {
    std::vector<FeeRule> out;
    for (std::size_t i = 0; i < rows.size(); ++i) out.push_back(read_rule(rows, i));
    return out;
}

pg::Records record_of(const FeeRule& rule) {
    std::vector<std::int64_t> from, rates;
    for (const auto& tier : rule.tiers) {
        from.push_back(tier.from);
        rates.push_back(tier.rate);
    }
    pg::Records record("florin.fee_rule");
    record.add(slot_number(rule.id.slot()), rule.id.uuid().bytes, rule.merchant.uuid().bytes,
               static_cast<std::int16_t>(rule.kind), rule.seller.value_or(SellerId()).uuid().bytes,
               rule.category, rule.currency.code(), from, rates, rule.fixed, rule.minimum,
               rule.maximum.value_or(0), rule.valid_from, rule.valid_until, rule.created_at);
    return record;
}

std::unexpected<Error> refuse(Fault fault, std::string_view code, std::string_view detail,
                              std::string object) {
    auto refusal = fail(fault, code, detail);
    refusal.error().object = std::move(object);
    return refusal;
}

}  // namespace

Task<Result<Added<Seller>>> Store::add(Seller wanted) {
    wanted.id = seller_id(wanted.merchant, wanted.reference);
    pg::Params params;
    params.add(slot_number(wanted.id.slot())).add(wanted.id.uuid().bytes);
    params.add(wanted.merchant.uuid().bytes).add(wanted.reference).add(wanted.name);
    params.add(wanted.country).add(static_cast<std::int16_t>(wanted.state)).add(wanted.created_at);
    const auto rows = co_await pool_.query(sql::add_seller, std::move(params));
    const bool is_new = rows.affected() == 1;
    CO_TRY(auto kept, co_await seller(wanted.merchant, wanted.id));
    check(kept.reference == wanted.reference, "one id, one reference");
    if (kept.name != wanted.name || kept.country != wanted.country)
        co_return refuse(Fault::conflict, "seller_exists",
                         "the reference '" + wanted.reference + "' is that of the seller " +
                             kept.id.text() + ", who has another name or country",
                         kept.id.text());
    Added<Seller> added{std::move(kept), is_new};
    co_return added;
}

Task<Result<Seller>> Store::seller(MerchantId merchant, SellerId id) {
    pg::Params params;
    params.add(slot_number(id.slot())).add(id.uuid().bytes).add(merchant.uuid().bytes);
    const auto rows = co_await pool_.query(sql::seller, std::move(params));
    if (rows.empty())
        co_return refuse(Fault::not_found, "seller_not_found",
                         "there is no seller " + id.text() + ": see /v1/sellers", id.text());
    co_return read_seller(rows, 0);
}

Task<std::vector<Seller>> Store::sellers(MerchantId merchant, std::optional<SellerState> state,
                                         SellerCursor after, std::int64_t limit) {
    pg::Params params;
    params.add(merchant.uuid().bytes);
    params.add(state ? static_cast<std::int16_t>(*state) : std::int16_t{0});
    params.add(after.created_at).add(after.id.uuid().bytes).add(limit);
    const auto rows = co_await pool_.query(sql::sellers, std::move(params));
    std::vector<Seller> out;
    for (std::size_t i = 0; i < rows.size(); ++i) out.push_back(read_seller(rows, i));
    co_return out;
}

Task<Result<Seller>> Store::set_state(MerchantId merchant, SellerId id, SellerState state,
                                      Instant at) {
    pg::Params params;
    params.add(slot_number(id.slot())).add(id.uuid().bytes).add(merchant.uuid().bytes);
    params.add(static_cast<std::int16_t>(state)).add(at);
    co_await pool_.query(sql::set_state, std::move(params));
    co_return co_await seller(merchant, id);
}

Task<std::optional<FeeRule>> Store::find_same(FeeRule wanted) {
    Sale sale{wanted.seller.value_or(SellerId()), wanted.category, wanted.currency,
              wanted.valid_from};
    const auto rules = co_await rules_of(wanted.merchant, std::move(sale));
    for (const auto& rule : rules)
        if (serves(rule, wanted, true)) co_return rule;
    co_return std::nullopt;
}

Task<Result<Added<FeeRule>>> Store::add(FeeRule wanted, bool names_valid_from) {
    if (wanted.valid_from < wanted.created_at) {
        // Perhaps a repeated request, that was right when it was sent first.
        auto same = co_await find_same(wanted);
        if (!same)
            co_return fail(Fault::invalid, "valid_from_in_past",
                           "a rule cannot change what was valid before: send a time that is still "
                           "to come, or leave it out to begin now");
        Added<FeeRule> added{std::move(*same), false};
        co_return added;
    }
    const auto slot = rules_slot(wanted.merchant, wanted.kind, wanted.currency);
    wanted.id = FeeRuleId::make(wanted.created_at, slot, random_u64());
    pg::Params params;
    params.add(slot_number(slot)).add(record_of(wanted));
    const auto rows = co_await pool_.query(sql::create_rule, std::move(params));
    const FeeRuleId first(Uuid{rows.uuid(0, 0)});
    if (first == FeeRuleId()) {
        Added<FeeRule> added{std::move(wanted), true};
        co_return added;
    }
    CO_TRY(auto kept, co_await rule(wanted.merchant, first));
    if (!serves(kept, wanted, names_valid_from))
        co_return refuse(Fault::conflict, "fee_rule_overlaps",
                         "the rule " + first.text() +
                             " takes the same orders at a time at which this one would: end it, or "
                             "let this one begin when it has ended",
                         first.text());
    Added<FeeRule> added{std::move(kept), false};
    co_return added;
}

Task<Result<FeeRule>> Store::rule(MerchantId merchant, FeeRuleId id) {
    pg::Params params;
    params.add(slot_number(id.slot())).add(id.uuid().bytes).add(merchant.uuid().bytes);
    const auto rows = co_await pool_.query(sql::rule, std::move(params));
    if (rows.empty())
        co_return refuse(Fault::not_found, "fee_rule_not_found",
                         "there is no rule " + id.text() + ": see /v1/fee_rules", id.text());
    co_return read_rule(rows, 0);
}

Task<std::vector<FeeRule>> Store::rules(RuleFilter filter) {
    Uuid newest;
    newest.bytes.fill(0xff);
    pg::Params params;
    params.add(filter.merchant.uuid().bytes);
    params.add(filter.kind ? static_cast<std::int16_t>(*filter.kind) : std::int16_t{0});
    params.add(filter.seller.value_or(SellerId()).uuid().bytes);
    params.add(filter.currency ? filter.currency->code() : "");
    params.add(filter.after ? filter.after->uuid().bytes : newest.bytes).add(filter.limit);
    const auto rows = co_await pool_.query(sql::rules, std::move(params));
    co_return read_rules(rows);
}

Task<Result<FeeRule>> Store::end_rule(MerchantId merchant, FeeRuleId id,
                                      std::optional<Instant> until, Instant at) {
    pg::Params params;
    params.add(slot_number(id.slot())).add(id.uuid().bytes).add(merchant.uuid().bytes);
    params.add(until.value_or(at));
    co_await pool_.query(sql::end_rule, std::move(params));
    CO_TRY(auto kept, co_await rule(merchant, id));
    if (until && kept.valid_until < *until)
        co_return refuse(
            Fault::conflict, "fee_rule_ends_sooner",
            "the rule " + id.text() + " ends at " + to_text(kept.valid_until) +
                ", and an end is only ever moved forward: make a rule for what follows",
            id.text());
    co_return kept;
}

Task<std::vector<FeeRule>> Store::rules_of(MerchantId merchant, Sale sale) {
    std::vector<std::int16_t> slots;
    for (const auto kind : {FeeKind::commission, FeeKind::logistics})
        slots.push_back(slot_number(rules_slot(merchant, kind, sale.currency)));
    pg::Params params;
    params.add(slots).add(merchant.uuid().bytes).add(sale.currency.code());
    params.add(sale.seller.uuid().bytes).add(sale.category).add(sale.at);
    const auto rows = co_await pool_.query(sql::rules_of, std::move(params));
    co_return read_rules(rows);
}

}  // namespace florin::sellers
