-- Transactions whose entries do not sum to zero in a currency.
SELECT t.slot, t.source_id AS payment_id, 'transaction' AS object, t.id AS object_id, 'sum of entries' AS what,
       '0' AS expected, sum(e.amount)::text AS found, coalesce(a.currency, '') AS currency,
       abs(sum(e.amount)) AS at_stake
FROM ledger_transaction t
JOIN ledger_entry e ON e.slot = t.slot AND e.transaction_id = t.id
LEFT JOIN ledger_account a ON a.slot = e.slot AND a.id = e.account_id
GROUP BY t.slot, t.source_id, t.id, a.currency
HAVING sum(e.amount) <> 0
