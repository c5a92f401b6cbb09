-- Operations whose amount is not the sum of its shares of the orders.
SELECT o.slot, o.payment_id, 'operation' AS object, o.id AS object_id, 'sum of shares' AS what,
       CASE WHEN o.is_parked OR o.is_of_suspense THEN 0 ELSE o.amount END || ' over ' || count(q.n) AS expected,
       s.total || ' over ' || cardinality(o.shares) AS found, p.currency, abs(o.amount - s.total) AS at_stake
FROM operation o
JOIN payment p ON p.slot = o.slot AND p.id = o.payment_id
LEFT JOIN payment_order q ON q.slot = o.slot AND q.payment_id = o.payment_id
CROSS JOIN LATERAL (
    SELECT CASE WHEN cardinality(o.shares) = 0 THEN p.amount ELSE coalesce(sum(x), 0) END AS total,
           coalesce(min(x), 0) AS least
    FROM unnest(o.shares) x) s
WHERE o.kind IN ('sale', 'capture', 'refund', 'adjust')
GROUP BY o.slot, o.payment_id, o.id, o.amount, o.is_parked, o.is_of_suspense, o.shares, p.currency, s.total, s.least
HAVING s.total <> CASE WHEN o.is_parked OR o.is_of_suspense THEN 0 ELSE o.amount END OR s.least < 0
    OR cardinality(o.shares) NOT IN (0, count(q.n))
