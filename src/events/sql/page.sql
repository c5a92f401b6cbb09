-- The feed of a merchant: position, object, its id, version.   $1 slot  $2 merchant  $3 above this position  $4 limit
SELECT f.position, f.object, f.object_id, f.version
FROM florin.feed f
WHERE f.slot = $1::smallint AND f.merchant_id = $2::uuid AND f.position > $3::bigint
ORDER BY f.position
LIMIT $4::bigint
