"""How tests/audit_test.py spoils roll-ups of the ledger and the feed of events (the words are those
of corruptions.py)."""

CORRUPTIONS = [
    ("tally_balance", set(),
     "INSERT INTO tally_balance AS b SELECT slot(sale), account(sale, 2100), '0', 500, 0, 1"
     " ON CONFLICT (slot, account_id) DO UPDATE SET debits = b.debits + 500"),
    ("tally_days", set(),
     "INSERT INTO tally_day AS b SELECT slot(sale), account(sale, 2100), '2026-01-01', 500, 0"
     " ON CONFLICT (slot, account_id, day) DO UPDATE SET debits = b.debits + 500"),
    ("feed", set(), "DELETE FROM feed WHERE object_id = payment(yen) AND version = 2"),
    # An event that nobody wrote.
    ("feed", set(),
     "UPDATE feed_head SET position = position + 1;"
     " INSERT INTO feed SELECT slot, merchant_id, position, 1, 1, nobody, 1 FROM feed_head"),
    # Under the name of another merchant.
    ("feed", set(),
     "INSERT INTO feed SELECT slot, nobody, 1, 1, slot(yen), payment(yen), 9 FROM feed_head"
     " LIMIT 1;"
     " INSERT INTO feed_head SELECT slot, nobody, 1 FROM feed_head LIMIT 1"),
    ("feed", set(), "UPDATE feed_head SET position = position + 1"),
    ("feed", set(),
     "UPDATE feed SET position = position + 1000000 WHERE object_id = payment(yen)"),
]
