-- Looks at a payout again at another time, unless it has moved.   $1 slot  $2 id  $3 version  $4 tries  $5 due_at
UPDATE florin.payout SET due_at = $5::timestamptz, tries = $4::smallint
WHERE slot = $1::smallint AND id = $2::uuid AND version = $3::integer
