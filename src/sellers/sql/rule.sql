-- A rule: id, merchant, kind, seller, category, currency, tiers' beginnings, tiers' rates, fixed, minimum, maximum, from,
-- until, created.   $1 slot  $2 id  $3 merchant (nil = any)
SELECT f.id, f.merchant_id, f.kind, f.seller_id, f.category, f.currency, f.tier_from, f.tier_rate,
       f.fixed, f.minimum, f.maximum, f.valid_from, f.valid_until, f.created_at
FROM florin.fee_rule f
WHERE f.slot = $1::smallint AND f.id = $2::uuid
  AND ($3::uuid = '00000000-0000-0000-0000-000000000000' OR f.merchant_id = $3)
