-- Points of an owner that remain in lots which have expired.   $1 slot  $2 merchant  $3 owner  $4 now
SELECT coalesce(sum(l.remaining), 0)::bigint
FROM florin.points_lot l
WHERE l.slot = $1::smallint AND l.merchant_id = $2::uuid AND l.owner = $3::text AND l.remaining > 0
  AND l.expires_at <= $4::timestamptz
