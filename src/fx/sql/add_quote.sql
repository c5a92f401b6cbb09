-- A new quote, unless its key has made one.
-- $1 slot  $2 id  $3 merchant  $4 currency  $5 amount  $6 presentment currency  $7 presentment amount  $8 fixed
-- $9 rate's coefficient  $10 its scale  $11 derivation  $12 source  $13 as of  $14 spread in millionths  $15 spread
-- $16 hash of the request  $17 now  $18 expires
INSERT INTO florin.fx_quote
    (slot, id, merchant_id, currency, amount, presentment_currency, presentment_amount, fixed, rate_coefficient,
     rate_scale, derivation, rate_source, rate_as_of, spread_rate, spread, request_hash, created_at, expires_at,
     payment_id, used_at)
VALUES ($1::smallint, $2::uuid, $3::uuid, $4::text, $5::bigint, $6::text, $7::bigint, $8::smallint, $9::bigint,
        $10::smallint, $11::smallint, $12::text, $13::timestamptz, $14::bigint, $15::bigint, $16::bytea,
        $17::timestamptz, $18::timestamptz, '00000000-0000-0000-0000-000000000000', 'infinity')
ON CONFLICT DO NOTHING
