-- Rules, newest first (columns as in rule.sql).
-- $1 merchant  $2 kind (0 = any)  $3 seller (nil = any)  $4 currency (empty = any)  $5 older than this id  $6 limit
SELECT f.id, f.merchant_id, f.kind, f.seller_id, f.category, f.currency, f.tier_from, f.tier_rate,
       f.fixed, f.minimum, f.maximum, f.valid_from, f.valid_until, f.created_at
FROM florin.fee_rule f
WHERE f.merchant_id = $1::uuid AND ($2::smallint = 0 OR f.kind = $2)
  AND ($3::uuid = '00000000-0000-0000-0000-000000000000' OR f.seller_id = $3)
  AND ($4::text = '' OR f.currency = $4) AND f.id < $5::uuid
ORDER BY f.id DESC
LIMIT $6::bigint
