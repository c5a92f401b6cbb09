-- Lots of an owner that have points, the first to expire first: remaining, expires_at.
-- $1 slot  $2 merchant  $3 owner  $4 limit
SELECT l.remaining, l.expires_at
FROM florin.points_lot l
WHERE l.slot = $1::smallint AND l.merchant_id = $2::uuid AND l.owner = $3::text AND l.remaining > 0
ORDER BY l.expires_at, l.id
LIMIT $4::bigint
