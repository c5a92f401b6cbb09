-- What a payout is made of: account_seq, transaction, kind, source, reference, amount (credits above zero), time.
-- $1 slot  $2 account  $3 after this account_seq  $4 to this one  $5 limit
SELECT e.account_seq, e.transaction_id, t.kind, t.source_id, e.reference_id, -e.amount, t.recorded_at
FROM florin.ledger_entry e
JOIN florin.ledger_transaction t ON t.slot = e.slot AND t.id = e.transaction_id
WHERE e.slot = $1::smallint AND e.account_id = $2::uuid AND e.account_seq > $3::bigint AND e.account_seq <= $4::bigint
  AND t.kind <> 'payout'
ORDER BY e.account_seq
LIMIT $5::bigint
