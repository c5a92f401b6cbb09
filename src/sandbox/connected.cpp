#include "sandbox/connected.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/result.h"
#include "sandbox/checks.h"
#include "sandbox/provider.h"
#include "sandbox/render_kit.h"

namespace florin::sandbox {
namespace {

constexpr std::string_view kTransfers = "/v1/transfers", kPayouts = "/v1/payouts",
                           kAccounts = "/v1/accounts/", kReversals = "/reversals";
constexpr std::string_view kTransferParams[] = {"amount",      "currency",       "destination",
                                                "description", "transfer_group", "metadata[*]",
                                                "expand[]"};
constexpr std::string_view kReversalParams[] = {"amount", "description", "metadata[*]", "expand[]"};
constexpr std::string_view kPayoutParams[] = {
    "amount",      "currency", "description",         "method",
    "metadata[*]", "expand[]", "statement_descriptor"};
constexpr std::string_view kTransferListParams[] = {"limit",       "destination", "transfer_group",
                                                    "created",     "created[gt]", "created[gte]",
                                                    "created[lt]", "created[lte]"};
constexpr std::string_view kPayoutListParams[] = {
    "limit", "status", "created", "created[gt]", "created[gte]", "created[lt]", "created[lte]"};

constexpr ConnectedRule kRules[] = {
    {.prefix = "acct_ok"},
    {.prefix = "acct_instant", .ending = Ending::pays_at_once},
    {.prefix = "acct_fails", .ending = Ending::fails},
    {.prefix = "acct_returns", .ending = Ending::comes_back},
    {.prefix = "acct_automatic", .is_automatic = true},
    {.prefix = "acct_disabled", .payouts_enabled = false, .payout_refusal = "payouts_not_allowed"},
    {.prefix = "acct_noTransfers", .transfer_refusal = "insufficient_capabilities_for_transfer"},
    {.prefix = "acct_noPayouts", .payout_refusal = "payouts_not_allowed"},
};

// The step after this one; empty: there is none.
std::string_view after(const BankPayout& payout) {
    if (payout.status == "pending") return "in_transit";
    if (payout.status == "in_transit") return payout.ending == Ending::fails ? "failed" : "paid";
    return payout.status == "paid" && payout.ending == Ending::comes_back ? "failed" : "";
}

std::unexpected<Problem> no_account(const std::string& account) {
    Problem problem;
    problem.status = 403;
    problem.code = "account_invalid";
    problem.message = fmt::format(
        "The provided key does not have access to account '{}' (or that account does not exist).",
        account.substr(0, 100));
    return std::unexpected(std::move(problem));
}

std::string render_account(const std::string& id, const ConnectedRule& rule) {
    Writer out;
    out.begin_object().field("id", id).field("object", "account").field("charges_enabled", true);
    out.field("country", "DE").field("created", 1'700'000'000).field("default_currency", "eur");
    out.field("details_submitted", true).key("metadata").raw("{}");
    out.field("payouts_enabled", rule.payouts_enabled);
    out.key("settings").begin_object().key("payouts").begin_object();
    out.field("debit_negative_balances", false).key("schedule").begin_object();
    out.field("delay_days", 2).field("interval", rule.is_automatic ? "daily" : "manual");
    out.end_object().key("statement_descriptor").null().end_object().end_object();
    out.field("type", "custom").end_object();
    return std::move(out).text();
}

std::string render(const Reversal& reversal, const std::string& currency) {
    Writer out;
    out.begin_object().field("id", reversal.id).field("object", "transfer_reversal");
    out.field("amount", reversal.amount).key("balance_transaction").null();
    out.field("created", reversal.created).field("currency", currency);
    nulls(out, {"destination_payment_refund", "source_refund"});
    metadata(out, reversal.metadata);
    out.field("transfer", reversal.transfer).end_object();
    return std::move(out).text();
}

std::string render(const Transfer& transfer) {
    Writer out;
    out.begin_object().field("id", transfer.id).field("object", "transfer");
    out.field("amount", transfer.amount).field("amount_reversed", transfer.reversed);
    out.key("balance_transaction").null().field("created", transfer.created);
    out.field("currency", transfer.currency);
    text_or_null(out, "description", transfer.description);
    out.field("destination", transfer.destination).field("livemode", false);
    metadata(out, transfer.metadata);
    std::vector<std::string> reversals;
    for (const auto& one : transfer.reversals) reversals.push_back(render(one, transfer.currency));
    const auto url = fmt::format("{}/{}{}", kTransfers, transfer.id, kReversals);
    out.key("reversals").raw(render_list("list", url, reversals, false));
    out.field("reversed", transfer.reversed == transfer.amount).key("source_transaction").null();
    out.field("source_type", "card");
    text_or_null(out, "transfer_group", transfer.group).end_object();
    return std::move(out).text();
}

std::string render(const BankPayout& payout) {
    const bool has_failed = payout.status == "failed";
    Writer out;
    out.begin_object().field("id", payout.id).field("object", "payout");
    out.field("amount", payout.amount).field("arrival_date", payout.created + 2 * 86'400);
    out.field("automatic", false).key("balance_transaction").null();
    out.field("created", payout.created).field("currency", payout.currency);
    text_or_null(out, "description", payout.description);
    nulls(out, {"destination", "failure_balance_transaction"});
    text_or_null(out, "failure_code", has_failed ? "account_closed" : "");
    text_or_null(out, "failure_message", has_failed ? "The bank account has been closed." : "");
    out.field("livemode", false);
    metadata(out, payout.metadata);
    out.field("method", "standard").key("original_payout").null();
    out.field("reconciliation_status", "not_applicable").key("reversed_by").null();
    out.field("source_type", "card").key("statement_descriptor").null();
    out.field("status", payout.status).field("type", "bank_account").end_object();
    return std::move(out).text();
}

template <class T>
const T* find(const std::deque<T>& all, std::string_view id) {
    const auto at = std::ranges::find(all, id, &T::id);
    return at == all.end() ? nullptr : &*at;
}

// Newest first.
template <class T, class Wanted>
Checked<std::string> list(const std::deque<T>& all, std::string_view url, const Params& params,
                          Wanted wanted) {
    TRY(const auto created, check_created(params));
    TRY(const auto limit, check_integer(params, "limit", 1, 100, 10));
    std::vector<std::string> objects;
    for (auto at = all.rbegin(); at != all.rend(); ++at) {
        if (!created.holds(at->created) || !wanted(*at)) continue;
        if (objects.size() == static_cast<std::size_t>(limit))
            return render_list("list", url, objects, true);
        objects.push_back(render(*at));
    }
    return render_list("list", url, objects, false);
}

Checked<std::int64_t> required_amount(const Params& params) {
    TRY_OK(check_required(params, "amount"));
    TRY(const auto amount, check_amount(params, "amount"));
    return *amount;
}

bool is(const std::string* wanted, std::string_view value) {
    return wanted == nullptr || *wanted == value;
}

}  // namespace

const ConnectedRule* connected_rule(std::string_view account) {
    const auto* rule = std::ranges::find_if(
        kRules, [&](const auto& one) { return account.starts_with(one.prefix); });
    return rule == std::end(kRules) ? nullptr : rule;
}

bool Connected::is_path(std::string_view path) {
    return path.starts_with(kTransfers) || path.starts_with(kPayouts) ||
           path.starts_with(kAccounts);
}

std::int64_t& Connected::balance(const std::string& account, const std::string& currency) {
    return balances_[{account, currency}];
}

Checked<std::string> Connected::post(const Command& command, const Params& params,
                                     const Emit& emit) {
    const std::string_view path = command.path;
    if (path == kPayouts) return create_payout(command, params, emit);
    if (!command.account.empty())
        return refuse("", "", "This sandbox takes Stripe-Account for payouts only.");
    if (path == kTransfers) return create_transfer(command, params, emit);
    if (path.starts_with(kTransfers) && path.ends_with(kReversals)) {
        const auto begin = kTransfers.size() + 1;
        if (path.size() > begin + kReversals.size())
            return reverse(command, params,
                           std::string(path.substr(begin, path.size() - begin - kReversals.size())),
                           emit);
    }
    return std::unexpected(unknown_address("POST", command.path));
}

Checked<std::string> Connected::create_transfer(const Command& command, const Params& params,
                                                const Emit& emit) {
    TRY_OK(check_known(params, kTransferParams));
    TRY(const auto amount, required_amount(params));
    TRY(const auto currency, check_currency(params));
    TRY(const auto destination, check_required(params, "destination"));
    TRY(const auto description, check_text(params, "description", 1000));
    TRY(const auto group, check_text(params, "transfer_group", 255));
    TRY(const auto pairs, check_metadata(params));
    const auto* rule = connected_rule(destination);
    if (rule == nullptr)
        return refuse("destination", "resource_missing",
                      fmt::format("No such destination: '{}'", destination.substr(0, 100)));
    if (!rule->transfer_refusal.empty())
        return refuse_by_state("", rule->transfer_refusal,
                               "Your destination account needs to have the transfers capability.");
    auto& made = transfers_.emplace_back();
    made.id = store_.next_id("tr_");
    made.currency = currency;
    made.destination = destination;
    made.group = group;
    made.description = description;
    made.amount = amount;
    made.created = command.at_us / 1'000'000;
    made.metadata = pairs;
    balance(destination, currency) += amount;
    auto shown = render(made);
    emit("transfer.created", shown);
    return shown;
}

Checked<std::string> Connected::reverse(const Command& command, const Params& params,
                                        const std::string& id, const Emit& emit) {
    const auto at = std::ranges::find(transfers_, id, &Transfer::id);
    if (at == transfers_.end())
        return std::unexpected(missing_object(404, "transfer", id, "transfer"));
    TRY_OK(check_known(params, kReversalParams));
    TRY(const auto wanted, check_amount(params, "amount"));
    TRY(const auto pairs, check_metadata(params));
    const auto amount = wanted.value_or(at->amount - at->reversed);
    if (amount > at->amount - at->reversed || amount == 0)
        return refuse_by_state("amount", "",
                               fmt::format("Reversal amount ({}) is greater than the unreversed "
                                           "amount of the transfer ({}).",
                                           amount, at->amount - at->reversed));
    auto& left = balance(at->destination, at->currency);
    if (amount > left)
        return refuse_by_state("", "balance_insufficient",
                               "The connected account has too little for this reversal.");
    left -= amount;
    at->reversed += amount;
    auto& made = at->reversals.emplace_back();
    made.id = store_.next_id("trr_");
    made.transfer = id;
    made.amount = amount;
    made.created = command.at_us / 1'000'000;
    made.metadata = pairs;
    emit("transfer.reversed", render(*at));
    return render(made, at->currency);
}

Checked<std::string> Connected::create_payout(const Command& command, const Params& params,
                                              const Emit& emit) {
    const auto* rule = connected_rule(command.account);
    if (command.account.empty())
        return refuse("", "", "This sandbox pays out of connected accounts: send Stripe-Account.");
    if (rule == nullptr) return no_account(command.account);
    TRY_OK(check_known(params, kPayoutParams));
    TRY(const auto amount, required_amount(params));
    TRY(const auto currency, check_currency(params));
    TRY(const auto description, check_text(params, "description", 1000));
    TRY(const auto pairs, check_metadata(params));
    if (!rule->payout_refusal.empty())
        return refuse_by_state("", rule->payout_refusal,
                               "Cannot create payouts: this account has them disabled.");
    auto& left = balance(command.account, currency);
    if (amount > left)
        return refuse_by_state("amount", "balance_insufficient",
                               "You have insufficient funds in your Stripe account.");
    left -= amount;
    auto& made = payouts_.emplace_back();
    made.id = store_.next_id("po_");
    made.account = command.account;
    made.currency = currency;
    made.description = description;
    made.amount = amount;
    made.created = command.at_us / 1'000'000;
    made.ending = rule->ending;
    if (made.ending == Ending::pays_at_once) made.status = "paid";
    made.metadata = pairs;
    auto shown = render(made);
    emit("payout.created", shown);
    if (made.status == "paid") emit("payout.paid", shown);
    return shown;
}

std::vector<std::string> Connected::advance(
    const std::function<bool(const std::string&)>& meant,
    const std::function<void(const std::string&, std::string_view, const std::string&)>& emit) {
    std::vector<std::string> changed;
    for (auto& payout : payouts_) {
        const auto next = after(payout);
        if (next.empty() || !meant(payout.id)) continue;
        payout.status = next;
        if (next == "failed") balance(payout.account, payout.currency) += payout.amount;
        changed.push_back(payout.id);
        const auto type = next == "in_transit" ? "updated" : next;
        emit(payout.account, fmt::format("payout.{}", type), render(payout));
    }
    return changed;
}

Checked<std::string> Connected::list_transfers(const Params& params) const {
    TRY_OK(check_known(params, kTransferListParams));
    const auto* group = params.get("transfer_group");
    const auto* destination = params.get("destination");
    return list(transfers_, kTransfers, params, [&](const Transfer& one) {
        return is(group, one.group) && is(destination, one.destination);
    });
}

Checked<std::string> Connected::list_payouts(const Params& params,
                                             const std::string& account) const {
    TRY_OK(check_known(params, kPayoutListParams));
    const auto* status = params.get("status");
    return list(payouts_, kPayouts, params, [&](const BankPayout& one) {
        return one.account == account && is(status, one.status);
    });
}

Checked<std::string> Connected::get(const std::string& path, const Params& params,
                                    const std::string& account) const {
    if (!account.empty() && connected_rule(account) == nullptr) return no_account(account);
    if (path == kPayouts) return list_payouts(params, account);
    if (path == kTransfers) return list_transfers(params);
    TRY_OK(check_known(params, {}));
    const auto id = path.substr(path.rfind('/') + 1);
    const auto folder = path.substr(0, path.rfind('/'));
    if (folder + "/" == kAccounts) {
        const auto* rule = connected_rule(id);
        if (rule == nullptr) return no_account(id);
        return render_account(id, *rule);
    }
    if (folder == kTransfers) {
        const auto* transfer = find(transfers_, id);
        if (transfer == nullptr)
            return std::unexpected(missing_object(404, "transfer", id, "transfer"));
        return render(*transfer);
    }
    if (folder == kPayouts) {
        const auto* payout = find(payouts_, id);
        if (payout == nullptr || payout->account != account)
            return std::unexpected(missing_object(404, "payout", id, "payout"));
        return render(*payout);
    }
    return std::unexpected(unknown_address("GET", path));
}

}  // namespace florin::sandbox
