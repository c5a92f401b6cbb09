-- All legs of transactions: transaction, code, owner, amount, reference.   $1 slot[]  $2 transaction[]
SELECT e.transaction_id, a.code, a.owner, e.amount, e.reference_id
FROM unnest($1::smallint[], $2::uuid[]) AS u (slot, id)
JOIN florin.ledger_entry e ON e.slot = u.slot AND e.transaction_id = u.id
JOIN florin.ledger_account a ON a.slot = e.slot AND a.id = e.account_id
ORDER BY e.transaction_id, e.leg
