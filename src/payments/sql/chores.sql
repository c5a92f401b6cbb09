-- Payments of which something is due by itself: slot, merchant, id, due_at.   $1 now  $2 limit
SELECT slot, merchant_id, id, due_at
FROM florin.payment
WHERE due_at < 'infinity' AND due_at <= $1::timestamptz
ORDER BY due_at
LIMIT $2::bigint
