-- Rows whose payment does not exist.
SELECT x.slot, x.payment_id, x.object, x.id AS object_id, 'payment' AS what, 'a payment' AS expected, 'none' AS found,
       '' AS currency, x.amount::numeric AS at_stake
FROM (
    SELECT o.slot, o.payment_id, 'operation' AS object, o.id, o.amount
    FROM operation o
    UNION ALL
    SELECT q.slot, q.payment_id, 'order', q.id, q.amount
    FROM payment_order q
    UNION ALL
    SELECT d.slot, d.payment_id, 'dispute', d.id, d.amount
    FROM dispute d
    UNION ALL
    SELECT e.slot, e.payment_id, 'event', e.id, 0
    FROM event e
) x
WHERE NOT EXISTS (SELECT FROM payment p WHERE p.slot = x.slot AND p.id = x.payment_id)
