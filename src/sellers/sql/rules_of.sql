-- The rules that take a sale, of which the most specific of each kind decides (columns as in rule.sql).
-- $1 slots of the kinds  $2 merchant  $3 currency  $4 seller  $5 category  $6 time of the sale
SELECT f.id, f.merchant_id, f.kind, f.seller_id, f.category, f.currency, f.tier_from, f.tier_rate,
       f.fixed, f.minimum, f.maximum, f.valid_from, f.valid_until, f.created_at
FROM florin.fee_rule f
WHERE f.slot = ANY ($1::smallint[]) AND f.merchant_id = $2::uuid AND f.currency = $3::text
  AND f.seller_id IN ($4::uuid, '00000000-0000-0000-0000-000000000000')
  AND f.category IN ($5::text, '')
  AND f.valid_from <= $6::timestamptz AND f.valid_until > $6
ORDER BY f.id
