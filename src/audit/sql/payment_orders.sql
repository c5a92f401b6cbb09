-- Payments whose orders do not add up to their amount, or are not numbered 0, 1, ... without a gap.
SELECT p.slot, p.id AS payment_id, 'payment' AS object, p.id AS object_id, 'sum of orders' AS what,
       p.amount::text AS expected, coalesce(sum(q.amount), 0) || ' in ' || count(q.n) AS found, p.currency,
       abs(p.amount - coalesce(sum(q.amount), 0)) AS at_stake
FROM payment p
LEFT JOIN payment_order q ON q.slot = p.slot AND q.payment_id = p.id
GROUP BY p.slot, p.id, p.amount, p.currency
HAVING coalesce(sum(q.amount), 0) <> p.amount OR min(q.n) <> 0 OR max(q.n) <> count(q.n) - 1
