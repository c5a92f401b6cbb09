-- Disputes whose time for a warning or a look has come: slot, id, due_at.   $1 now  $2 limit
SELECT slot, id, due_at
FROM florin.dispute
WHERE due_at < 'infinity' AND due_at <= $1::timestamptz
ORDER BY due_at
LIMIT $2::bigint
