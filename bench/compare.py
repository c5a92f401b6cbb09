"""What the provider charged against what florin says: values in, sentences out.

Every charge at the sandbox belongs to exactly one payment and the other way round, with the same
money taken and given back; each idempotency key has one payment; the books balance.
"""

import collections
import decimal

CURRENCIES = {"EUR": 2, "USD": 2, "JPY": 0}  # With their digits after the point.
RUNNING = {"processing", "canceling"}


def minor(amount, currency):
    return int(decimal.Decimal(amount).scaleb(CURRENCIES[currency]))


def major(units, currency):
    return f"{decimal.Decimal(units).scaleb(-CURRENCIES[currency]):f}"


def is_running(payment):
    # A capture under way changes no status: `waiting` tells of it.
    return (payment["status"] in RUNNING or payment["outcome_unknown"] or payment["waiting"]
            or minor(payment["amount_refund_pending"], payment["currency"]) != 0)


def compare_keys(stories, payments):
    """One key, one payment; and no payment that nobody asked for."""
    problems, known = [], set()
    for story in stories:
        if len(story.payments) != 1:
            problems.append(f"{story.create.key} has {len(story.payments)} payments: "
                            f"{sorted(story.payments)}")
        known |= story.payments
    ids = [payment["id"] for payment in payments]
    if len(ids) != len(set(ids)):
        problems.append("the list of payments has a payment twice")
    problems += [f"{stray} belongs to no request" for stray in sorted(set(ids) - known)]
    problems += [f"{lost} was answered and is not in the list" for lost in sorted(known - set(ids))]
    return problems


# What a payment's status says about its charge. None: no money was ever held.
CHARGE_OF = {"succeeded": {"captured"}, "partially_captured": {"captured"},
             "authorized": {"authorized"}, "canceled": {"canceled", None},
             "failed": {None, "canceled"}}


def compare_charges(payments, charges):
    """Charges and payments are one to one, with the same money. Declined charges are not listed."""
    problems, by_reference, charged = [], {}, collections.defaultdict(list)
    ids = {payment["id"] for payment in payments}
    for payment in payments:
        reference = reference_of(payment)
        if reference in by_reference:
            problems.append(f"{payment['id']} and {by_reference[reference]} share {reference}")
        if reference:
            by_reference[reference] = payment["id"]
    for charge in charges:
        charged[charge["payment_intent"]].append(charge)
    for reference, made in charged.items():
        if len(made) > 1:
            problems.append(f"{reference} was charged {len(made)} times")
        if reference not in by_reference and not is_replaced(made[0], ids):
            problems.append(f"a charge that no payment knows: {made[0]}")
    for payment in payments:
        problems += compare_one(payment, charged.get(reference_of(payment), [None]))
    return problems


def is_replaced(charge, ids):
    """An authorization that another one of its payment has replaced: given back, nothing taken."""
    return (charge["metadata"].get("florin_payment") in ids and charge["status"] == "canceled"
            and charge["amount_captured"] == 0)


def reference_of(payment):
    return (payment.get("provider") or {}).get("reference")


def compare_one(payment, charges):
    status, currency = payment["status"], payment["currency"]
    if status not in CHARGE_OF or is_running(payment):
        return [f"{payment['id']} is still {status}"]
    ours = (minor(payment["amount"], currency), minor(payment["amount_captured"], currency),
            minor(payment["amount_refunded"], currency), currency)
    problems = []
    for charge in charges:
        theirs = charge and (charge["amount"], charge["amount_captured"],
                             charge["amount_refunded"], charge["currency"].upper())
        if (charge and charge["status"]) not in CHARGE_OF[status]:
            problems.append(f"{payment['id']} is {status}, its charge is {charge}")
        elif charge and ours != theirs:
            problems.append(f"{payment['id']} says {ours}, the provider {theirs}")
        elif not charge and ours[1] != 0:
            problems.append(f"{payment['id']} says {ours} without a charge")
    return problems


def check_declines(stories, payments):
    """A declining card never pays."""
    by_id = {payment["id"]: payment for payment in payments}
    return [f"{name} has a declining card and is {by_id[name]['status']}"
            for story in stories if story.kind == "decline"
            for name in story.payments if name in by_id and by_id[name]["status"] != "failed"]


def check_books(balance, escrow, payments):
    """Debits equal credits per currency, and escrow holds what was captured and not refunded."""
    problems, kept, moved = [], collections.Counter(), set()
    for payment in payments:
        currency = payment["currency"]
        kept[currency] += minor(payment["amount_captured"], currency)
        kept[currency] -= minor(payment["amount_refunded"], currency)
        if minor(payment["amount_captured"], currency):
            moved.add(currency)
    for total in balance["currencies"]:
        if decimal.Decimal(total["difference"]) != 0:
            problems.append(f"the books of {total['currency']} differ by {total['difference']}")
    balanced = {total["currency"] for total in balance["currencies"]}
    for currency in CURRENCIES:
        if currency in moved and currency not in balanced:
            problems.append(f"the trial balance leaves out {currency}")
        held = minor(escrow.get(currency, "0"), currency)
        if kept[currency] != held:
            problems.append(f"{currency}: {kept[currency]} captured and kept, {held} in escrow")
    return problems
