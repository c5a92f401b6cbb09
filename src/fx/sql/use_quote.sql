-- Uses a quote for a payment, or refuses the transaction with FL006 (migrations/0021_fx.sql).
-- $1 slot  $2 id  $3 merchant  $4 payment  $5 now
SELECT florin.use_fx_quote($1::smallint, $2::uuid, $3::uuid, $4::uuid, $5::timestamptz)
