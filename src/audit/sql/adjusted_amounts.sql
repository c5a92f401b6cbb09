-- Orders whose amount is not their share of the last adjustment, or that have forgotten, or invented, how they began.
WITH adjusted AS (
    SELECT o.slot, o.payment_id, o.shares
    FROM operation o
    JOIN (
        SELECT a.slot, a.payment_id, max(a.ended_version) AS version
        FROM operation a
        WHERE a.kind = 'adjust' AND a.counts
        GROUP BY a.slot, a.payment_id
    ) l ON l.slot = o.slot AND l.payment_id = o.payment_id AND l.version = o.ended_version
    WHERE o.kind = 'adjust' AND o.counts)
SELECT q.slot, q.payment_id, 'order' AS object, q.id AS object_id, 'adjusted amount' AS what,
       CASE WHEN a.shares IS NULL THEN 'never adjusted' ELSE a.shares[q.n + 1] || ', another at first' END AS expected,
       q.amount || CASE q.first_amount WHEN 0 THEN '' ELSE ', at first ' || q.first_amount END AS found, p.currency,
       abs(q.amount - coalesce(a.shares[q.n + 1], q.amount))::numeric AS at_stake
FROM payment_order q
JOIN payment p ON p.slot = q.slot AND p.id = q.payment_id
LEFT JOIN adjusted a ON a.slot = q.slot AND a.payment_id = q.payment_id
WHERE (q.first_amount > 0) <> (a.shares IS NOT NULL) OR q.amount <> a.shares[q.n + 1]
UNION ALL
SELECT p.slot, p.id, 'payment', p.id, 'amount at first', sum(q.first_amount)::text, p.first_amount::text, p.currency,
       abs(sum(q.first_amount) - p.first_amount)
FROM payment p
JOIN payment_order q ON q.slot = p.slot AND q.payment_id = p.id
GROUP BY p.slot, p.id, p.first_amount, p.currency
HAVING sum(q.first_amount) <> p.first_amount
