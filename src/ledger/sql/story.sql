-- Entries of a strict account, the newest first: number, amount, balance after it, transaction, kind, source, time.
-- $1 slot  $2 account  $3 before this number  $4 limit
SELECT e.account_seq, e.amount, e.balance_after, t.id, t.kind, t.source_id, t.recorded_at
FROM florin.ledger_entry e
JOIN florin.ledger_transaction t ON t.slot = e.slot AND t.id = e.transaction_id
WHERE e.slot = $1::smallint AND e.account_id = $2::uuid AND e.account_seq < $3::bigint
ORDER BY e.account_seq DESC
LIMIT $4::bigint
