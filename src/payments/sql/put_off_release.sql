-- Looks at an order again at another time, unless somebody else has it by now.
-- $1 slot  $2 payment  $3 n  $4 claim  $5 due_at
UPDATE florin.shipment
SET due_at = $5::timestamptz
WHERE slot = $1::smallint AND payment_id = $2::uuid AND n = $3::smallint AND due_at = $4::timestamptz
