#include "wallets/show.h"

#include <fmt/format.h>

namespace florin::wallets {
namespace {

// In and out of the wallet: credits are above zero here.
Money change_of(const ledger::Entry& entry) {
    return {-entry.amount, entry.account.currency};
}

bool is_of_payment(const ledger::Entry& entry) {
    return entry.source != entry.transaction.uuid();
}

}  // namespace

void show(json::Writer& out, const Owner& owner, std::span<const Holding> holdings,
          std::span<const Lot> lots) {
    out.begin_object().field("object", "wallet").field("owner", owner.name);
    out.key("balances").begin_array();
    for (const auto& holding : holdings) {
        out.begin_object().field("currency", holding.asset.code());
        out.field("available", Money(holding.available, holding.asset).decimal());
        out.field("held", Money(holding.held, holding.asset).decimal()).end_object();
    }
    out.end_array().key("points_lots").begin_array();
    for (const auto& lot : lots) {
        out.begin_object().field("remaining", Money(lot.remaining, kPoints).decimal());
        out.key("expires_at");
        lot.expires_at == Instant::max() ? out.null() : out.value(to_text(lot.expires_at));
        out.end_object();
    }
    out.end_array().end_object();
}

void show(json::Writer& out, const Movement& movement) {
    out.begin_object().field("id", movement.id.text()).field("object", "wallet_movement");
    out.field("owner", movement.owner.name).field("kind", name(movement.kind));
    out.field("amount", movement.amount.decimal());
    out.field("currency", movement.amount.currency().code());
    out.field("created_at", to_text(movement.at)).end_object();
}

void show(json::Writer& out, const ledger::Chapter& chapter) {
    const auto& entry = chapter.entry;
    out.begin_object().field("object", "wallet_entry").field("number", chapter.number);
    out.field("movement", MovementId(entry.transaction.uuid()).text()).field("kind", entry.kind);
    out.key("payment");
    is_of_payment(entry) ? out.value(PaymentId(entry.source).text()) : out.null();
    out.field("amount", change_of(entry).decimal());
    out.field("balance", Money(chapter.balance, entry.account.currency).decimal());
    out.field("currency", entry.account.currency.code());
    out.field("created_at", to_text(entry.at)).end_object();
}

// No value has a comma or a quote in it.
std::string statement_csv(std::span<const ledger::Chapter> chapters) {
    std::string out = "number,created_at,kind,payment,movement,amount,balance,currency\r\n";
    for (const auto& chapter : chapters) {
        const auto& entry = chapter.entry;
        out += fmt::format("{},{},{},{},{},{},{},{}\r\n", chapter.number, to_text(entry.at),
                           entry.kind, is_of_payment(entry) ? PaymentId(entry.source).text() : "",
                           MovementId(entry.transaction.uuid()).text(), change_of(entry).decimal(),
                           Money(chapter.balance, entry.account.currency).decimal(),
                           entry.account.currency.code());
    }
    return out;
}

}  // namespace florin::wallets
