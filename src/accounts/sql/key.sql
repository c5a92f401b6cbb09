-- A key that works: merchant, livemode, scopes, hash.   $1 id
SELECT merchant_id, livemode, array_to_string(scopes, ' '), secret_hash
FROM florin.api_key WHERE id = $1::uuid AND revoked_at IS NULL
