-- A destination that sent money back is not used again until it is set anew.
-- $1 slot  $2 seller  $3 currency  $4 account  $5 why  $6 now
UPDATE florin.payout_settings SET suspended = $5::text, updated_at = $6::timestamptz
WHERE slot = $1::smallint AND seller_id = $2::uuid AND currency = $3::text AND account = $4::text AND suspended = ''
