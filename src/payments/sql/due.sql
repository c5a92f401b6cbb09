-- Operations whose time has come: payment, operation, merchant, due_at, tries.   $1 now  $2 limit
SELECT payment_id, id, merchant_id, due_at, tries
FROM florin.operation
WHERE due_at < 'infinity' AND due_at <= $1::timestamptz
ORDER BY due_at
LIMIT $2::bigint
