-- Rows that stand in another slot than their id says: whoever looks for them by id finds nothing.
SELECT x.slot, x.payment_id, x.object, x.id AS object_id, 'slot' AS what,
       (((get_byte(uuid_send(x.id), 6) & 15) << 8) | get_byte(uuid_send(x.id), 7))::text AS expected,
       x.slot::text AS found, '' AS currency, 0::numeric AS at_stake
FROM (
    SELECT p.slot, p.id AS payment_id, 'payment' AS object, p.id FROM payment p
    UNION ALL
    SELECT o.slot, o.payment_id, 'operation', o.id FROM operation o
    UNION ALL
    SELECT q.slot, q.payment_id, 'order', q.id FROM payment_order q
    UNION ALL
    SELECT e.slot, e.payment_id, 'event', e.id FROM event e
    UNION ALL
    SELECT d.slot, d.payment_id, 'dispute', d.id FROM dispute d
    UNION ALL
    SELECT t.slot, t.source_id, 'transaction', t.id FROM ledger_transaction t
    UNION ALL
    SELECT m.slot, m.payment_id, 'movement', m.id FROM wallet_movement m
    UNION ALL
    SELECT c.slot, c.payment_id, 'charge', c.id FROM wallet_charge c
    UNION ALL
    SELECT l.slot, l.id, 'lot', l.id FROM points_lot l
    UNION ALL
    SELECT q.slot, q.payment_id, 'fx_quote', q.id FROM fx_quote q
    UNION ALL
    SELECT j.slot, '00000000-0000-0000-0000-000000000000', 'journal_entry', j.id FROM journal_entry j
) x
WHERE x.slot <> ((get_byte(uuid_send(x.id), 6) & 15) << 8) | get_byte(uuid_send(x.id), 7)
