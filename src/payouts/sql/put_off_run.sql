-- As move_run.sql when there was nothing to pay: no failure when somebody else was first.
-- $1 slot  $2 seller  $3 currency  $4 claim  $5 next
UPDATE florin.payout_settings SET due_at = $5::timestamptz
WHERE slot = $1::smallint AND seller_id = $2::uuid AND currency = $3::text AND due_at = $4::timestamptz
