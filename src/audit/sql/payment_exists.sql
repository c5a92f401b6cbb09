-- Rows whose payment does not exist.
SELECT x.slot, x.payment_id, x.object, x.id AS object_id, 'payment' AS what, 'a payment' AS expected, 'none' AS found,
       '' AS currency, x.amount::numeric AS at_stake
FROM (
    SELECT o.slot, o.payment_id, 'operation' AS object, o.id, o.amount
    FROM florin.operation o WHERE o.slot BETWEEN $1 AND $2
    UNION ALL
    SELECT q.slot, q.payment_id, 'order', q.id, q.amount
    FROM florin.payment_order q WHERE q.slot BETWEEN $1 AND $2
    UNION ALL
    SELECT e.slot, e.payment_id, 'event', e.id, 0
    FROM florin.event e WHERE e.slot BETWEEN $1 AND $2
) x
WHERE NOT EXISTS (SELECT FROM florin.payment p WHERE p.slot = x.slot AND p.id = x.payment_id)
