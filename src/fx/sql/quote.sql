-- A quote: id, merchant, currency, amount, presentment currency and amount, fixed, rate's coefficient and scale,
-- derivation, source, as of, spread in millionths, spread, hash of the request, created, expires, payment, used.
-- $1 slot  $2 id  $3 merchant (nil = any)
SELECT q.id, q.merchant_id, q.currency, q.amount, q.presentment_currency, q.presentment_amount, q.fixed,
       q.rate_coefficient, q.rate_scale, q.derivation, q.rate_source, q.rate_as_of, q.spread_rate, q.spread,
       q.request_hash, q.created_at, q.expires_at, q.payment_id, q.used_at
FROM florin.fx_quote q
WHERE q.slot = $1::smallint AND q.id = $2::uuid
  AND ($3::uuid = '00000000-0000-0000-0000-000000000000' OR q.merchant_id = $3)
