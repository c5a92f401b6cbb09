-- Events of providers whose time has come, oldest first: slot, provider, id, due_at.   $1 now  $2 limit
SELECT slot, provider, id, due_at
FROM florin.provider_event
WHERE due_at < 'infinity' AND due_at <= $1::timestamptz
ORDER BY due_at
LIMIT $2::bigint
