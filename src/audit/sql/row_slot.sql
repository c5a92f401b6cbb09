-- Rows that stand in another slot than their id says: whoever looks for them by id finds nothing.
SELECT x.slot, x.payment_id, x.object, x.id AS object_id, 'slot' AS what,
       (((get_byte(uuid_send(x.id), 6) & 15) << 8) | get_byte(uuid_send(x.id), 7))::text AS expected,
       x.slot::text AS found, '' AS currency, 0::numeric AS at_stake
FROM (
    SELECT p.slot, p.id AS payment_id, 'payment' AS object, p.id FROM florin.payment p WHERE p.slot BETWEEN $1 AND $2
    UNION ALL
    SELECT o.slot, o.payment_id, 'operation', o.id FROM florin.operation o WHERE o.slot BETWEEN $1 AND $2
    UNION ALL
    SELECT q.slot, q.payment_id, 'order', q.id FROM florin.payment_order q WHERE q.slot BETWEEN $1 AND $2
    UNION ALL
    SELECT e.slot, e.payment_id, 'event', e.id FROM florin.event e WHERE e.slot BETWEEN $1 AND $2
    UNION ALL
    SELECT t.slot, t.source_id, 'transaction', t.id FROM florin.ledger_transaction t WHERE t.slot BETWEEN $1 AND $2
) x
WHERE x.slot <> ((get_byte(uuid_send(x.id), 6) & 15) << 8) | get_byte(uuid_send(x.id), 7)
