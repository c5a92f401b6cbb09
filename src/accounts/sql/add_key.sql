-- A new key.   $1 id  $2 merchant  $3 name  $4 livemode  $5 scopes  $6 hash  $7 now
INSERT INTO florin.api_key (id, merchant_id, name, livemode, scopes, secret_hash, created_at)
VALUES ($1::uuid, $2::uuid, $3::text, $4::boolean, $5::text[], $6::bytea, $7::timestamptz)
