-- A key that works no more; the first time counts.   $1 id  $2 now
UPDATE florin.api_key SET revoked_at = coalesce(revoked_at, $2::timestamptz) WHERE id = $1::uuid
