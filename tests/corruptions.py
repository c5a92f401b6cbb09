"""The ways in which tests/audit_test.py spoils a database, each with the check that has to find it.

The SQL speaks of stories by name, which are the checkout ids of payments: payment(sale) is the id
of that payment, op(sale, 2) of its first operation of kind 2, order(sale, 0) of its first order,
dispute(sale) of its dispute, slot(sale) its slot, account(sale, 2100) the ledger account of that
code that its merchant has in its slot, and booked(sale, refund) the transaction of that kind.
"""

import re

import fx_corruptions
import journal_corruptions
import ledger_corruptions
import wallet_corruptions
from payout_corruptions import PAYOUT_CORRUPTIONS

# Kinds of operations: 1 authorize, 2 sale, 3 capture, 4 cancel, 5 refund, 6 adjust, 7 release.
# Accounts: 1100 psp_receivable, 1300 chargeback_receivable, 2100 escrow, 2600 refund_in_flight,
# 2210 seller_payable, 2300 logistics_payable, 2900 unapplied, 2950 interslot, 4010 commission,
# 5020 chargeback_loss.
WORDS = {
    "payment": "(SELECT id FROM payment WHERE checkout_id = '{0}')",
    "slot": "(SELECT slot FROM payment WHERE checkout_id = '{0}')",
    "op": "(SELECT o.id FROM operation o JOIN payment p ON p.slot = o.slot AND p.id = o.payment_id"
          " WHERE p.checkout_id = '{0}' AND o.kind = {1} ORDER BY o.id LIMIT 1)",
    "order": "(SELECT q.id FROM payment_order q JOIN payment p ON p.slot = q.slot"
             " AND p.id = q.payment_id WHERE p.checkout_id = '{0}' AND q.n = {1})",
    "account": "(SELECT a.id FROM ledger_account a JOIN payment p ON p.slot = a.slot"
               " AND p.merchant_id = a.merchant_id AND p.currency = a.currency"
               " WHERE p.checkout_id = '{0}' AND a.code = {1} AND a.owner <> 'paypal')",
    "dispute": "(SELECT d.id FROM dispute d JOIN payment p ON p.slot = d.slot"
               " AND p.id = d.payment_id WHERE p.checkout_id = '{0}')",
    "booked": "(SELECT t.id FROM ledger_transaction t JOIN payment p ON p.slot = t.slot"
              " AND p.id = t.source_id WHERE p.checkout_id = '{0}' AND t.kind = '{1}')",
    # Another id of the same slot and time.
    "twin": "overlay({0}::text placing '00000' from 32)::uuid",
    "nobody": "'0192f0c1-2345-7001-8abc-0123456789ab'::uuid",
}
WORD = re.compile(
    r"\b(payment|slot|op|order|account|dispute|booked|twin)\((\w+)(?:, (\w+))?\)|\bnobody\b")
STORY = re.compile(r"\b(?:payment|slot|op|order|account|dispute|booked)\((\w+)")
ENTRY = "INSERT INTO ledger_entry (slot, account_id, transaction_id, leg, amount, reference_id) "


def spelled_out(sql):
    def word(match):
        name = match.group(1) or "nobody"
        return WORDS[name].format(match.group(2), match.group(3))

    return WORD.sub(word, sql)


def new_account(story, code, owner, name):
    """An account of the story's merchant that may be new, under the id that it must have."""
    return f"""
        INSERT INTO ledger_account
        SELECT p.slot, encode(set_byte(set_byte(set_byte(p.hash, 6, 112 | (p.slot >> 8)), 7,
                   p.slot & 255), 8, 128 | (get_byte(p.hash, 8) & 63)), 'hex')::uuid,
               p.merchant_id, {code}, '{owner}', p.currency
        FROM (SELECT slot, merchant_id, currency, substring(sha256(uuid_send(merchant_id)
                  || convert_to('{name}:' || currency, 'UTF8')) FROM 1 FOR 16) AS hash
              FROM payment WHERE checkout_id = '{story}') p
        ON CONFLICT DO NOTHING;"""


def payable(owner):
    """The strict account of what that seller has earned in euros."""
    return (f"(SELECT id FROM ledger_account WHERE code = 2210 AND owner = '{owner}'"
            " AND currency = 'EUR')")


# The provider said no, and then yes: no corruption, but what the books must say then
# (docs/ledger.md).
LATE_SALE = (
    new_account("decline", 1100, "stripe", "psp_receivable:stripe") +
    new_account("decline", 2900, "", "unapplied") + """
    INSERT INTO event
    SELECT slot, payment_id, 3, twin(id), operation_id, 'payment.late_success',
           replace(data, '"version":2,', '"version":3,'), at
    FROM event WHERE payment_id = payment(decline) AND version = 2;
    UPDATE payment SET version = 3 WHERE id = payment(decline);
    UPDATE operation SET state = 2, review = true, shares = '{0,0}', provider_reference = 'pi_late'
    WHERE payment_id = payment(decline);
    INSERT INTO ledger_transaction
    SELECT slot, id, merchant_id, payment_id, 'late_success', sent_at
    FROM operation WHERE payment_id = payment(decline);""" + ENTRY + """
    VALUES (slot(decline), account(decline, 1100), op(decline, 2), 0, 10000, payment(decline)),
           (slot(decline), account(decline, 2900), op(decline, 2), 1, -10000, payment(decline));""")

# The same when the buyer has paid by another attempt meanwhile: it goes back by itself.
LATE_ATTEMPT = (
    new_account("attempts", 1100, "stripe", "psp_receivable:stripe") +
    new_account("attempts", 2600, "stripe", "refund_in_flight:stripe") +
    new_account("attempts", 2900, "", "unapplied") + """
    INSERT INTO event
    SELECT slot, payment_id, 7, twin(id), op(attempts, 2), 'payment.late_success',
           replace(data, '"version":6,', '"version":7,'), at
    FROM event WHERE payment_id = payment(attempts) AND version = 6;
    UPDATE payment SET version = 7 WHERE id = payment(attempts);
    UPDATE operation SET state = 2, shares = '{0,0}', provider_reference = 'pi_late'
    WHERE id = op(attempts, 2);
    INSERT INTO operation (slot, payment_id, id, merchant_id, kind, state, generation, provider,
        provider_key, amount, sent_at, due_at, shares, about, by_itself)
    SELECT slot, payment_id, twin(id), merchant_id, 5, 0, 0, provider, 'late', amount, now(),
           now() + interval '1 day', shares, provider_reference, true
    FROM operation WHERE id = op(attempts, 2);
    INSERT INTO ledger_transaction
    SELECT slot, id, merchant_id, payment_id,
           CASE kind WHEN 2 THEN 'late_success' ELSE 'refund' END, sent_at
    FROM operation WHERE id IN (op(attempts, 2), op(attempts, 5));""" + ENTRY + """
    VALUES (slot(attempts), account(attempts, 1100), op(attempts, 2), 0, 10000, payment(attempts)),
           (slot(attempts), account(attempts, 2900), op(attempts, 2), 1, -10000, payment(attempts)),
           (slot(attempts), account(attempts, 2900), op(attempts, 5), 0, 10000, payment(attempts)),
           (slot(attempts), account(attempts, 2600), op(attempts, 5), 1, -10000, op(attempts, 5));
    """)


def late_refund_ends(word, state, stage, kind, account, reference):
    """The end of that refund, booked under the id that follows from its own and the stage."""
    return LATE_ATTEMPT + f"""
    INSERT INTO event
    SELECT slot, payment_id, 8, overlay(id::text placing '00001' from 32)::uuid, op(attempts, 5),
           'refund.{word}', '{{"object":"refund"}}', at
    FROM event WHERE payment_id = payment(attempts) AND version = 6;
    UPDATE payment SET version = 8 WHERE id = payment(attempts);
    UPDATE operation SET state = {state}, due_at = 'infinity', ended_version = 8,
        proved_by = 'answer', provider_reference = 're_late' WHERE id = op(attempts, 5);
    INSERT INTO ledger_transaction
    SELECT slot, encode(substring(uuid_send(id) FROM 1 FOR 9) || substring(
               sha256(uuid_send(id) || '\\x0{stage}'::bytea) FROM 1 FOR 7), 'hex')::uuid,
           merchant_id, payment_id, '{kind}', sent_at
    FROM operation WHERE id = op(attempts, 5);""" + ENTRY + f"""
    VALUES (slot(attempts), account(attempts, 2600), booked(attempts, {kind}), 0, 10000,
            op(attempts, 5)),
           (slot(attempts), account(attempts, {account}), booked(attempts, {kind}), 1, -10000,
            {reference}(attempts{', 5' if reference == 'op' else ''}));"""


# Stories that no provider plays, as they should be written.
HONEST = {
    "quotes of all kinds": fx_corruptions.HONEST,
    "old money that was explained by hand": journal_corruptions.HONEST,
    "a late sale": LATE_SALE, "a late sale, paid otherwise": LATE_ATTEMPT,
    "a late sale that has gone back":
        late_refund_ends("succeeded", 2, 1, "refund_paid", 1100, "op"),
    "a late sale that cannot go back":
        late_refund_ends("failed", 3, 2, "refund_refused", 2900, "payment"),
    "balances that are rolled up": """
        SELECT florin.ledger_tally(array_agg((slot, 0, hi_xid::text::bigint,
            (SELECT max(xid::text::bigint) + 1 FROM ledger_transaction))::florin.ledger_range
            ORDER BY slot))
        FROM tally_mark""",
}

# (check, what else follows from the corruption by its nature, SQL)
CORRUPTIONS = [
    ("transaction_balance", {"slot_balance"},
     "UPDATE ledger_entry SET amount = amount + 1 WHERE transaction_id = op(sale, 2) AND leg = 0"),
    ("transaction_balance", {"slot_balance", "transaction_legs"},
     "DELETE FROM ledger_entry WHERE transaction_id = op(sale, 2) AND leg = 1"),
    ("slot_balance", {"entry_transaction"},
     ENTRY + "SELECT slot(sale), account(sale, 2100), nobody, 0, 500, order(sale, 0)"),
    ("transaction_legs", set(),
     "UPDATE ledger_entry SET leg = 7 WHERE transaction_id = op(sale, 2) AND leg = 1"),
    ("transaction_legs", set(), "DELETE FROM ledger_entry WHERE transaction_id = op(sale, 2)"),
    ("entry_transaction", set(),
     ENTRY + "VALUES (slot(sale), account(sale, 2100), nobody, 0, 500, order(sale, 0)),"
     " (slot(sale), account(sale, 2100), nobody, 1, -500, order(sale, 1))"),
    ("entry_account", {"transaction_balance", "slot_balance"},
     "DELETE FROM ledger_account WHERE id = account(sale, 2100)"),
    ("account_identity", set(),
     "INSERT INTO ledger_account SELECT slot, nobody, merchant_id, 1100, 'paypal', 'EUR'"
     " FROM payment WHERE id = payment(sale)"),
    ("account_identity", {"booking_accounts"},
     "UPDATE ledger_account SET owner = 'adyen' WHERE id = account(sale, 1100)"),
    ("strict_balance", set(),
     f"UPDATE account_balance SET credits = credits + 1 WHERE account_id = {payable('seller_a')}"),
    ("strict_balance", set(),
     f"UPDATE account_balance SET seq = seq + 1 WHERE account_id = {payable('seller_a')}"),
    ("strict_story", set(),
     "UPDATE ledger_entry SET balance_after = balance_after + 1"
     f" WHERE account_id = {payable('seller_a')} AND account_seq = 1"),
    ("strict_story", set(),
     "UPDATE ledger_entry SET account_seq = account_seq + 1000"
     f" WHERE account_id = {payable('seller_a')} AND account_seq ="
     f" (SELECT max(account_seq) FROM ledger_entry WHERE account_id = {payable('seller_a')})"),
    # One of them may be the home.
    ("strict_home", set(),
     new_account("sale", 2210, "seller_a", "seller_payable:seller_a") +
     new_account("hold", 2210, "seller_a", "seller_payable:seller_a") +
     new_account("released", 2210, "seller_a", "seller_payable:seller_a")),
    ("interslot", set(),
     "UPDATE ledger_entry SET reference_id = twin(reference_id)"
     " WHERE (slot, account_id, transaction_id) ="
     " (SELECT e.slot, e.account_id, e.transaction_id FROM ledger_entry e"
     " JOIN ledger_account a ON a.slot = e.slot AND a.id = e.account_id"
     " WHERE a.code = 2950 LIMIT 1)"),
    # The other seller's escrow is released.
    ("release_booking", {"release_timer"},
     "UPDATE ledger_entry SET reference_id = order(released, 1)"
     " WHERE transaction_id = booked(released, release)"
     " AND account_id = account(released, 2100)"),
    ("release_booking", {"release_split"},
     "UPDATE shipment SET released = released - 100 WHERE payment_id = payment(taken_back)"),
    # The carrier has a cent of ours.
    ("release_split", set(),
     "UPDATE ledger_entry SET amount = amount + CASE account_id"
     " WHEN account(released, 4010) THEN 1 ELSE -1 END"
     " WHERE transaction_id = booked(released, release)"
     " AND account_id IN (account(released, 4010), account(released, 2300))"),
    ("release_timer", set(),
     "UPDATE shipment SET due_at = 'infinity', release_at = now() - interval '1 hour'"
     " WHERE payment_id = payment(shipped)"),
    ("release_timer", set(),
     "UPDATE shipment SET due_at = now() - interval '1 hour' WHERE payment_id = payment(shipped)"),
    ("dispute_frozen", set(),
     "UPDATE dispute SET frozen = '{}' WHERE id = dispute(dispute_frozen)"),
    ("dispute_frozen", set(),
     "UPDATE ledger_entry SET reference_id = twin(reference_id)"
     " WHERE reference_id = dispute(dispute_frozen) AND account_id IN"
     " (SELECT id FROM ledger_account WHERE code IN (2210, 2220))"),
    # The seller does not pay for what he lost.
    ("release_split", set(),
     "UPDATE ledger_entry SET account_id = account(dispute_lost_released, 5020)"
     " WHERE transaction_id = booked(dispute_lost_released, dispute_lost)"
     " AND account_id = account(dispute_lost_released, 4010)"),
    ("booking_operation", {"release_booking"},
     "UPDATE shipment SET movements = 0 WHERE payment_id = payment(released)"),
    ("operation_booking", set(),
     "DELETE FROM ledger_entry WHERE transaction_id = op(sale, 2);"
     " DELETE FROM ledger_transaction WHERE id = op(sale, 2)"),
    ("operation_booking", set(),
     "UPDATE ledger_transaction SET kind = 'late_success' WHERE id = op(sale, 2)"),
    ("operation_booking", set(),
     "UPDATE ledger_transaction SET source_id = payment(hold) WHERE id = op(sale, 2)"),
    ("operation_booking", set(),
     "UPDATE operation SET returned = true WHERE id = op(refund, 5)"),
    ("booking_operation", set(),
     "UPDATE operation SET returned = false WHERE id = op(refund_returned, 5)"),
    # The dispute has forgotten that it was decided.
    ("booking_operation", {"dispute_state"},
     "UPDATE dispute SET movements = 1, status = 'under_review'"
     " WHERE id = dispute(dispute_lost)"),
    ("booking_operation", set(),
     "INSERT INTO ledger_transaction SELECT slot, twin(id), merchant_id, source_id, kind,"
     " recorded_at FROM ledger_transaction WHERE id = op(sale, 2);" + ENTRY +
     "SELECT slot, account_id, twin(transaction_id), leg, amount, reference_id"
     " FROM ledger_entry WHERE transaction_id = op(sale, 2)"),
    # From one seller's escrow to the other's.
    ("booking_accounts", set(),
     "UPDATE ledger_entry SET amount = amount + CASE leg WHEN 1 THEN -5 ELSE 5 END"
     " WHERE transaction_id = op(sale, 2) AND leg IN (1, 2)"),
    # What came back from the bank is nobody's, and not the sellers'.
    ("booking_accounts", set(),
     "UPDATE ledger_entry SET account_id = account(refund_returned, 2100)"
     " WHERE transaction_id = booked(refund_returned, refund_returned)"
     " AND account_id = account(refund_returned, 2900)"),
    # In flight for another refund.
    ("booking_accounts", set(),
     "UPDATE ledger_entry SET reference_id = op(refund, 5)"
     " WHERE transaction_id = op(refund_pending, 5)"
     " AND account_id = account(refund_pending, 2600)"),
    # Owed by another provider.
    ("booking_accounts", set(),
     new_account("sale", 1100, "paypal", "psp_receivable:paypal") +
     "UPDATE ledger_entry SET account_id = (SELECT id FROM ledger_account WHERE owner = 'paypal')"
     " WHERE transaction_id = op(sale, 2) AND leg = 0"),
    ("booking_accounts", set(),
     "UPDATE ledger_entry SET amount = amount * 2 WHERE transaction_id = op(sale, 2)"),
    ("dispute_booking", set(),
     "DELETE FROM ledger_entry WHERE transaction_id = booked(dispute_open, dispute);"
     " DELETE FROM ledger_transaction WHERE id = booked(dispute_open, dispute)"),
    ("dispute_booking", set(),
     "UPDATE ledger_transaction SET kind = 'dispute_lost'"
     " WHERE id = booked(dispute_open, dispute)"),
    ("dispute_booking", set(),
     "UPDATE dispute SET movements = movements + 1 WHERE id = dispute(inquiry)"),
    # The bank has given the money back, and nobody booked it.
    ("dispute_accounts", set(),
     "UPDATE dispute SET withdrawn = 0 WHERE id = dispute(dispute_open);"
     " UPDATE payment SET disputed = 0 WHERE id = payment(dispute_open)"),
    ("dispute_accounts", set(), "UPDATE dispute SET fee = 1 WHERE id = dispute(dispute_open)"),
    ("dispute_accounts", set(),
     "UPDATE ledger_entry SET amount = amount * 2"
     " WHERE transaction_id = booked(dispute_open, dispute)"),
    # The other seller pays for the loss.
    ("dispute_accounts", set(),
     "UPDATE ledger_entry SET amount = amount + CASE reference_id"
     " WHEN order(dispute_lost, 0) THEN 5 ELSE -5 END"
     " WHERE transaction_id = booked(dispute_lost, dispute_lost)"
     " AND account_id = account(dispute_lost, 2100)"),
    ("payment_laws", set(),
     "ALTER TABLE payment DROP CONSTRAINT payment_disputes;"
     " UPDATE payment SET disputed = captured + 1 WHERE id = payment(sale)"),
    ("payment_laws", set(),
     "ALTER TABLE payment DROP CONSTRAINT payment_refunds, DROP CONSTRAINT payment_disputes;"
     " UPDATE payment SET refunded = captured + 100 WHERE id = payment(sale)"),
    ("payment_counters", set(), "UPDATE payment SET refunded = 100 WHERE id = payment(sale)"),
    ("payment_counters", set(), "UPDATE payment SET voided = 1 WHERE id = payment(hold)"),
    ("payment_counters", set(),
     "UPDATE payment SET refund_reserved = 0, refunded = refund_reserved"
     " WHERE id = payment(refund_pending)"),
    ("payment_counters", set(), "UPDATE payment SET disputed = 1 WHERE id = payment(sale)"),
    ("payment_counters", set(),
     "UPDATE payment SET disputed = disputed - 1 WHERE id = payment(dispute_open)"),
    ("payment_counters", set(),
     "UPDATE payment SET authorized = authorized - 1 WHERE id = payment(adjust_often)"),
    # The second order pays more for a lost dispute than was captured of it.
    ("order_limits", set(),
     "UPDATE dispute SET shares = '{1333,2000}' WHERE id = dispute(dispute_lost_part);"
     " UPDATE ledger_entry SET amount = CASE reference_id WHEN order(dispute_lost_part, 0)"
     " THEN 1333 ELSE 2000 END"
     " WHERE transaction_id = booked(dispute_lost_part, dispute_lost)"
     " AND account_id = account(dispute_lost_part, 2100)"),
    # More of the second order than it cost, and booked so.
    ("order_limits", set(),
     "UPDATE operation SET shares = '{1000,5000}' WHERE id = op(refund_part, 5);"
     " UPDATE ledger_entry SET amount = CASE reference_id WHEN order(refund_part, 0) THEN 1000"
     " ELSE 5000 END WHERE transaction_id = op(refund_part, 5) AND amount > 0"),
    ("payment_exists", set(), "DELETE FROM payment WHERE id = payment(decline)"),
    ("payment_orders", set(),
     "UPDATE payment_order SET n = n + 5 WHERE payment_id = payment(decline)"),
    ("payment_orders", set(),
     "DELETE FROM payment_order WHERE payment_id = payment(decline) AND n = 1"),
    ("adjusted_amounts", set(),
     "UPDATE payment_order SET amount = amount + CASE n WHEN 0 THEN 1 ELSE -1 END"
     " WHERE payment_id = payment(adjust_often)"),
    ("adjusted_amounts", set(),
     "UPDATE payment_order SET first_amount = 1 WHERE payment_id = payment(sale)"),
    ("adjusted_amounts", set(),
     "UPDATE payment SET first_amount = 0 WHERE id = payment(adjust_often)"),
    ("payment_status", set(),
     "UPDATE payment SET cancellation_reason = '' WHERE id = payment(expired)"),
    ("payment_status", {"payment_counters"},
     "UPDATE payment SET cancellation_reason = '' WHERE id = payment(lapsed)"),
    ("payment_status", set(),
     "UPDATE payment SET status = 'succeeded' WHERE id = payment(decline)"),
    ("main_operation", set(), "UPDATE payment SET doing = 3 WHERE id = payment(sale)"),
    ("main_operation", set(),
     "UPDATE payment SET operation_id = op(refund, 5) WHERE id = payment(refund)"),
    ("operation_known", set(),
     "UPDATE operation SET kind = 99 WHERE payment_id = payment(decline)"),
    ("operation_shares", set(),
     "UPDATE operation SET shares = '{1,2}' WHERE payment_id = payment(decline)"),
    ("operation_end", set(),
     "UPDATE operation SET due_at = 'infinity' WHERE payment_id = payment(unknown)"),
    ("operation_end", set(),
     "UPDATE operation SET ended_version = 1 WHERE payment_id = payment(sale)"),
    ("operation_proof", set(),
     "UPDATE operation SET proved_by = '' WHERE payment_id = payment(sale)"),
    ("operation_proof", set(),
     "UPDATE operation SET provider_reference = '' WHERE payment_id = payment(sale)"),
    # The authorization that was replaced is never given back.
    ("given_back", set(),
     "UPDATE operation SET about = 'pi_other' WHERE id = op(adjust_down, 7)"),
    ("given_back", set(),
     LATE_ATTEMPT + "UPDATE operation SET about = 'pi_other' WHERE id = op(attempts, 5)"),
    ("payment_timer", set(),
     "UPDATE payment SET due_at = 'infinity' WHERE id = payment(hold)"),
    ("payment_timer", set(),
     "UPDATE payment SET due_at = now() - interval '1 hour' WHERE id = payment(hold)"),
    ("payment_timer", set(),
     "UPDATE payment SET due_at = authorized_until + interval '1 day' WHERE id = payment(hold)"),
    ("payment_timer", set(),
     "UPDATE payment SET due_at = now() + interval '1 day' WHERE id = payment(sale)"),
    ("dispute_timer", set(),
     "UPDATE dispute SET due_at = 'infinity' WHERE id = dispute(dispute_open)"),
    ("dispute_timer", set(),
     "UPDATE dispute SET due_at = now() - interval '1 hour' WHERE id = dispute(inquiry)"),
    ("dispute_timer", set(),
     "UPDATE dispute SET due_at = evidence_due_at + interval '1 hour'"
     " WHERE id = dispute(dispute_open)"),
    ("dispute_timer", set(),
     "UPDATE dispute SET due_at = now() + interval '1 hour' WHERE id = dispute(dispute_won)"),
    ("dispute_state", set(), "DELETE FROM dispute WHERE id = dispute(inquiry)"),
    ("dispute_state", set(),
     "UPDATE dispute SET status = 'under_review' WHERE id = dispute(dispute_won)"),
    ("dispute_state", set(),
     "UPDATE dispute SET evidence_due_at = now() WHERE id = dispute(dispute_won)"),
    ("dispute_state", set(),
     "UPDATE dispute SET version = 1 WHERE id = dispute(dispute_open)"),
    ("dispute_state", set(),
     "UPDATE payment SET dispute_override = true WHERE id = payment(sale)"),
    ("event_chain", {"feed"},
     "DELETE FROM event WHERE payment_id = payment(lost_reply) AND version = 2"),
    ("event_operation", set(),
     "UPDATE event SET operation_id = nobody"
     " WHERE payment_id = payment(lost_reply) AND version = 2"),
    ("event_data", set(),
     "UPDATE event SET data = '{}' WHERE payment_id = payment(sale) AND version = 2"),
    ("key_target", set(),
     "UPDATE idempotency SET operation_id = nobody WHERE payment_id = payment(refund)"
     " AND scope = 4"),
    ("event_data", set(),
     "UPDATE event SET data = '{}' WHERE payment_id = payment(inquiry)"
     " AND type = 'dispute.opened'"),
    ("key_target", set(),
     "UPDATE idempotency SET scope = 6 WHERE payment_id = payment(undo_hold) AND scope = 5"),
    ("key_target", set(),
     "UPDATE idempotency SET scope = 3 WHERE payment_id = payment(refund) AND scope = 4"),
    ("payment_key", set(), "DELETE FROM idempotency WHERE payment_id = payment(sale)"),
    ("payment_key", set(),
     "INSERT INTO idempotency SELECT slot, merchant_id, scope, key || 'x', request_hash,"
     " payment_id, operation_id, created_at FROM idempotency"
     " WHERE payment_id = payment(refund) AND scope = 4"),
    ("provider_key", set(),
     "UPDATE operation SET provider_key = 'same' WHERE payment_id = payment(refund)"),
    ("row_slot", set(),
     "UPDATE event SET id = overlay(id::text placing 'fff' from 16)::uuid"
     " WHERE payment_id = payment(sale) AND version = 2"),
    ("row_slot", set(),
     "UPDATE dispute SET id = overlay(id::text placing 'fff' from 16)::uuid"
     " WHERE id = dispute(inquiry)"),
    ("payment_exists", {"dispute_state"},
     "UPDATE dispute SET payment_id = nobody WHERE id = dispute(inquiry)"),
    ("outcome_unknown", set(),
     "UPDATE operation SET sent_at = sent_at - interval '2 hours'"
     " WHERE payment_id = payment(unknown)"),
    ("not_found_wait", set(),
     "UPDATE operation SET state = 7, sent_at = sent_at - interval '2 days'"
     " WHERE payment_id = payment(unknown)"),
    ("operation_overdue", set(),
     "UPDATE operation SET due_at = due_at - interval '2 days' WHERE id = op(refund_pending, 5)"),
    ("provider_event_wait", set(),
     "UPDATE provider_event SET state = 0, due_at = now(),"
     " received_at = received_at - interval '2 hours'"
     " WHERE id = (SELECT min(id) FROM provider_event"
     " WHERE payment_id = payment(lapsed))"),
    ("provider_event_dead", set(),
     "UPDATE provider_event SET state = 2, why = 'not ours'"
     " WHERE id = (SELECT min(id) FROM provider_event"
     " WHERE payment_id = payment(refund_returned))"),
    ("unapplied_age", set(),
     LATE_SALE + "UPDATE ledger_transaction SET recorded_at = recorded_at - interval '4 days'"
     " WHERE id = op(decline, 2)"),
    ("refund_age", set(),
     "UPDATE operation SET sent_at = sent_at - interval '11 days'"
     " WHERE id = op(refund_pending, 5)"),
    # Sent behind the second person's back.
    ("refund_approval", set(),
     "UPDATE operation SET state = 1, due_at = now() + interval '1 day' WHERE id = op(held, 5)"),
    ("refund_approval", set(),
     "ALTER TABLE refund_approval DROP CONSTRAINT refund_approval_four_eyes;"
     " UPDATE refund_approval SET decided_by = asked_by WHERE refund_id = op(approved, 5)"),
    ("refund_approval", set(),
     "UPDATE refund_approval SET state = 2 WHERE refund_id = op(rejected, 5)"),
    ("refund_approval", set(),
     "DELETE FROM refund_approval WHERE refund_id = op(approved, 5)"),
    ("fee_rule_overlap", set(), """
     INSERT INTO fee_rule
     SELECT 7, ('0192f0c1-2345-7007-8abc-0123456789a' || n)::uuid, nobody, 1, nobody, '', 'EUR',
            '{0}', '{100000}', 0, 0, 0, now(),
            CASE n WHEN 0 THEN now() + interval '1 d' ELSE 'infinity' END, now()
     FROM generate_series(0, 1) n"""),
    ("operation_end", {"refund_approval"},
     "DELETE FROM refund_approval WHERE refund_id = op(held, 5)"),
    ("event_times", set(),
     "UPDATE event SET at = at - interval '1 day'"
     " WHERE payment_id = payment(lost_reply) AND version = 2"),
    ("event_times", set(),
     "UPDATE payment SET updated_at = updated_at + interval '1 s' WHERE id = payment(sale)"),
    # The server counts this one, as it does outside of tests.
    ("append_only", set(),
     "SET track_counts = on; UPDATE ledger_entry SET amount = amount;"
     " SELECT pg_stat_force_next_flush()"),
    ("append_only", {"event_chain", "feed"},
     "SET track_counts = on;"
     " DELETE FROM event WHERE payment_id = payment(lost_reply) AND version = 2;"
     " SELECT pg_stat_force_next_flush()"),
    *wallet_corruptions.CORRUPTIONS, *fx_corruptions.CORRUPTIONS,
    *ledger_corruptions.CORRUPTIONS, *journal_corruptions.CORRUPTIONS,
]


def stories_of(corruption):
    return set(STORY.findall(corruption[2]))


# The checks that have a corruption, here or in payouts_audit_test.py.
PLANTED = {check for check, _, _ in CORRUPTIONS + PAYOUT_CORRUPTIONS}


def found_by(corruption):
    check, also, _ = corruption
    return {check} | also


def together():
    """The corruptions in groups: those of one group touch different stories and are found by
    different checks, so that they can be planted in one copy."""
    groups = []
    for corruption in CORRUPTIONS:
        for group in groups:
            if not any(stories_of(corruption) & stories_of(other)
                       or found_by(corruption) & found_by(other) for other in group):
                group.append(corruption)
                break
        else:
            groups.append([corruption])
    return groups
