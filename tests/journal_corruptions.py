"""What people book by hand, for tests/audit_test.py, and how it spoils that.

The SQL speaks of stories as that of corruptions.py does, and of entries by their reasons.
"""

NOBODY = "'0192f0c1-2345-7001-8abc-0123456789ab'"


def play_journal(case, sale):
    """A fee, a mistake and its reversal, money that was explained and money that was not."""
    made = case.stack.florin_json("keys", "create", "--name", "finance", "--merchant", "default",
                                  "--scope", "ledger:write")
    finance = case.stack.client(made["key"])

    def send(path, body):
        answer = finance.post("/v1/journal_entries" + path, body)
        if answer.status != 201:
            raise AssertionError(f"{path} {body}: {answer.status} {answer.text}")
        return answer.json["id"]

    def book(reason, debit, credit, amount, **about):
        return send("", {"reason": reason, "lines": [
            {"account": debit, "debit": amount, **about},
            {"account": credit, "credit": amount, **about}]})

    fee = "psp_fees:stripe:EUR", "psp_receivable:stripe:EUR", "3.20"
    book("a fee", *fee, reference=sale)
    send(f"/{book('a mistake', *fee)}/reverse", {"reason": "a reversal"})
    came = book("came", "bank:main:EUR", "unapplied:EUR", "5.00")
    send("", {"reason": "explained", "lines": [
        {"account": "unapplied:EUR", "debit": "5.00", "reference": came},
        {"account": "psp_fees:stripe:EUR", "credit": "5.00"}]})
    book("never explained", "bank:main:EUR", "unapplied:EUR", "7.00")
    finance.close()


def entry(reason, column="id"):
    return f"(SELECT {column} FROM journal_entry WHERE reason = '{reason}')"


def grown_old(*reasons):
    return "".join("UPDATE ledger_transaction SET recorded_at = recorded_at - interval '4 days'"
                   f" WHERE source_id = {entry(reason)};" for reason in reasons)


# What came and what explains it stand in two slots and are one story.
HONEST = grown_old("came", "explained")

FORGED = f"""
    INSERT INTO ledger_transaction
    SELECT slot, overlay(id::text placing '00000' from 32)::uuid, merchant_id, {{source}}, kind,
           recorded_at
    FROM ledger_transaction WHERE id = {entry('a fee')};
    INSERT INTO ledger_entry
    SELECT slot, account_id, overlay(transaction_id::text placing '00000' from 32)::uuid, leg,
           amount, reference_id
    FROM ledger_entry WHERE transaction_id = {entry('a fee')};"""
TWICE = f"""
    DROP INDEX journal_entry_reversal;
    INSERT INTO journal_entry
    SELECT slot, overlay(id::text placing '00000' from 32)::uuid, merchant_id, key_id, 'again',
           request_hash, reverses, 'again', recorded_at
    FROM journal_entry WHERE reason = 'a reversal';
    INSERT INTO journal_line
    SELECT slot, {entry('again')}, n, account, amount, reference_kind, reference_id
    FROM journal_line WHERE entry_id = {entry('a reversal')};"""

CORRUPTIONS = [
    # Another amount than was asked for, on both sides.
    ("journal_booking", set(),
     f"UPDATE journal_line SET amount = 2 * amount WHERE entry_id = {entry('a fee')}"),
    ("journal_booking", set(),
     "UPDATE journal_line SET account = 'psp_fees:adyen:EUR'"
     f" WHERE entry_id = {entry('a fee')} AND n = 0"),
    ("journal_booking", set(),
     f"UPDATE journal_line SET reference_id = entry_id WHERE entry_id = {entry('a fee')}"),
    # What nobody says that he has asked for, with its lines and without them.
    ("journal_booking", set(), f"DELETE FROM journal_line WHERE entry_id = {entry('a fee')}"),
    ("journal_booking", set(), "DELETE FROM journal_entry WHERE reason = 'a fee'"),
    ("journal_booking", set(),
     f"UPDATE journal_entry SET merchant_id = {NOBODY} WHERE reason = 'a fee'"),
    # The same once more, in its name and in that of nobody.
    ("journal_booking", set(), FORGED.format(source="source_id")),
    ("journal_booking", set(), FORGED.format(source=NOBODY)),
    ("journal_booking", {"operation_booking"},
     "UPDATE ledger_transaction SET kind = 'journal' WHERE id = booked(sale, capture)"),
    ("journal_reversal", set(),
     f"UPDATE journal_entry SET reverses = {NOBODY} WHERE reason = 'a reversal'"),
    ("journal_reversal", set(),
     f"UPDATE journal_line SET n = 10 - n WHERE entry_id = {entry('a reversal')}"),
    ("journal_reversal", {"journal_booking"}, TWICE),
    ("journal_reversal", {"journal_booking"},
     f"UPDATE journal_line SET amount = 2 * amount WHERE entry_id = {entry('a mistake')}"),
    ("unapplied_age", set(), grown_old("never explained")),
    # Its explanation is gone, in another slot.
    ("unapplied_age", {"journal_booking"}, grown_old("came", "explained") + f"""
     UPDATE ledger_entry SET reference_id = {entry('explained')}
     WHERE transaction_id = {entry('explained')}"""),
    ("row_slot", {"journal_booking"},
     f"UPDATE journal_line SET slot = 1023 - slot WHERE entry_id = {entry('a fee')};"
     " UPDATE journal_entry SET slot = 1023 - slot WHERE reason = 'a fee'"),
]
