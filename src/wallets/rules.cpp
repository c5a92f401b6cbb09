#include "wallets/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "platform/crypto/hash.h"

namespace florin::wallets {
namespace {

using connectors::Action;
using connectors::Order;
using ledger::AccountName;

// Points that come back with a refund can be spent for at least so long.
constexpr std::chrono::days kGivenBackFor{30};

void append_part(std::string& out, std::string_view part) {
    out += std::to_string(part.size());
    out += ':';
    out += part;
}

Kind kind_of(const Order& order) {
    switch (order.action) {
        case Action::authorize:
            return Kind::hold;
        case Action::sale:
            return Kind::sale;
        case Action::capture:
            return Kind::capture;
        case Action::cancel:
        case Action::release:
            return Kind::release;
        case Action::refund:
            return Kind::refund;
        case Action::adjust:
            return order.in_place ? Kind::adjust : Kind::hold;
    }
    return Kind::hold;
}

bool begins_charge(Kind kind) {
    return kind == Kind::hold || kind == Kind::sale;
}

// Writes the legs of a step.
class Book {
public:
    Book(Step& step, std::string_view provider)
        : step_(step),
          provider_(provider),
          asset_(step.movement.amount.currency()),
          is_points_(asset_ == kPoints) {
        const auto& movement = step.movement;
        const bool is_for_payment = movement.payment != PaymentId();
        step.posting = {
            .id = OperationId(movement.id.uuid()),
            .merchant = movement.owner.merchant,
            .source = is_for_payment ? movement.payment.uuid() : movement.id.uuid(),
            .kind = fmt::format("{}_{}", is_points_ ? "points" : "wallet", name(movement.kind)),
            .at = movement.at,
        };
    }

    // Both above zero: what comes in.
    void available(std::int64_t amount) {
        add(available_account(step_.movement.owner.name, asset_), -amount);
    }
    void held(std::int64_t amount) {
        add(held_account(step_.movement.owner.name, asset_), -amount);
    }
    // What leaves the wallet for the payment: the other side of what payments book of a provider.
    void spent(std::int64_t amount) {
        const auto worth = amount * step_.terms.value;
        outstanding(-amount);
        if (is_points_) money(ledger::kPointsLiability, worth);
        add({ledger::kPspReceivable, std::string(provider_), step_.terms.currency}, -worth);
    }
    // Points that come into being, or cease to be, and what we owe or gain by it.
    void outstanding(std::int64_t amount) {
        if (is_points_) add({ledger::kPointsOutstanding, "", kPoints}, amount);
    }
    void money(std::int16_t code, std::int64_t amount) {
        add({code, "", step_.terms.currency}, amount);
    }

private:
    // Above zero: a debit.
    void add(AccountName account, std::int64_t amount) {
        if (amount == 0) return;
        step_.posting.legs.push_back({std::move(account), amount, step_.posting.source});
    }

    Step& step_;
    std::string_view provider_;
    Currency asset_;
    bool is_points_;
};

// How many units of the asset an order asks for; a refusal when they are not whole. What is given
// back is whatever is held.
std::variant<std::int64_t, std::string> units_of(const Order& order, Currency asset,
                                                 const Terms& terms) {
    if (order.action == Action::cancel || order.action == Action::release) return std::int64_t{0};
    if (order.amount.currency() != terms.currency)
        return std::string(asset == kPoints ? "points_currency" : "charge_not_found");
    if (order.amount.minor() % terms.value != 0) return "points_not_whole";
    return order.amount.minor() / terms.value;
}

Terms terms_of(const Provider& provider, const Order& order) {
    return provider.points.value_or(Terms{order.amount.currency(), 1});
}

// Another hold instead of the one so far: a smaller one needs nothing that is not held already.
// What remains of the old one is given back by the release that follows.
void replace(Step& step, Book& book, const Charge& old, std::int64_t units) {
    step.replaces = old.id;
    step.replaced = std::min(units, old.held());
    book.held(-step.replaced);
    book.available(step.replaced);
}

// What an order does to its charge and to the accounts.
std::string carry(Step& step, Book& book, const Order& order, const Charge& charge,
                  std::int64_t units) {
    const bool is_points = charge.asset == kPoints;
    switch (step.movement.kind) {
        case Kind::hold:
            step.held = units;
            book.available(-units);
            book.held(units);
            return {};
        case Kind::sale:
            step.held = step.captured = units;
            book.available(-units);
            book.spent(units);
            step.take = is_points ? units : 0;
            return {};
        case Kind::capture:
            if (units > charge.held()) return "amount_exceeds_held";
            step.captured = units;
            step.released = order.is_final ? charge.held() - units : 0;
            book.held(-units - step.released);
            book.available(step.released);
            book.spent(units);
            step.take = is_points ? units : 0;
            return {};
        case Kind::release:
            if (charge.held() == 0) return "nothing_held";
            step.released = charge.held();
            book.held(-step.released);
            book.available(step.released);
            return {};
        case Kind::refund:
            if (units > charge.refundable()) return "amount_exceeds_refundable";
            step.refunded = units;
            book.available(units);
            book.spent(-units);
            if (is_points)
                step.give = {units,
                             std::max(charge.points_until, step.movement.at + kGivenBackFor)};
            return {};
        case Kind::adjust:
            if (charge.held() == 0) return "nothing_held";
            step.held = units - charge.amount;
            if (step.held == 0) return "adjustment_changes_nothing";
            if (charge.held() + step.held < 0) return "amount_exceeds_held";
            book.available(-step.held);
            book.held(step.held);
            return {};
        default:
            check(false, "an order asks for it");
            return {};
    }
}

}  // namespace

bool is_told(std::string_view refusal) {
    return refusal == kInsufficientFunds || refusal == connectors::kCanceled ||
           refusal == "wallet_not_of_buyer" || refusal == "points_currency" ||
           refusal == "points_not_whole";
}

AccountName available_account(const std::string& owner, Currency asset) {
    return {asset == kPoints ? ledger::kPointsWallet : ledger::kBuyerWallet, owner, asset};
}

AccountName held_account(const std::string& owner, Currency asset) {
    return {asset == kPoints ? ledger::kPointsHeld : ledger::kBuyerWalletHeld, owner, asset};
}

// With the payment's time in it, so that rows of one time stand together.
MovementId movement_id(const Owner& owner, std::string_view provider, const std::string& key,
                       PaymentId payment) {
    std::string text(view(owner.merchant.uuid()));
    append_part(text, provider);
    append_part(text, key);
    const auto hash = crypto::sha256(text);
    std::uint64_t random;
    std::memcpy(&random, hash.data(), sizeof random);
    return MovementId::make(payment.created_at(), owner.home(), random);
}

MovementId movement_id(const Owner& owner, Kind kind, const std::string& client_key) {
    std::string text(view(owner.merchant.uuid()));
    append_part(text, owner.name);
    append_part(text, name(kind));
    append_part(text, client_key);
    return MovementId(uuid_from_hash(view(crypto::sha256(text)), owner.home()));
}

Hash fingerprint(const Order& order) {
    return crypto::sha256(fmt::format("{} {} {} {}", connectors::name(order.action),
                                      order.amount.decimal(), order.amount.currency().code(),
                                      order.payment));
}

Movement movement_of(const Provider& provider, const Order& order, Instant now) {
    Owner owner{order.merchant, order.buyer};
    const auto payment = PaymentId::parse(order.payment).value_or(PaymentId());
    const auto id = movement_id(owner, provider.name, order.key, payment);
    const auto kind = kind_of(order);
    const auto reference = ChargeId::parse(order.reference).value_or(ChargeId());
    const auto terms = terms_of(provider, order);
    return {
        .id = id,
        .owner = std::move(owner),
        .kind = kind,
        .charge = begins_charge(kind) ? ChargeId(id.uuid()) : reference,
        .payment = payment,
        .amount = {order.amount.minor() / terms.value,
                   provider.points ? kPoints : order.amount.currency()},
        .request_hash = fingerprint(order),
        .at = now,
    };
}

Plan plan(const Provider& provider, const Order& order, const std::optional<Charge>& charge,
          Instant now) {
    auto movement = movement_of(provider, order, now);
    const auto asset = movement.amount.currency();
    Charge of{.id = movement.charge,
              .owner = movement.owner,
              .payment = movement.payment,
              .asset = asset,
              .terms = terms_of(provider, order),
              .points_until = {}};
    if (begins_charge(movement.kind)) {
        // Whoever names another's wallet pays with nothing.
        if (order.token != order.buyer) return "wallet_not_of_buyer";
    } else {
        if (!charge || charge->owner.merchant != order.merchant ||
            charge->owner.name != order.buyer || charge->asset != asset)
            return "charge_not_found";
        of = *charge;
    }
    const auto units = units_of(order, asset, of.terms);
    if (const auto* refusal = std::get_if<std::string>(&units)) return *refusal;
    Step step{.movement = std::move(movement),
              .has_charge_begun = begins_charge(kind_of(order)),
              .terms = of.terms};
    step.movement.amount = {std::get<std::int64_t>(units), asset};
    Book book(step, provider.name);
    const bool is_ours = charge && charge->owner.name == order.buyer &&
                         charge->owner.merchant == order.merchant && charge->asset == asset;
    if (order.action == Action::adjust && step.has_charge_begun && is_ours)
        replace(step, book, *charge, std::get<std::int64_t>(units));
    if (auto refusal = carry(step, book, order, of, std::get<std::int64_t>(units));
        !refusal.empty())
        return refusal;
    if (step.movement.kind == Kind::release) step.movement.amount = {step.released, asset};
    return step;
}

Step credit(Owner owner, const std::string& client_key, Money amount, const Hash& request_hash,
            Instant now) {
    const auto id = movement_id(owner, Kind::credit, client_key);
    Step step{.movement = {.id = id,
                           .owner = std::move(owner),
                           .kind = Kind::credit,
                           .amount = amount,
                           .request_hash = request_hash,
                           .at = now},
              .terms = {amount.currency(), 1}};
    Book book(step, "");
    book.money(ledger::kGoodwill, amount.minor());
    book.available(amount.minor());
    return step;
}

Result<Step> earn(Owner owner, const std::string& client_key, Gift points, Terms terms,
                  const Hash& request_hash, Instant now) {
    if (points.points > kAmountMax / terms.value)
        return fail(Fault::invalid, "points_too_many", "so many points are worth too much");
    const auto id = movement_id(owner, Kind::earn, client_key);
    Step step{.movement = {.id = id,
                           .owner = std::move(owner),
                           .kind = Kind::earn,
                           .amount = {points.points, kPoints},
                           .request_hash = request_hash,
                           .at = now},
              .terms = terms,
              .give = points};
    Book book(step, "");
    book.outstanding(points.points);
    book.available(points.points);
    book.money(ledger::kLoyaltyExpense, points.points * terms.value);
    book.money(ledger::kPointsLiability, -points.points * terms.value);
    return step;
}

std::optional<Step> expire(Owner owner, std::int64_t due, std::int64_t held, Terms terms,
                           Instant now, std::uint64_t random) {
    const auto points = due - held;
    if (points <= 0) return std::nullopt;
    const auto id = MovementId::make(now, owner.home(), random);
    Step step{.movement = {.id = id,
                           .owner = std::move(owner),
                           .kind = Kind::expire,
                           .amount = {points, kPoints},
                           .at = now},
              .terms = terms,
              .take = points,
              .take_until = now};
    Book book(step, "");
    book.available(-points);
    book.outstanding(-points);
    book.money(ledger::kPointsLiability, points * terms.value);
    book.money(ledger::kPointsBreakage, -points * terms.value);
    return step;
}

}  // namespace florin::wallets
