-- Looks again later, if the claim still holds.   $1 slot  $2 payment  $3 operation  $4 due  $5 next
UPDATE florin.operation
SET due_at = $5::timestamptz
WHERE slot = $1::smallint AND payment_id = $2::uuid AND id = $3::uuid AND due_at = $4::timestamptz
