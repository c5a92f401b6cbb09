-- Of transactions that are parts of one in another slot, that one: part, whole.   $1 slot  $2 transaction[]
SELECT e.transaction_id, e.reference_id
FROM florin.ledger_entry e
JOIN florin.ledger_account a ON a.slot = e.slot AND a.id = e.account_id
WHERE e.slot = $1::smallint AND e.transaction_id = ANY ($2::uuid[]) AND a.code = 2950
