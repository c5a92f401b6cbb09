"""How tests/audit_test.py spoils roll-ups of the ledger (the words are those of corruptions.py)."""

CORRUPTIONS = [
    ("tally_balance", set(),
     "INSERT INTO tally_balance AS b SELECT slot(sale), account(sale, 2100), '0', 500, 0, 1"
     " ON CONFLICT (slot, account_id) DO UPDATE SET debits = b.debits + 500"),
    ("tally_days", set(),
     "INSERT INTO tally_day AS b SELECT slot(sale), account(sale, 2100), '2026-01-01', 500, 0"
     " ON CONFLICT (slot, account_id, day) DO UPDATE SET debits = b.debits + 500"),
]
