-- Entries whose transaction does not exist.
SELECT e.slot, '00000000-0000-0000-0000-000000000000'::uuid AS payment_id, 'transaction' AS object,
       e.transaction_id AS object_id, 'entry ' || e.leg AS what, 'a transaction' AS expected, 'none' AS found,
       coalesce(a.currency, '') AS currency, abs(e.amount)::numeric AS at_stake
FROM ledger_entry e
LEFT JOIN ledger_account a ON a.slot = e.slot AND a.id = e.account_id
WHERE NOT EXISTS (SELECT FROM ledger_transaction t WHERE t.slot = e.slot AND t.id = e.transaction_id)
