-- Transactions whose legs are not numbered 0, 1, ... without a gap, or that have fewer than two.
SELECT t.slot, t.source_id AS payment_id, 'transaction' AS object, t.id AS object_id, 'legs' AS what,
       'numbered from 0, at least two' AS expected,
       coalesce(string_agg(e.leg::text, ',' ORDER BY e.leg), 'none') AS found,
       coalesce(min(a.currency), '') AS currency,
       coalesce(sum(e.amount) FILTER (WHERE e.amount > 0), 0) AS at_stake
FROM ledger_transaction t
LEFT JOIN ledger_entry e ON e.slot = t.slot AND e.transaction_id = t.id
LEFT JOIN ledger_account a ON a.slot = e.slot AND a.id = e.account_id
GROUP BY t.slot, t.source_id, t.id
HAVING count(e.leg) < 2 OR min(e.leg) <> 0 OR max(e.leg) <> count(e.leg) - 1 OR count(DISTINCT e.leg) <> count(e.leg)
