-- Money that has stood in unapplied for more than three days: it came without a reason that we know.
SELECT t.slot, t.source_id AS payment_id, 'payment' AS object, t.source_id AS object_id, 'unapplied' AS what,
       '0 after three days' AS expected, (-sum(e.amount)) || ' since ' || min(t.recorded_at) AS found, a.currency,
       abs(sum(e.amount)) AS at_stake
FROM account a
JOIN chart c ON c.code = a.code AND c.account = 'unapplied'
JOIN ledger_entry e ON e.slot = a.slot AND e.account_id = a.id
JOIN ledger_transaction t ON t.slot = e.slot AND t.id = e.transaction_id
GROUP BY t.slot, t.source_id, a.currency
HAVING sum(e.amount) <> 0 AND min(t.recorded_at) < $3 - interval '3 days'
