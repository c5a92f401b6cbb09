-- The legs that some transactions of one slot have on an account: the columns of entries.sql.
-- $1 slot  $2 account  $3 transactions[]
SELECT e.transaction_id, e.leg, t.source_id, e.reference_id, t.kind, e.amount, t.recorded_at
FROM florin.ledger_entry e
JOIN florin.ledger_transaction t ON t.slot = e.slot AND t.id = e.transaction_id
WHERE e.slot = $1::smallint AND e.account_id = $2::uuid AND e.transaction_id = ANY ($3::uuid[])
ORDER BY e.transaction_id DESC, e.leg DESC
