-- Sellers, newest first (columns as in seller.sql).
-- $1 merchant (nil = any)  $2 state (0 = any)  $3 created before this time  $4 or at it with a smaller id  $5 limit
SELECT s.id, s.merchant_id, s.reference, s.name, s.country, s.state, s.created_at, s.updated_at
FROM florin.seller s
WHERE ($1::uuid = '00000000-0000-0000-0000-000000000000' OR s.merchant_id = $1)
  AND ($2::smallint = 0 OR s.state = $2)
  AND (s.created_at, s.id) < ($3::timestamptz, $4::uuid)
ORDER BY s.created_at DESC, s.id DESC
LIMIT $5::bigint
