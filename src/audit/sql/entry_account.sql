-- Entries whose account does not exist: nobody can say of which currency they are.
SELECT e.slot, '00000000-0000-0000-0000-000000000000'::uuid AS payment_id, 'account' AS object,
       e.account_id AS object_id, 'account of ' || count(*) || ' entries' AS what, 'an account' AS expected,
       'none' AS found, '' AS currency, sum(abs(e.amount)) AS at_stake
FROM ledger_entry e
WHERE NOT EXISTS (SELECT FROM ledger_account a WHERE a.slot = e.slot AND a.id = e.account_id)
GROUP BY e.slot, e.account_id
