-- A seller: id, merchant, reference, name, country, state, created, updated.
-- $1 slot  $2 id  $3 merchant (nil = any)
SELECT s.id, s.merchant_id, s.reference, s.name, s.country, s.state, s.created_at, s.updated_at
FROM florin.seller s
WHERE s.slot = $1::smallint AND s.id = $2::uuid
  AND ($3::uuid = '00000000-0000-0000-0000-000000000000' OR s.merchant_id = $3)
