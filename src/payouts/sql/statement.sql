-- The entries of an account in time: account_seq, time, kind, source, reference, amount (credits above zero), what was
-- there afterwards.   $1 slot  $2 account  $3 from  $4 before  $5 after this account_seq  $6 limit
SELECT e.account_seq, t.recorded_at, t.kind, t.source_id, e.reference_id, -e.amount, e.balance_after
FROM florin.ledger_entry e
JOIN florin.ledger_transaction t ON t.slot = e.slot AND t.id = e.transaction_id
WHERE e.slot = $1::smallint AND e.account_id = $2::uuid AND e.account_seq > $5::bigint
  AND t.recorded_at >= $3::timestamptz AND t.recorded_at < $4::timestamptz
ORDER BY e.account_seq
LIMIT $6::bigint
