-- The entries of an account about an order: account_seq, transaction, kind, source, reference, amount, time.
-- $1 slot  $2 account  $3 reference  $4 limit
SELECT e.account_seq, e.transaction_id, t.kind, t.source_id, e.reference_id, -e.amount, t.recorded_at
FROM florin.ledger_entry e
JOIN florin.ledger_transaction t ON t.slot = e.slot AND t.id = e.transaction_id
WHERE e.slot = $1::smallint AND e.account_id = $2::uuid AND e.reference_id = $3::uuid
ORDER BY e.account_seq DESC
LIMIT $4::bigint
