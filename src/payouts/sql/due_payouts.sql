-- Payouts whose rail has to be told or asked: slot, id, due_at.   $1 now  $2 limit
SELECT slot, id, due_at
FROM florin.payout
WHERE due_at < 'infinity' AND due_at <= $1::timestamptz AND rail <> 'bank_file'
ORDER BY due_at
LIMIT $2::bigint
