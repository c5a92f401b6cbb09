"""The ways in which tests/payouts_audit_test.py spoils payouts, each with the check that finds it.

paid(), failed() and so on stand for the first payout of that status.
"""

import re

WORD = re.compile(r"\b(paid|failed|returned|in_transit)\(\)")


def payouts_spelled_out(sql):
    return WORD.sub(r"(SELECT id FROM payout WHERE status = '\1' ORDER BY id LIMIT 1)", sql)


# (check, what else follows from the corruption by its nature, SQL)
PAYOUT_CORRUPTIONS = [
    # A debt that was never there.
    ("payout_items", set(),
     "UPDATE payout SET gross = gross + 100, netted = netted + 100 WHERE id = paid()"),
    # An entry is in two payouts.
    ("payout_items", set(), "UPDATE payout SET to_seq = to_seq + 1 WHERE id = paid()"),
    # An end that nobody booked.
    ("payout_booking", {"payout_in_flight"},
     "UPDATE payout SET status = 'failed' WHERE id = in_transit()"),
    # One that was booked, and is forgotten.
    ("payout_booking", {"feed"},
     "DELETE FROM payout_event WHERE payout_id = returned() AND status = 'paid'"),
    ("payout_booking", set(),
     "UPDATE ledger_transaction SET kind = 'payout_canceled' WHERE source_id = failed()"
     " AND kind = 'payout_failed'"),
    # Paid for another payout.
    ("payout_in_flight", set(),
     "UPDATE ledger_entry SET reference_id = failed() WHERE reference_id = paid()"
     " AND account_id IN (SELECT id FROM ledger_account WHERE code = 2150) AND amount > 0"),
]
