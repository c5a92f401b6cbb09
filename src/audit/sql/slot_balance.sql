-- Slots whose entries do not sum to zero in a currency: the trial balance, without looking at any transaction.
SELECT e.slot, '00000000-0000-0000-0000-000000000000'::uuid AS payment_id, 'slot' AS object,
       '00000000-0000-0000-0000-000000000000'::uuid AS object_id, 'sum of entries' AS what, '0' AS expected,
       sum(e.amount)::text AS found, coalesce(a.currency, '') AS currency, abs(sum(e.amount)) AS at_stake
FROM ledger_entry e
LEFT JOIN ledger_account a ON a.slot = e.slot AND a.id = e.account_id
GROUP BY e.slot, a.currency
HAVING sum(e.amount) <> 0
