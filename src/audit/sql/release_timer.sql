-- Orders that nobody releases: due for longer than five minutes, or never due although their time has come and they have
-- money in escrow.
SELECT s.slot, s.payment_id, 'order' AS object, s.order_id AS object_id, 'release' AS what,
       CASE WHEN s.due_at = 'infinity' THEN 'due, it was to be released at ' || s.release_at
            ELSE 'looked at by now' END AS expected,
       CASE WHEN s.due_at = 'infinity' THEN 'never due' ELSE 'due at ' || s.due_at END AS found, p.currency,
       coalesce(b.held, 0)::numeric AS at_stake
FROM shipment s
JOIN payment p ON p.slot = s.slot AND p.id = s.payment_id
LEFT JOIN LATERAL (
    SELECT -sum(e.amount) AS held
    FROM ledger_transaction t
    JOIN ledger_entry e ON e.slot = t.slot AND e.transaction_id = t.id AND e.reference_id = s.order_id
    JOIN account a ON a.slot = e.slot AND a.id = e.account_id
    WHERE t.slot = s.slot AND t.source_id = s.payment_id AND s.due_at = 'infinity' AND s.release_at < $3
      AND a.code = (SELECT c.code FROM chart c WHERE c.account = 'escrow')
) b ON true
WHERE s.due_at < $3 - interval '5 minutes'
   OR (s.due_at = 'infinity' AND s.status <> 'returned' AND s.release_at < $3 AND b.held > 0)
