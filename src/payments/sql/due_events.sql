-- Events of providers whose time has come (columns: read_event in store.cpp).   $1 now  $2 limit
SELECT slot, provider, id, type, about, object, payment_id, due_at, tries
FROM florin.provider_event
WHERE due_at < 'infinity' AND due_at <= $1::timestamptz
ORDER BY due_at
LIMIT $2::bigint
