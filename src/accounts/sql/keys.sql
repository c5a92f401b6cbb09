-- All keys, newest first: id, merchant, merchant's name, name, livemode, scopes, created, revoked.
SELECT k.id, k.merchant_id, m.name, k.name, k.livemode, array_to_string(k.scopes, ' '),
       k.created_at, coalesce(k.revoked_at, 'infinity')
FROM florin.api_key k JOIN florin.merchant m ON m.id = k.merchant_id
ORDER BY k.id DESC
