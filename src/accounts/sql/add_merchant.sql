-- The merchant of that name, new or not.   $1 id if it is new  $2 name  $3 now
INSERT INTO florin.merchant (id, name, created_at) VALUES ($1::uuid, $2::text, $3::timestamptz)
ON CONFLICT DO NOTHING
