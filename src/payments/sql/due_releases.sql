-- Orders of which something may be released: slot, payment, n, due_at.   $1 now  $2 limit
SELECT slot, payment_id, n, due_at
FROM florin.shipment
WHERE due_at < 'infinity' AND due_at <= $1::timestamptz
ORDER BY due_at
LIMIT $2::bigint
