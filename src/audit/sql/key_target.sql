-- Clients' keys that stand for an operation that is not there, of another merchant, or of another kind.
SELECT i.slot, i.payment_id, 'operation' AS object, i.operation_id AS object_id, 'target of a key' AS what,
       'an operation of the merchant, of the key''s route' AS expected,
       CASE WHEN o.id IS NULL THEN 'none' WHEN o.merchant_id <> i.merchant_id THEN 'of another merchant'
            ELSE o.kind || ' for route ' || i.scope END AS found,
       '' AS currency, coalesce(o.amount, 0)::numeric AS at_stake
FROM idempotency i
LEFT JOIN operation o ON o.slot = i.slot AND o.payment_id = i.payment_id AND o.id = i.operation_id
WHERE (o.id IS NULL OR o.merchant_id <> i.merchant_id
       OR (o.kind IS NOT NULL AND NOT EXISTS (
               SELECT FROM scope_word w WHERE w.number = i.scope AND w.kind = o.kind)))
