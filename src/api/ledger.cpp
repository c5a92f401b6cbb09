// The ledger, as its owner reads it.

#include <algorithm>
#include <charconv>

#include "api/handlers.h"
#include "api/query.h"
#include "base/json.h"
#include "base/text.h"
#include "payments/postings.h"

namespace florin::api {
namespace {

using ledger::AccountName;

Result<AccountName> read_account(const Call& call) {
    const auto name = AccountName::parse(call.id);
    if (name) return *name;
    return fail(
        Fault::not_found, "ledger_account_not_found",
        "there is no account '" + std::string(shorten(call.id, 64)) +
            "': see /v1/ledger/accounts; names read escrow:EUR or psp_receivable:stripe:EUR");
}

void show(json::Writer& out, const ledger::Balance& balance) {
    const auto& name = balance.account;
    const auto* type = ledger::type_of(name.code);
    const auto money = [&](std::int64_t minor) { return Money(minor, name.currency).decimal(); };
    out.begin_object().field("id", name.text()).field("object", "ledger_account");
    out.field("code", name.code).field("type", type->name).field_if("owner", name.owner);
    out.field("currency", name.currency.code());
    out.field("normal", type->normal == ledger::Side::debit ? "debit" : "credit");
    out.field("debits", money(balance.debits)).field("credits", money(balance.credits));
    out.field("balance", money(balance.amount())).end_object();
}

std::string entry_id(const ledger::Entry& entry) {
    return entry.transaction.text() + "." + std::to_string(entry.leg);
}

std::optional<ledger::EntryCursor> read_cursor(std::string_view text) {
    const auto dot = text.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    const auto transaction = OperationId::parse(text.substr(0, dot));
    ledger::EntryCursor cursor;
    const auto leg = text.substr(dot + 1);
    const auto read = std::from_chars(leg.data(), leg.data() + leg.size(), cursor.leg);
    if (!transaction || read.ec != std::errc() || read.ptr != leg.data() + leg.size())
        return std::nullopt;
    cursor.transaction = transaction->uuid();
    return cursor;
}

bool is_of_payout(const ledger::Entry& entry) {
    return entry.kind.starts_with("payout") || entry.kind == "reserve_released";
}

bool is_by_hand(const ledger::Entry& entry) {
    return entry.kind.starts_with("journal");
}

// A wallet's movement that no payment asked for is its own source.
bool is_of_wallet_alone(const ledger::Entry& entry) {
    return entry.source == entry.transaction.uuid() && !is_of_payout(entry) && !is_by_hand(entry);
}

// An order has its payment's time and slot.
bool is_order(const Uuid& id, const Uuid& payment) {
    return id != payment &&
           std::equal(id.bytes.begin(), id.bytes.begin() + 8, payment.bytes.begin());
}

std::string reference_of(const ledger::Entry& entry) {
    const auto& id = entry.reference;
    if (entry.account.code == ledger::kInterslot) return OperationId(id).text();
    if (is_of_payout(entry)) return PayoutId(id).text();
    // Its lines tell what each of them is about.
    if (is_by_hand(entry)) return JournalEntryId(entry.source).text();
    if (is_of_wallet_alone(entry)) return MovementId(id).text();
    if (id == entry.source) return PaymentId(id).text();
    if (is_order(id, entry.source)) return PaymentOrderId(id).text();
    return entry.kind.starts_with("dispute") ? DisputeId(id).text() : RefundId(id).text();
}

void show_entry(json::Writer& out, const ledger::Entry& entry) {
    const bool debit = entry.amount > 0;
    const Money amount(debit ? entry.amount : -entry.amount, entry.account.currency);
    out.begin_object().field("id", entry_id(entry)).field("object", "ledger_entry");
    out.field("account", entry.account.text());
    out.field("transaction", entry.transaction.text()).field("kind", entry.kind);
    const bool has_payment =
        !is_of_payout(entry) && !is_of_wallet_alone(entry) && !is_by_hand(entry);
    out.key("payment");
    has_payment ? out.value(PaymentId(entry.source).text()) : out.null();
    out.field("reference", reference_of(entry));
    out.field("direction", debit ? "debit" : "credit").field("amount", amount.decimal());
    out.field("currency", entry.account.currency.code());
    out.field("created_at", to_text(entry.at)).end_object();
}

Task<std::vector<ledger::Entry>> entries_of_payment(Services& services, MerchantId merchant,
                                                    AccountName account, PaymentId payment) {
    const auto seen = co_await services.payment_store.load(merchant, payment);
    if (!seen) co_return std::vector<ledger::Entry>();
    std::vector<OperationId> transactions;
    const auto parts = co_await services.payment_store.parts(payment);
    for (const auto& part : parts) {
        for (const auto& id : payments::transactions_of(part.id, part.kind))
            transactions.push_back(id);
    }
    const auto disputes = co_await services.payment_store.disputes(payment);
    for (const auto& dispute : disputes) {
        for (const auto& id : payments::transactions_of(dispute)) transactions.push_back(id);
    }
    co_return co_await services.ledger_store.entries_of(merchant, std::move(account),
                                                        payment.slot(), std::move(transactions));
}

// `as_of`: nothing = now.
Result<std::optional<Instant>> read_as_of(const Call& call) {
    Query query(call.target);
    const auto as_of = query.instant("as_of");
    if (as_of && *as_of > now())
        query.add_error("as_of", "time_in_future", "nobody knows that balance yet");
    TRY_OK(query.finish());
    return as_of;
}

}  // namespace

Handled list_ledger_accounts(Services& services, Call call) {
    CO_TRY(const auto as_of, read_as_of(call));
    const auto merchant = call.caller.merchant;
    std::vector<ledger::Balance> balances;
    if (as_of) {
        balances = co_await services.ledger_store.balances_as_of(merchant, *as_of);
    } else {
        balances = co_await services.ledger_store.balances(merchant);
    }
    json::Writer out;
    out.begin_object().field("object", "list").field("url", "/v1/ledger/accounts");
    out.key("data").begin_array();
    for (const auto& balance : balances) show(out, balance);
    out.end_array().field("has_more", false).end_object();
    co_return json_response(200, std::move(out).text());
}

Handled get_ledger_account(Services& services, Call call) {
    CO_TRY(auto account, read_account(call));
    CO_TRY(const auto as_of, read_as_of(call));
    const auto merchant = call.caller.merchant;
    ledger::Balance balance{account};
    if (as_of) {
        balance = co_await services.ledger_store.balance_as_of(merchant, account, *as_of);
    } else {
        balance = co_await services.ledger_store.balance(merchant, account);
    }
    json::Writer out;
    show(out, balance);
    co_return json_response(200, std::move(out).text());
}

Handled list_ledger_entries(Services& services, Call call) {
    CO_TRY(auto account, read_account(call));
    Query query(call.target);
    const auto limit = query.limit();
    const auto after = query.text("starting_after");
    const auto cursor = after.empty() ? ledger::EntryCursor::newest() : read_cursor(after);
    if (!cursor) query.add_error("starting_after", "cursor_malformed", "send the id of an entry");
    const auto of = query.text("payment");
    const auto payment = PaymentId::parse(of);
    if (!of.empty() && !payment)
        query.add_error("payment", "payment_malformed", "send the id of a payment, pay_...");
    CO_TRY_OK(query.finish());
    const auto merchant = call.caller.merchant;
    std::vector<ledger::Entry> found;
    if (payment) {
        found = co_await entries_of_payment(services, merchant, std::move(account), *payment);
    } else {
        found = co_await services.ledger_store.entries(merchant, std::move(account), *cursor,
                                                       limit + 1);
    }
    const bool more = !payment && found.size() > static_cast<std::size_t>(limit);
    if (more) found.pop_back();
    std::optional<std::string> next;
    if (more) next = entry_id(found.back());
    co_return list_response(call.target.path, found, show_entry, more, next);
}

}  // namespace florin::api
