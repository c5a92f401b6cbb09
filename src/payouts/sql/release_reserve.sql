-- A reserve is given back; its booking, whose id exists once, goes with it.   $1 slot  $2 payout  $3 now
UPDATE florin.payout_reserve SET due_at = 'infinity', released_at = $3::timestamptz
WHERE slot = $1::smallint AND payout_id = $2::uuid AND due_at < 'infinity'
