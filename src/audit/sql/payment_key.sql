-- Payments that no client's key began, and operations with two keys that asked for them, or decided: a retry would not
-- meet them. Words on orders may be many.
SELECT x.slot, x.payment_id, 'payment' AS object, x.payment_id AS object_id, x.what, '1' AS expected,
       x.found::text, x.currency, x.amount::numeric AS at_stake
FROM (
    SELECT p.slot, p.id AS payment_id, 'keys that began it' AS what, count(i.key) AS found, p.currency, p.amount
    FROM payment p
    LEFT JOIN idempotency i ON i.slot = p.slot AND i.merchant_id = p.merchant_id AND i.payment_id = p.id
                                  AND i.scope = (SELECT min(w.number) FROM scope_word w WHERE w.kind = 'sale')
    GROUP BY p.slot, p.id, p.currency, p.amount
    UNION ALL
    SELECT i.slot, i.payment_id, 'keys of ' || i.operation_id, count(*), min(p.currency), min(p.amount)
    FROM idempotency i
    JOIN payment p ON p.slot = i.slot AND p.id = i.payment_id
    WHERE i.scope > (SELECT min(w.number) FROM scope_word w WHERE w.kind = 'sale')
      AND i.scope NOT IN (SELECT number FROM order_scope)
    GROUP BY i.slot, i.payment_id, i.operation_id, i.scope IN (SELECT number FROM decision_scope)
) x
WHERE x.found <> 1
