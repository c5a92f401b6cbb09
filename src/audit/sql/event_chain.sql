-- Payments whose events are not the versions 1, 2, ... up to the payment's own.
SELECT p.slot, p.id AS payment_id, 'payment' AS object, p.id AS object_id, 'versions' AS what,
       '1 to ' || p.version AS expected,
       coalesce(min(e.version) || ' to ' || max(e.version) || ', ' || count(e.version) || ' of them', 'none') AS found,
       p.currency, p.amount::numeric AS at_stake
FROM payment p
LEFT JOIN event e ON e.slot = p.slot AND e.payment_id = p.id
GROUP BY p.slot, p.id, p.version, p.currency, p.amount
HAVING count(e.version) <> p.version OR min(e.version) <> 1 OR max(e.version) <> p.version
