#include "audit/checks.h"

#include <array>

#include "audit/sql.h"

namespace florin::audit {
namespace {

using enum Severity;

// clang-format off
constexpr auto kChecks = std::to_array<Check>({
    {"transaction_balance", halt, "The entries of a ledger transaction sum to zero in each currency.", sql::transaction_balance},
    {"slot_balance",        halt, "All entries of a slot sum to zero in each currency, hence all entries of all slots.", sql::slot_balance},
    {"transaction_legs",    halt, "A ledger transaction has at least two entries, numbered without a gap.", sql::transaction_legs},
    {"entry_transaction",   halt, "Each entry belongs to a transaction.", sql::entry_transaction},
    {"entry_account",       halt, "Each entry belongs to an account.", sql::entry_account},
    {"account_identity",    halt, "An account's id follows from its merchant, slot, type, owner and currency.", sql::account_identity},
    {"tally_balance",       halt, "A roll-up is what the entries below its slot's mark add up to.", sql::tally_balance},
    {"tally_days",          halt, "What a day has moved is what the entries below the mark that were recorded on it add up to.", sql::tally_days},
    {"strict_balance",      halt, "The row of a strict account is what its entries add up to.", sql::strict_balance},
    {"strict_story",        halt, "A strict account's entries are numbered, tell the balance after them, and none is below zero.", sql::strict_story},
    {"strict_home",         halt, "A strict account stands in one slot.", sql::strict_home},
    {"interslot",           halt, "What leaves a slot arrives in the other.", sql::interslot},
    {"operation_booking",   halt, "Each operation is booked exactly as its end demands.", sql::operation_booking},
    {"booking_operation",   halt, "Each ledger transaction books an operation, a dispute, a release, a payout, or was booked by hand.", sql::booking_operation},
    {"booking_accounts",    halt, "A booking moves the amounts of its operation between the accounts of its kind, for their owners.", sql::booking_accounts},
    {"dispute_booking",     halt, "Each movement of a dispute is booked, and they lead to its state.", sql::dispute_booking},
    {"dispute_accounts",    halt, "A dispute's bookings leave what it says: money undecided, the fee, the loss by order.", sql::dispute_accounts},
    {"dispute_frozen",      halt, "Reserves of sellers hold what disputes have frozen.", sql::dispute_frozen},
    {"release_booking",     halt, "What left escrow for a seller is with him, or was taken back.", sql::release_booking},
    {"release_split",       halt, "Sellers, commission and carriers have what the split of the released orders says.", sql::release_split},
    {"wallet_booking",      halt, "Each movement of a wallet is booked as it ended.", sql::wallet_booking},
    {"wallet_charge",       halt, "A wallet's charge is what its movements add up to.", sql::wallet_charge},
    {"wallet_held",         halt, "What an owner has held is what his charges hold.", sql::wallet_held},
    {"points_lots",         halt, "An owner's lots have the points that he has.", sql::points_lots},
    {"points_worth",        halt, "We owe for points what those outstanding are worth.", sql::points_worth},
    {"journal_booking",     halt, "What was booked by hand is booked exactly so, and nothing else in its name.", sql::journal_booking},
    {"journal_reversal",    halt, "A reversal negates an entry exactly, once.", sql::journal_reversal},
    {"fx_quote",            halt, "A quote's amounts follow from its rate and spread.", sql::fx_quote},
    {"fx_use",              halt, "A payment has used one quote at most.", sql::fx_use},
    {"payout_items",        halt, "A payout is what its entries add up to, in parts, and no entry is in none or two.", sql::payout_items},
    {"payout_booking",      halt, "Each payout is booked exactly as its status demands.", sql::payout_booking},
    {"payout_in_flight",    halt, "Money is on its way exactly while its payout has not ended.", sql::payout_in_flight},
    {"payment_laws",        halt, "No counter is below zero, no more is authorized than asked, captured or voided than authorized, refunded than captured.", sql::payment_laws},
    {"payment_counters",    halt, "A payment's counters are what its operations and disputes add up to.", sql::payment_counters},
    {"order_limits",        halt, "No more is captured of an order than it costs, no more refunded or lost than captured.", sql::order_limits},
    {"refund_approval",     halt, "A refund above the limit is sent after another key's yes, and not otherwise.", sql::refund_approval},
    {"feed",                halt, "Every event below its slot's mark is in the feed of its merchant once, and a feed is numbered without a gap.", sql::feed},
    {"payment_exists",      page, "Each order, operation, dispute and event belongs to a payment.", sql::payment_exists},
    {"payment_orders",      page, "A payment's orders add up to its amount and are numbered without a gap.", sql::payment_orders},
    {"adjusted_amounts",    page, "An order costs its share of the last adjustment, and remembers what it cost at first.", sql::adjusted_amounts},
    {"payment_status",      page, "A payment's status follows from its counters and from what is under way.", sql::payment_status},
    {"main_operation",      page, "At most one main operation is under way, and the payment names it.", sql::main_operation},
    {"operation_known",     page, "Each operation has a kind and a state that exist.", sql::operation_known},
    {"operation_shares",    page, "An operation's shares of the orders add up to its amount.", sql::operation_shares},
    {"operation_end",       page, "An operation has ended exactly if it names the event of its end and is never due again.", sql::operation_end},
    {"operation_proof",     page, "An operation ends with a proof only, and succeeds with the provider's reference.", sql::operation_proof},
    {"given_back",          page, "What was replaced is given back once; what came too late, at most once.", sql::given_back},
    {"payment_timer",       page, "A payment is due for a warning or an end exactly while its authorization can end.", sql::payment_timer},
    {"release_timer",       page, "An order is due for release exactly while there may be something to release.", sql::release_timer},
    {"dispute_state",       page, "A dispute is what its last event says, and a payment has the disputes that were told.", sql::dispute_state},
    {"dispute_timer",       page, "A dispute is due for a warning or a look exactly while our answer is waited for.", sql::dispute_timer},
    {"event_chain",         page, "A payment's events are the versions from 1 to its own, without a gap.", sql::event_chain},
    {"event_operation",     page, "Each event is about an operation of its payment.", sql::event_operation},
    {"event_data",          page, "Each event but the first carries the object at its version.", sql::event_data},
    {"key_target",          page, "A client's key stands for an operation of its merchant and route.", sql::key_target},
    {"payment_key",         page, "One key began a payment, and at most one each later operation.", sql::payment_key},
    {"provider_key",        page, "No two operations share a key at a provider.", sql::provider_key},
    {"fee_rule_overlap",    page, "No two rules of fees take the same orders at the same time.", sql::fee_rule_overlap},
    {"row_slot",            page, "A row stands in the slot that its id names.", sql::row_slot},
    {"outcome_unknown",     page, "No outcome is unknown for more than an hour.", sql::outcome_unknown},
    {"not_found_wait",      page, "What a provider has not heard of is proved absent within a day.", sql::not_found_wait},
    {"operation_overdue",   page, "What is due is looked at within five minutes.", sql::operation_overdue},
    {"points_overdue",      page, "Points whose time has come are looked at within an hour.", sql::points_overdue},
    {"provider_event_wait", page, "What a provider tells is understood within an hour.", sql::provider_event_wait},
    {"unapplied_age",       page, "Money without a reason is dealt with in three days.", sql::unapplied_age},
    {"refund_age",          warn, "A refund arrives or fails within ten days.", sql::refund_age},
    {"provider_event_dead", warn, "Nothing that a provider told waits for a person.", sql::provider_event_dead},
    {"event_times",         warn, "Events follow each other in time, and the last is the payment's last change.", sql::event_times},
    {"append_only",         warn, "No row of a payment or of the ledger is deleted, and none of a fact is ever changed.", sql::append_only},
});
// clang-format on

// A check may be followed by more rows than anybody reads: all are counted, few are shown, and of
// each currency one.
constexpr std::string_view kHead = R"(
SELECT f.slot::smallint, f.payment_id::uuid, f.object::text, f.object_id::uuid, f.what::text, f.expected::text,
       f.found::text, f.currency::text, f.at_stake::text, count(*) OVER (),
       (sum(f.at_stake) OVER (PARTITION BY f.currency))::text
FROM (
)";
constexpr std::string_view kTail = R"(
) f
ORDER BY row_number() OVER (PARTITION BY f.currency ORDER BY f.slot, f.object_id, f.what), f.currency
LIMIT $4
)";

std::vector<std::string> make_statements() {
    std::vector<std::string> out;
    for (const auto& check : kChecks) {
        std::string text(sql::prelude);
        text.append(kHead).append(check.query).append(kTail);
        out.push_back(std::move(text));
    }
    return out;
}

}  // namespace

std::span<const Check> checks() {
    return kChecks;
}

std::span<const std::string> statements() {
    static const auto all = make_statements();
    return all;
}

}  // namespace florin::audit
