-- Looks at an open operation at once, and counts anew.   $1 slot  $2 payment  $3 operation  $4 now
UPDATE florin.operation
SET due_at = $4::timestamptz, tries = 0
WHERE slot = $1::smallint AND payment_id = $2::uuid AND id = $3::uuid AND due_at < 'infinity'
  AND state <> 1
RETURNING id
